//! Environments on the machine: their directories and links, who builds in them, who runs with them.
//!
//! What is made, kept or removed was decided before; a step that fails leaves what was in use in use.

pub mod builder;
pub mod processes;
mod sharing;
pub mod switching;
pub mod tree;
