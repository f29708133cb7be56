//! `packaging/doc/export.md`: the table of fates as a page.

use std::fmt::Write as _;

use crate::spec::network::Network;

use super::fate::{Fate, TABLE};
use super::sandbox;
use super::target::Target;
use crate::hardening::table::SANDBOX;

/// The page.
#[must_use]
pub fn page() -> String {
    let mut text = String::from(
        "# What an export keeps\n\n\
         Made from the table in `src/export/fate.rs` by `make accept`. `juniperctl export ENGINE` puts the same stack\n\
         into another engine's words. What an engine cannot be told is named on standard error, at the head of the\n\
         files and in their README; with `--strict` it is an error. **—** marks what is lost, and says what is instead.\n\
         \nWhatever asks systemd stays behind on every engine: the watchdog with its incidents, page, metrics and\n\
         notifications, `status`, `why`, `logs`, `scale` and `learn`.\n\n## By key\n\n| |",
    );
    let heading = |text: &mut String| {
        for target in Target::ALL {
            // Writing to a string cannot fail.
            let _ = write!(text, " {} |", target.title());
        }
        text.push_str("\n|---|---|---|---|---|---|\n");
    };
    heading(&mut text);
    for row in TABLE {
        let _ = write!(text, "| {} |", row.what.replace('|', "\\|"));
        for target in Target::ALL {
            let _ = write!(text, " {} |", said(row.fate(target)));
        }
        text.push('\n');
    }
    text.push_str("\n## By directive of the sandbox\n\n| |");
    heading(&mut text);
    let mut before = "";
    for directive in SANDBOX.iter().map(|row| row.name) {
        if directive == before {
            continue;
        }
        before = directive;
        let _ = write!(text, "| {directive} |");
        for target in Target::ALL {
            let _ = write!(
                text,
                " {} |",
                said(sandbox::fate(directive, target, Network::Host))
            );
        }
        text.push('\n');
    }
    text
}

fn said(fate: Fate) -> String {
    match fate {
        Fate::Kept(how) => how.to_owned(),
        Fate::Lost(why) => format!("**—** {why}"),
    }
}
