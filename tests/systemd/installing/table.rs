//! What the campaigns saw, as a report.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

static SEEN: Mutex<Vec<(&str, String)>> = Mutex::new(Vec::new());

/// Notes what came of a campaign.
pub(super) fn note(campaign: &'static str, what: String) {
    SEEN.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push((campaign, what));
}

/// Prints it, or writes it to the file that `INSTALLING_TABLE` names.
pub(crate) fn print() {
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.is_empty() {
        return;
    }
    seen.sort_unstable();
    let mut text = String::from(
        "# Installing under attack\n\n\
         Written by the trials in `tests/systemd/installing`. CI runs a sample of them, `make soak` asks for 1000 kills, 20\n\
         power cuts and 50 moments at which the power could have failed; each row says how many there were. After each event\n\
         the units on disk were wholly the old or wholly the new ones, systemd took them all, and another install completed\n\
         and left nothing else.\n\
         \n\
         | campaign | what was seen |\n|---|---|\n",
    );
    for (campaign, what) in seen.iter() {
        writeln!(text, "| {campaign} | {what} |").unwrap();
    }
    match std::env::var_os("INSTALLING_TABLE") {
        Some(path) => std::fs::write(path, text).unwrap(),
        None => println!("{text}"),
    }
}
