//! What the start of the program alone costs, beside systemd's own.

use juniper_lab::Error;

use super::report::{Section, Verdict, milliseconds};
use super::site::Site;
use super::statistics::Sample;

/// Cheap enough to do often.
const ROUNDS: usize = 300;

/// How long it may take relative to `systemctl`.
const TARGET: f64 = 1.0;

const CASES: [&str; 2] = ["juniperctl --version", "systemctl --version"];

/// Times both in turns.
pub(super) fn measure(site: &Site) -> Result<Section, Error> {
    let samples = site.time(&CASES, ROUNDS)?;
    let median = |place: usize| samples.get(place).map_or(f64::NAN, Sample::median);
    let rows = CASES.iter().zip(&samples).map(|(name, sample)| {
        vec![
            format!("`{name}`"),
            milliseconds(sample.median()),
            milliseconds(sample.p95()),
        ]
    });
    Ok(Section {
        title: "Starting the program",
        method: format!(
            "Whole processes, timed from within the machine, {ROUNDS} rounds in which both take turns."
        ),
        header: vec!["", "median", "p95"],
        rows: rows.collect(),
        verdicts: vec![Verdict::ratio(
            "`juniperctl --version` relative to `systemctl --version`",
            median(0) / median(1),
            TARGET,
        )],
        notes: Vec::new(),
    })
}
