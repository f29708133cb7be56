//! What the kernel is asked to keep: the program that it runs, and the records that come of it.
//!
//! Bytes to values and back; `host::trace` is who talks to the kernel.

mod assembler;
mod object;
pub mod processor;
pub mod program;
pub mod record;

pub use processor::Processor;
pub use record::Record;
