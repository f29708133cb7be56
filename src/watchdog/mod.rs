//! The watchdog's mind: what was heard in, what is to be done out.
//!
//! systemd restarts what exits; this notices what is there and answers nothing. Probes mean what
//! they mean in Kubernetes: a failed liveness probe has the one service ended that failed it, a
//! failed readiness probe never does anything to anybody. Pure: clock values come in as arguments,
//! questions, looks, signals and records go out as values; `commands::watchdog` carries them out.

pub mod act;
pub mod budget;
pub mod condition;
pub mod event;
pub mod heard;
pub mod history;
pub mod incident;
pub mod ledger;
mod member;
pub mod memory;
pub mod orders;
mod random;
mod telling;
mod trouble;
pub mod watch;
pub mod watched;

pub use condition::Condition;
pub use event::{Action, Event, Look, Moment, Question, Standing};
pub use heard::Heard;
pub use history::History;
pub use incident::Incident;
pub use memory::Memory;
pub use orders::Orders;
pub use watch::{MemberView, View, Watchdog};
pub use watched::Watched;
