//! What the NVIDIA driver says in the kernel's log: lines to faults of GPUs, faults to what helps.
//!
//! Only entries that journald itself took from the kernel count; what a service writes into the journal
//! is never looked at. Pure: entries come in, faults go out. Whom a fault concerns is decided in
//! [`users`], what is done about it in `watchdog` and by the gate.

pub mod address;
pub mod entry;
pub mod fault;
pub mod faults;
pub mod line;
pub mod users;
pub mod xid;

pub use address::GpuAddress;
pub use entry::Entry;
pub use fault::{Fault, Symptom};
pub use faults::Faults;
pub use line::Line;
pub use xid::Cure;
