//! `notification`: what juniper-notification@.service runs. Becomes the site's command, or curl, with
//! the incident on its standard input.
//!
//! It runs in the unit's sandbox as a user of nobody's, and leaves no process of its own behind.

use std::ffi::OsString;
use std::path::Path;

use crate::cli::{Notification, Told};
use crate::error::{CommandError, Kind};
use crate::host::{Files, environment, process};
use crate::output::curl;
use crate::output::notification::{News, written};
use crate::unit::notification::CREDENTIAL;

use super::Context;
use super::watchdog::Records;

/// What posts to webhooks: it knows TLS, and whom to trust.
pub(super) const CURL: &str = "/usr/bin/curl";

const PROGRAM_FAILED: u8 = 203;

pub(super) fn run(options: &Notification, context: &Context) -> Result<u8, CommandError> {
    context.online("a notification")?;
    let told = written(&news(options.incident, context), &environment::host_name());
    if options.webhook {
        let address = address()?;
        let address = curl::address(&address).map_err(|why| {
            machine(format!("the webhook's file holds no address: {why}")).hint(
                "write the whole address into watchdog.notification.webhook_file, on one line",
            )
        })?;
        let input = curl::configuration(address, &told, options.within);
        // A .curlrc would be read without the first.
        let arguments = ["--disable", "--config", "-"].map(OsString::from);
        let error = process::become_program_reading(&CURL.into(), &arguments, input.as_bytes());
        context
            .terminal
            .error(&format!("nobody is told: cannot run {CURL}: {error}"));
        context
            .terminal
            .error("hint: a webhook takes curl: sudo apt install curl");
        return Ok(PROGRAM_FAILED);
    }
    let Some((program, arguments)) = options.command.split_first() else {
        return Err(CommandError::new(Kind::Usage, "no command is given"));
    };
    let error = process::become_program_reading(program, arguments, told.as_bytes());
    context.terminal.error(&format!(
        "nobody is told: cannot run {}: {error}",
        program.to_string_lossy()
    ));
    context.terminal.error(
        "hint: correct watchdog.notification.command in /etc/juniper/juniper.toml; it runs as a user of \
         its own, without /home and without rights",
    );
    Ok(PROGRAM_FAILED)
}

fn machine(message: String) -> CommandError {
    CommandError::new(Kind::Machine, message)
}

/// What there is to tell. Told it is in any case: the watchdog has seen something.
fn news(incident: Told, context: &Context) -> News {
    let Told::Incident(number) = incident else {
        return News::Test;
    };
    let unrecorded = |why: String| News::Unrecorded { number, why };
    match Records::at(context).all_incidents() {
        Err(error) => unrecorded(error.message),
        Ok(incidents) => incidents
            .into_iter()
            .find(|incident| incident.number == number)
            .map_or_else(
                || unrecorded("it is not in the file".to_owned()),
                |incident| News::Incident(Box::new(incident)),
            ),
    }
}

/// The address, as systemd hands it over.
fn address() -> Result<String, CommandError> {
    let missing = || {
        machine("systemd hands no webhook over".to_owned())
            .hint("this is what juniper-notification@.service runs; try `systemctl start juniper-notification@test.service`")
    };
    let directory = environment::credentials_directory().ok_or_else(missing)?;
    let text = Files::read(&Path::new(&directory).join(CREDENTIAL))?;
    text.ok_or_else(missing)
}
