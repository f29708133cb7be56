//! TOML text to [`Stack`]: what the site wants, valid by construction.
//!
//! Layers (the built-in stack, the site's file, its drop-ins) are read one by one, every fault is
//! recorded with its place, and what is left is merged and resolved for one profile. Nothing in
//! here reads a file, a clock or the machine.

pub mod bind;
pub mod builtin;
pub mod credential;
mod dependency;
pub mod derived;
mod described;
pub mod duration;
pub mod effective;
pub mod explanation;
pub mod fault;
pub mod form;
pub mod host_layer;
mod key_text;
pub mod layer;
pub mod listen;
pub mod merge;
pub mod name;
pub mod network;
pub mod notification;
pub mod order;
pub mod placed;
pub mod probe;
pub mod probe_layer;
pub mod provenance;
pub mod reader;
pub mod remote;
pub mod reserved;
pub mod resolve;
pub mod restraint;
pub mod scale;
pub mod schema;
pub mod service_layer;
mod service_value;
pub mod size;
pub mod sketch;
pub mod source;
pub mod stack;
pub mod suggestion;
pub mod text;

pub use fault::Faults;
pub use name::{ProfileName, ServiceName};
pub use source::Sources;
pub use stack::{Service, Stack};
