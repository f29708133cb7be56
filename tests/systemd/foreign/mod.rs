//! The packages for arm64, on a whole machine with that processor: they say what those for amd64 say, and do what they do.
//!
//! All of it is emulated and takes minutes, so `make arm64` and `make soak` run it and no other run does.

mod life;
mod words;

use juniper_lab::trial::on_foreign_machine;
use juniper_lab::vm::Image;
use juniper_lab::{Architecture, Suite};
use libtest_mimic::Trial;

use super::lab::{Outcome, package_for};
use super::package::{contents, repository};

const ARCHITECTURE: Architecture = Architecture::Arm64;

/// Which release it is: the processor decides here, not systemd.
const SUITE: Suite = Suite::Bookworm;

/// Both packages, in the order in which they are installed.
const PACKAGES: [&str; 2] = ["juniperctl", "juniper-standin"];

pub(crate) fn trials() -> [Trial; 2] {
    [
        on_foreign_machine(
            "systemd::arm64::the_packages_hold_what_is_meant",
            ARCHITECTURE,
            contained,
        ),
        on_foreign_machine(
            "systemd::arm64::the_packages_do_what_those_for_amd64_do",
            ARCHITECTURE,
            whole,
        ),
    ]
}

/// What is in them, what they ask of the C library, and that a repository tells them from those for amd64.
fn contained() -> Outcome {
    contents::is_as_meant(ARCHITECTURE)?;
    contents::starts_everywhere(ARCHITECTURE)?;
    repository::tells_apart(|architecture| PACKAGES.map(|name| package_for(architecture, name)))
}

/// What their programs say one by one, and their life on a machine.
fn whole() -> Outcome {
    let image = Image::prepare_for(SUITE, ARCHITECTURE)?;
    let disk = image.disk(|tree| {
        words::are_the_same(tree)?;
        life::lay_out(tree);
        Ok(())
    })?;
    life::whole(&disk)
}
