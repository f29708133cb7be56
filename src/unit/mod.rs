//! [`Stack`](crate::spec::Stack) to the text of unit files: pure, deterministic, escaped by type.
//!
//! `service` decides what each unit says, `value` how a string is written, the askama templates
//! only where it stands. Nothing here reads or writes a file.

pub mod act;
pub mod budget;
pub mod credentials;
mod edges;
pub mod escaper;
pub mod facts;
pub mod file;
pub mod gpu;
pub mod group;
pub mod kernel_log;
mod length;
pub mod manager;
pub mod network;
pub mod notification;
pub mod render;
pub mod returned;
pub mod sandbox;
pub mod service;
pub mod soundness;
pub mod value;
pub mod version;

pub use facts::Facts;
pub use file::UnitFile;
pub use render::{RenderError, rendered};
pub use version::SystemdVersion;
