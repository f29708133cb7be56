//! What the units will need, looked for before anything is written.

use crate::commands::Context;
use crate::commands::notification::CURL;
use crate::commands::readable;
use crate::error::{CommandError, Kind};
use crate::host::{Files, accounts};
use crate::output::curl;
use crate::provision;
use crate::spec::Stack;
use crate::spec::notification::{Hook, Notification};
use crate::spec::text::AbsolutePath;
use crate::unit::act::USER;

/// What a notification does not see.
const HIDDEN: &[&str] = &["/home/", "/root/", "/run/user/", "/tmp/", "/var/tmp/"];

/// The same in user mode.
const HIDDEN_FROM_USERS: &[&str] = &["/tmp/", "/var/tmp/"];

/// What the units need and this machine lacks. Users and program may be about to be brought.
pub(super) fn preflight(
    stack: &Stack,
    brought: bool,
    context: &Context,
) -> Result<(), CommandError> {
    if context.is_user() {
        return of_programs(stack, brought, context);
    }
    let account = accounts::user_exists("juniper") && accounts::group_exists("juniper");
    if !context.paths.is_offline() && !account && !brought {
        return Err(CommandError::new(Kind::Machine, "the user or the group juniper does not exist")
            .hint("the package makes both; by hand: sudo useradd --system --user-group --home-dir / --shell /usr/sbin/nologin juniper"));
    }
    let watchdog = accounts::user_exists(USER) && accounts::group_exists(USER);
    if !context.paths.is_offline() && !watchdog && !brought {
        return Err(CommandError::new(Kind::Machine, format!("the user or the group {USER} does not exist"))
            .hint(format!("the package makes both; by hand: sudo useradd --system --user-group --home-dir / --shell /usr/sbin/nologin {USER}")));
    }
    readable::warn(context);
    of_programs(stack, brought, context)
}

/// The programs that the units run; juniperctl may be about to be brought.
fn of_programs(stack: &Stack, brought: bool, context: &Context) -> Result<(), CommandError> {
    let there = |path: &str| Files::is_program(&context.paths.at(path));
    let gate = stack.juniperctl.as_str();
    if !there(gate) && !brought {
        return Err(CommandError::new(Kind::Machine, format!("the units call {gate}, but there is no such program"))
            .hint("install the package, copy this program there, or set juniperctl = \"/where/it/is\" in /etc/juniper/juniper.toml"));
    }
    for service in &stack.services {
        let Some(managed) = service.managed() else {
            continue;
        };
        if let Some(program) = managed
            .command
            .first()
            .filter(|program| !there(program.as_str()))
        {
            let name = service.name.as_str();
            context.terminal.error(&format!(
                "warning: {name} cannot start yet: {program} is not there\nhint: {}, or correct services.{name}.command",
                provision::how_to_get(name, program.as_str())
            ));
        }
    }
    if let Some(notification) = &stack.notification {
        for (trouble, hint) in of_notification(notification, context) {
            context.terminal.error(&format!(
                "warning: the notification: {trouble}\nhint: {hint}"
            ));
        }
    }
    Ok(())
}

/// What telling somebody will need and this machine lacks, and what to do about it.
fn of_notification(notification: &Notification, context: &Context) -> Vec<(String, String)> {
    let there = |path: &str| Files::is_program(&context.paths.at(path));
    match &notification.hook {
        Hook::Command(words) => words
            .first()
            .and_then(|program| {
                if !there(program.as_str()) {
                    let hint = "install it there, or correct watchdog.notification.command";
                    return Some((format!("{program} is not there"), hint.to_owned()));
                }
                let hidden = if context.is_user() {
                    HIDDEN_FROM_USERS
                } else {
                    HIDDEN
                };
                let is_hidden = hidden.iter().any(|path| program.as_str().starts_with(path));
                is_hidden.then(|| {
                    (
                        format!("{program} is hidden from it by the sandbox"),
                        "install it elsewhere, such as in /usr/local/bin".to_owned(),
                    )
                })
            })
            .into_iter()
            .collect(),
        Hook::Webhook(file) => {
            let mut found = Vec::new();
            if !there(CURL) {
                found.push((
                    format!("a webhook takes {CURL}, which is not there"),
                    "sudo apt install curl".to_owned(),
                ));
            }
            found.extend(of_webhook(file, context));
            found
        }
    }
}

/// What is wrong with the file that holds the address. The address itself is told to nobody.
fn of_webhook(file: &AbsolutePath, context: &Context) -> Option<(String, String)> {
    let path = context.paths.at(file.as_str());
    let write = format!(
        "sudo install -D -m 600 /dev/null {file}; sudoedit {file}, with the address as its only line"
    );
    match Files::is_world_readable(&path) {
        None => return Some((format!("{file} is not there"), write)),
        Some(true) => {
            return Some((
                format!("everybody may read {file}, and whoever knows the address can write to it"),
                format!("sudo chmod 600 {file}, and have the service give you another address"),
            ));
        }
        Some(false) => {}
    }
    // Who may not read it has to believe that it is right.
    let text = Files::read(&path).ok()??;
    let why = curl::address(&text).err()?;
    Some((format!("{file} holds no address: {why}"), write))
}
