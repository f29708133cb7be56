//! Wanted and found to changes: what an install or an uninstall would do, before it does it.
//!
//! Pure: what lies on the machine comes in as values, a list of changes goes out, in the order in
//! which they are safe. `host` carries them out.

pub mod change;
pub mod compare;
pub mod difference;
pub mod drift;
pub mod effects;
pub mod generation;
pub mod receipt;

pub use change::Change;
pub use compare::{Conflict, Found, Plan, install, uninstall};
pub use effects::{Effects, effects};
pub use generation::Generation;
pub use receipt::Receipt;
