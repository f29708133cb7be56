//! `lab requirements`: what is missing and how to get it.

use std::process::ExitCode;

use juniper_lab::{Architecture, requirements};

use super::tell;

/// Tells what is missing; fails if anything is.
pub(super) fn run() -> ExitCode {
    let missing = requirements::missing_for_virtual(Architecture::Amd64);
    if missing.is_empty() {
        tell("machines can be booted here, virtual ones too");
        return ExitCode::SUCCESS;
    }
    for missing in &missing {
        tell(&missing.to_string());
    }
    let packages = requirements::packages(&missing);
    if !packages.is_empty() {
        tell(&format!("hint: apt-get install {}", packages.join(" ")));
    }
    ExitCode::FAILURE
}
