//! What a service was denied, and the least that would have to change: the thinking of `juniperctl learn`.
//!
//! Evidence (the kernel's records, journal lines, systemd's result) becomes denials, each denial is held
//! against the attempts and the table of `hardening`, and what may be granted becomes edits of the
//! configuration, as text. It watches nobody, writes nothing, and grants nothing.

pub mod address_filter;
pub mod call;
pub mod denial;
pub mod edit;
pub mod journal;
pub mod judgement;
pub mod kernel;
pub mod place;
pub mod tally;

pub use denial::Denial;
pub use edit::Edit;
pub use judgement::{Judged, Verdict};
pub use tally::{Source, Tally};
