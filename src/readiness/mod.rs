//! Answers to verdicts: what a reply means, and which service is the cause of the others' trouble;
//! and times to chains: which services a start of the group had to wait for.
//!
//! Pure: answers and unit states come in as values, verdicts go out. Asking is `host`'s work.

pub mod cause;
pub mod chain;
pub mod comparison;
pub mod pace;
pub mod patience;
pub mod reply;
pub mod routes;
pub mod saying;
pub mod start_record;
pub mod unit_state;

pub use cause::{Finding, Report, reported};
pub use reply::{Answer, Judgement, Verdict, judged};
pub use start_record::{MemberStart, Start, StartRecord};
