//! `lab shell`: a person's own throw-away machine.

use std::io;
use std::process::ExitCode;

use juniper_lab::{BootOptions, Command, Error, Machine, Root, Suite, real};

use super::{Done, packages, tell};

/// Boots a machine, hands over to a shell, and throws the machine away afterwards.
pub(super) fn run(suite: Suite, with_real: bool) -> Done {
    let root = Root::prepare(suite)?;
    let mut options = BootOptions::default();
    if with_real {
        let package = packages::built(None, packages::JUNIPERCTL)?;
        options = real::environments(&package)?.0.shown(options);
    }
    let machine = Machine::boot(&root, options)?;
    let (name, time) = (machine.name(), machine.boot_time());
    tell(&format!(
        "{name} is up after {time:.2?}; leave the shell to throw it away"
    ));
    let mut command = Command::new(&["bash", "--login"]);
    if let Some(terminal) = std::env::var_os("TERM") {
        command = command.env("TERM", terminal);
    }
    let status = machine
        .process(&command)
        .status()
        .map_err(|source: io::Error| Error::Host {
            doing: "start a shell in the machine".to_owned(),
            source,
        })?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
