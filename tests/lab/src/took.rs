//! How long each trial took, and the longest of them told at the end, so that who looks for time knows where it goes.
//!
//! It judges nothing: a slow trial is no failed one.

use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

static TOOK: Mutex<Vec<(Duration, String)>> = Mutex::new(Vec::new());

/// Notes down the time from its making to its end, however the trial ends.
pub(crate) struct Span {
    name: String,
    begun: Instant,
}

impl Span {
    pub(crate) fn begin(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            begun: Instant::now(),
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        let span = (self.begun.elapsed(), std::mem::take(&mut self.name));
        TOOK.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(span);
    }
}

/// Prints the trials that took longest, at most `count`, and what all took together.
pub fn print_longest(count: usize) {
    let mut took = TOOK.lock().unwrap_or_else(PoisonError::into_inner);
    if took.is_empty() {
        return;
    }
    took.sort_unstable_by(|one, other| other.cmp(one));
    let sum: Duration = took.iter().map(|(span, _)| *span).sum();
    let mut out = io::stdout().lock();
    let mut lines = vec![format!(
        "{} trials took {} s together; the longest:",
        took.len(),
        sum.as_secs()
    )];
    lines.extend(
        took.iter()
            .take(count)
            .map(|(span, name)| format!("{:5.1} s  {name}", span.as_secs_f64())),
    );
    // Where nobody reads it, there is nobody to tell.
    drop(writeln!(out, "{}", lines.join("\n")));
}
