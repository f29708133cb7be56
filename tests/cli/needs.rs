//! Tests that need a program of this computer, announced as ignored where it is missing.
//!
//! A test that could not run never counts as one that passed.

use std::io::{self, Write as _};
use std::path::PathBuf;

use libtest_mimic::{Failed, Trial};

/// A trial if all of the programs are there; else an ignored one that says which are not.
pub(crate) fn programs(
    programs: &[&str],
    name: &str,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let missing: Vec<&str> = programs
        .iter()
        .copied()
        .filter(|program| found(program).is_none())
        .collect();
    if missing.is_empty() {
        return Trial::test(name, test);
    }
    ignored(name, &format!("there is no {}", missing.join(", no ")))
}

/// A trial that cannot run here, with the reason in its name and on standard error.
pub(crate) fn ignored(name: &str, reason: &str) -> Trial {
    // Where even this fails there is nobody to tell; the name says it once more.
    drop(writeln!(io::stderr().lock(), "SKIPPED {name}: {reason}"));
    Trial::test(format!("{name} (skipped: {reason})"), || Ok(())).with_ignored_flag(true)
}

fn found(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|directory| directory.join(program))
        .find(|path| path.is_file())
}
