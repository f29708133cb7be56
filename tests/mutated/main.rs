//! Configurations that nobody would write: thousands of mutated files through `check` and `render`.
//!
//! Whatever a file says, it is refused with faults that can be drawn, or it becomes units that systemd
//! loads without a word: no panic, no hang, no more memory than a bound. A sample runs with every
//! `make unit`; `MUTATIONS=100000` is the campaign of `make soak`, and `MUTATION_REPORT` writes what came
//! of it. A file is made from its number alone, so that `MUTATION=NUMBER` plays it again.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests may fail loudly, and look at this computer"
)]

mod batch;
mod campaign;
mod corpus;
mod examined;
mod mutation;
mod random;
mod report;

use std::io::Write as _;

use libtest_mimic::{Arguments, Failed, Trial};

/// How many files a sample has.
const SAMPLE: u64 = 150;

fn main() {
    let arguments = Arguments::from_args();
    let trials = vec![Trial::test(
        "mutated_files_are_refused_or_become_units_that_systemd_loads",
        campaign,
    )];
    libtest_mimic::run(&arguments, trials).exit();
}

fn campaign() -> Result<(), Failed> {
    let count = number("MUTATIONS").unwrap_or(SAMPLE);
    let numbers = match number("MUTATION") {
        Some(one) => one..one + 1,
        None => 0..count,
    };
    let outcome = campaign::run(numbers)?;
    let report = report::written(&outcome);
    // Whoever has stopped reading may still want to know how it ended.
    let _ = writeln!(std::io::stdout().lock(), "{report}");
    if let Some(file) = std::env::var_os("MUTATION_REPORT") {
        std::fs::write(file, &report)?;
    }
    if outcome.failures.is_empty() {
        return Ok(());
    }
    Err(outcome.failures.join("\n\n").into())
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
