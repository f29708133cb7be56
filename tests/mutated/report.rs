//! What a campaign came to, as the committed report has it.

use std::fmt::Write as _;
use std::process::Command;

use crate::campaign::Outcome;

/// The report.
pub(crate) fn written(outcome: &Outcome) -> String {
    let mut text = String::from(
        "# Mutated configurations\n\n\
         Written by `make soak`: `MUTATIONS=N MUTATION_REPORT=FILE cargo test --test mutated`. Every file is made \
         from its number alone, out of the configurations in this repository; `MUTATION=NUMBER` plays one again. \
         Each goes through `check` (all profiles, down to the exposure of their units), through the drawing of \
         its faults or through `check --explain`, the schema and `render`.\n\n",
    );
    let mut row = |name: &str, value: String| {
        let _ = writeln!(text, "| {name} | {value} |");
    };
    row("", String::new());
    row("---", "---:".to_owned());
    row("date", date());
    row("files", outcome.files.to_string());
    row("bytes", outcome.bytes.to_string());
    row("refused", outcome.refused.to_string());
    row("faults told", outcome.faults.to_string());
    row("taken", outcome.taken.to_string());
    row(
        "of these, with units of their own",
        outcome.distinct.to_string(),
    );
    match outcome.verified {
        Some((version, count)) => {
            row(
                &format!("of these, loaded by systemd {version} (`systemd-analyze verify`)"),
                count.to_string(),
            );
            row("units loaded", outcome.units.to_string());
        }
        None => row(
            "loaded by systemd",
            "SKIPPED: none from 250 on here".to_owned(),
        ),
    }
    row(
        "panics, hangs, complaints, disagreements",
        outcome.failures.len().to_string(),
    );
    row(
        "slowest file",
        format!(
            "{} ms (number {})",
            outcome.slowest.0.as_millis(),
            outcome.slowest.1
        ),
    );
    row("most memory held", format!("{} MiB", outcome.memory / 1024));
    row("took", format!("{} s", outcome.took.as_secs()));
    text
}

fn date() -> String {
    let output = Command::new("date").args(["--utc", "+%Y-%m-%d"]).output();
    output.map_or_else(
        |_| "?".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
