//! What the watchdog counts, and the text that Prometheus reads.
//!
//! Pure and lean: plain numbers for each member, fed from what the watchdog hears and does; the
//! library's registry lives only as long as one answer. It asks nobody and decides nothing.

mod exposition;
mod run;
mod tally;

pub use exposition::{CONTENT_TYPE, text};
pub use run::Run;
pub use tally::Tally;
