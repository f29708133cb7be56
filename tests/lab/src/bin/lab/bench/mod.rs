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

/// Measures everything, prints the report and writes it if asked.
pub(super) fn run(directory: Option<&Path>, out: Option<&Path>) -> Done {
    let load = computer::load();
    let site = Site::boot(directory)?;
    let mut report = computer::described(&site, &load)?;
    print(&report);
    let parts: [(&str, Measure); 4] = [
        ("asking the group, 10 s", health::measure),
        ("writing unit files, 10 s", render::measure),
        ("what a gate costs, 2 minutes", gate::measure),
        ("the diamond, 5 minutes", diamond::measure),
    ];
    for (what, measure) in parts {
        tell(&format!("measuring {what}"));
        let part = format!("\n{}", measure(&site)?);
        print(&part);
        report.push_str(&part);
    }
    if let Some(out) = out {
        fs::write(out, &report).map_err(|source| Error::Host {
            doing: format!("write {}", out.display()),
            source,
        })?;
        tell(&format!("written to {}", out.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows a part of the report as soon as it is there.
fn print(part: &str) {
    // Whoever has stopped reading may still want the file.
    drop(io::stdout().lock().write_all(part.as_bytes()));
}

/// One part of the benchmark.
type Measure = fn(&Site) -> Result<Section, Error>;
