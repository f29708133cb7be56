//! `lab demo`: what a visitor sees first. A machine without Juniper gets the packages, the group is
//! started and asked, a service hangs, is found, and is cured.
//!
//! Everything shown is true, and the demonstration fails when anything does not go as told.

mod stage;
mod story;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use juniper_lab::{BootOptions, Error, Machine, Root, Suite, real};

use super::packages::{self, JUNIPERCTL, STANDIN};
use super::{Done, tell};

use stage::{Stage, spoken};
use story::Cast;

/// Shows the story with the stand-ins, or with the published services.
pub(super) fn run(with_real: bool, directory: Option<&Path>) -> Done {
    let begun = Instant::now();
    show(with_real, directory, begun).inspect_err(|_| {
        tell(&format!(
            "lab: the demonstration stops here, after {}",
            spoken(begun.elapsed())
        ));
    })?;
    Ok(ExitCode::SUCCESS)
}

fn show(with_real: bool, directory: Option<&Path>, begun: Instant) -> Result<(), Error> {
    let (cast, suite, options) = if with_real {
        if real::prepared()?.is_none() {
            tell("fetching the real services: some gigabytes, minutes, once");
        }
        let package = packages::built(directory, JUNIPERCTL)?;
        let (environments, _) = real::environments(&package)?;
        let options = environments.shown(BootOptions::default());
        (&story::REAL, real::SUITE, options)
    } else {
        (&story::STANDINS, Suite::Trixie, BootOptions::default())
    };
    let machine = Machine::boot(&Root::prepare(suite)?, options)?;
    let stage = Stage::of(&machine);
    stage.say(&format!(
        "A throw-away Debian ({suite}) with systemd {}, booted in {}. \
         Nothing below touches this computer.",
        machine.systemd_version()?,
        spoken(machine.boot_time()),
    ));
    let files = packages::bring(&machine, directory, cast.packages())?;
    story::tell(&stage, cast, &files, begun)
}

impl Cast {
    /// The packages that its story needs.
    const fn packages(&self) -> &'static [&'static str] {
        if self.stand_ins {
            &[JUNIPERCTL, STANDIN]
        } else {
            &[JUNIPERCTL]
        }
    }
}
