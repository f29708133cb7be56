//! `lab bench`: juniperctl beside what a user would do instead, all in one machine and one run.
//!
//! It measures and reports; a target that is missed is told, and is no failure of the benchmark.

mod computer;
mod diamond;
mod document;
mod gate;
mod health;
mod random;
mod render;
mod report;
mod site;
mod statistics;
mod tail;
mod unit_text;
mod version;
mod watching;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;
use juniper_lab::Error;

use super::{Done, tell};

use document::Document;
use report::Section;
use site::Site;

/// How often each start is measured.
const RUNS: usize = 20;

/// The random part of a service's time to ready.
const JITTER: Duration = Duration::from_millis(50);

/// One part of the benchmark: a section of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Part {
    /// What a gate costs.
    Gate,
    /// The start of the group.
    Diamond,
    /// `juniperctl health`.
    Health,
    /// `juniperctl render`.
    Render,
    /// `juniperctl --version`.
    Version,
    /// What the watchdog costs, and hangs.
    Watching,
}

impl Part {
    /// What a person who waits is told.
    const fn told(self) -> &'static str {
        match self {
            Self::Gate => "what a gate costs, 3 minutes",
            Self::Diamond => "the diamond, 4 minutes",
            Self::Health => "asking the group, 10 s",
            Self::Render => "writing unit files, 5 s",
            Self::Version => "starting the program, 5 s",
            Self::Watching => "watching, 8 minutes",
        }
    }

    fn measure(self, site: &Site) -> Result<Section, Error> {
        match self {
            Self::Gate => gate::measure(site),
            Self::Diamond => diamond::measure(site),
            Self::Health => health::measure(site),
            Self::Render => render::measure(site),
            Self::Version => version::measure(site),
            Self::Watching => watching::measure(site),
        }
    }
}

/// Measures these parts, or all, prints the report and writes it if asked; sections of a report that
/// is there already and that are not measured stay.
pub(super) fn run(only: &[Part], directory: Option<&Path>, out: Option<&Path>) -> Done {
    let parts = if only.is_empty() {
        Part::value_variants()
    } else {
        only
    };
    let load = computer::load();
    if computer::is_busy(&load) {
        tell(&format!(
            "note: this computer is busy (load average {load}); the figures will not be its best"
        ));
    }
    let site = Site::boot(directory, parts.contains(&Part::Watching))?;
    let mut document = match out {
        Some(out) if !only.is_empty() => {
            Document::parse(&fs::read_to_string(out).map_err(|source| Error::Host {
                doing: format!("read {}", out.display()),
                source,
            })?)
        }
        _ => Document::default(),
    };
    document.set_head(&computer::described(&site)?);
    for part in parts {
        tell(&format!("measuring {}", part.told()));
        let moment = computer::moment(&site)?;
        let mut section = part.measure(&site)?;
        section.notes.push(moment);
        for verdict in &section.verdicts {
            tell(&format!("  {verdict}"));
        }
        document.put(&section.to_string());
    }
    let report = document.to_string();
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
