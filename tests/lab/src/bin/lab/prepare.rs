//! `lab prepare`: makes what tests would otherwise have to wait for.

use std::process::ExitCode;
use std::time::Instant;

use juniper_lab::{Architecture, Error, Root, Suite, real, vm};

use super::{Done, packages, tell};

/// The releases whose machines are reached over ssh.
const WITH_SSH: [Suite; 2] = [Suite::Bookworm, Suite::Trixie];

/// What is made besides the roots.
pub(super) struct Extras {
    /// Images of whole virtual machines.
    pub(super) images: bool,
    /// Roots with sshd.
    pub(super) ssh: bool,
    /// The real services.
    pub(super) real: bool,
}

/// Makes the roots, and the images and the real services if asked for.
pub(super) fn run(suites: &[Suite], extras: &Extras) -> Done {
    // Asking for the services or for sshd alone should not make roots that they do not need.
    let wanted = match (suites, extras.images, extras.real || extras.ssh) {
        ([], true, _) | ([], false, false) => &Suite::DEBIAN,
        _ => suites,
    };
    for &suite in wanted {
        timed(suite.codename(), || Root::prepare(suite))?;
        if extras.images {
            timed(&format!("the {suite} image"), || vm::Image::prepare(suite))?;
        }
    }
    if extras.ssh {
        for suite in WITH_SSH {
            timed(&format!("{suite} with sshd"), || Root::with_ssh(suite))?;
        }
    }
    if extras.real {
        timed("the clients", real::clients::Clients::prepare)?;
        let package = packages::built(None, packages::JUNIPERCTL)?;
        let (environments, said) = timed("the real services (this takes minutes)", || {
            real::environments(&package)
        })?;
        // All that was said where they were made now, and in each case what it took when they were.
        let figures = environments.figures();
        for line in said.iter().chain(&figures).flat_map(|text| text.lines()) {
            tell(&format!("  {line}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes images of whole virtual machines with a foreign processor: of the suite that its trial boots if none
/// is named.
pub(super) fn foreign(suites: &[Suite]) -> Done {
    let suites = if suites.is_empty() {
        &[Suite::Bookworm]
    } else {
        suites
    };
    for &suite in suites {
        let what = format!("the {suite} image for arm64 (this takes minutes)");
        timed(&what, || vm::Image::prepare_for(suite, Architecture::Arm64))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn timed<T>(what: &str, prepare: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    tell(&format!("preparing {what}"));
    let begun = Instant::now();
    let prepared = prepare()?;
    tell(&format!(
        "  ready after {:.1} s",
        begun.elapsed().as_secs_f64()
    ));
    Ok(prepared)
}
