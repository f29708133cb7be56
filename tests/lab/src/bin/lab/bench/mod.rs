//! `lab bench`: juniperctl beside what a user would do instead, all in one machine and one run.
//!
//! It measures and reports; a target that is missed is told, and is no failure of the benchmark.

mod computer;
mod diamond;
mod gate;
mod health;
mod random;
mod render;
mod report;
mod site;
mod statistics;
mod tail;
mod unit_text;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use juniper_lab::Error;

use super::{Done, tell};

use report::Section;
use site::Site;

/// How often each start is measured.
const RUNS: usize = 20;

/// The random part of a service's time to ready.
const JITTER: Duration = Duration::from_millis(50);

/// One part of the benchmark.
type Measure = fn(&Site) -> Result<Section, Error>;

/// The parts, with what a person who waits is told.
const PARTS: [(&str, Measure); 4] = [
    ("what a gate costs, 3 minutes", gate::measure),
    ("the diamond, 4 minutes", diamond::measure),
    ("asking the group, 10 s", health::measure),
    ("writing unit files, 5 s", render::measure),
];

/// Measures everything, prints the report and writes it if asked.
pub(super) fn run(directory: Option<&Path>, out: Option<&Path>) -> Done {
    let load = computer::load();
    if computer::is_busy(&load) {
        tell(&format!(
            "note: this computer is busy (load average {load}); the figures will not be its best"
        ));
    }
    let site = Site::boot(directory)?;
    let head = computer::described(&site, &load)?;
    let mut sections = Vec::new();
    for (what, measure) in PARTS {
        tell(&format!("measuring {what}"));
        let section = measure(&site)?;
        for verdict in &section.verdicts {
            tell(&format!("  {verdict}"));
        }
        sections.push(section);
    }
    let report = report::whole(&head, &sections);
    // Whoever has stopped reading may still want the file.
    drop(write!(io::stdout().lock(), "\n{report}"));
    if let Some(out) = out {
        fs::write(out, &report).map_err(|source| Error::Host {
            doing: format!("write {}", out.display()),
            source,
        })?;
        tell(&format!("written to {}", out.display()));
    }
    Ok(ExitCode::SUCCESS)
}
