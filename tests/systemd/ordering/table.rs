//! What happened in each situation, on each version: collected from the trials, printed once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use juniper_lab::Suite;

/// Situation and service to what happened on each version.
type Rows = BTreeMap<(&'static str, String), BTreeMap<u32, String>>;

static ROWS: Mutex<Rows> = Mutex::new(BTreeMap::new());

/// Notes what happened to a service.
pub(super) fn note(suite: Suite, situation: &'static str, service: &str, outcome: String) {
    ROWS.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry((situation, service.to_owned()))
        .or_default()
        .insert(suite.systemd_version(), outcome);
}

/// The table in Markdown; nothing where no situation was played.
fn text() -> String {
    let rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
    if rows.is_empty() {
        return String::new();
    }
    let versions = Suite::ALL.map(Suite::systemd_version);
    let names = versions.map(|version| version.to_string());
    let date = Command::new("date").arg("--iso-8601").output().unwrap();
    let mut text = format!(
        "# What happens to whom\n\n\
         Written by `make ordering` on {}: what the trials in tests/systemd/ordering saw, each on real\n\
         systemd {} with juniperctl's own units. `keep`, `restart` and `stop` depend on\n\
         `a` with that policy, `other` does not; a letter with a number is only the name of its situation.\n\n\
         | situation | who | {} |\n|---|---|{}\n",
        String::from_utf8_lossy(&date.stdout).trim(),
        names.join(", "),
        names.join(" | "),
        "---|".repeat(names.len()),
    );
    for ((situation, service), outcomes) in rows.iter() {
        let cells = versions.map(|version| outcomes.get(&version).map_or("", String::as_str));
        let _ = writeln!(text, "| {situation} | {service} | {} |", cells.join(" | "));
    }
    text
}

/// Prints the table, and writes it where `ORDERING_TABLE` says.
pub(crate) fn print() {
    let text = text();
    if text.is_empty() {
        return;
    }
    println!("\n{text}");
    if let Some(path) = std::env::var_os("ORDERING_TABLE") {
        std::fs::write(path, text).unwrap();
    }
}
