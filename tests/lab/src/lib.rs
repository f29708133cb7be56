//! Boots real systemd roots for tests, demonstrations and benchmarks.
//!
//! A [`Root`] is made once for each [`Suite`] and cached; a [`Machine`] is booted from it in a third
//! of a second, has its own loopback and files, and leaves nothing behind; a whole virtual machine
//! of [`vm`] takes seconds and has its own kernel, too. [`trial`] announces tests that cannot run on
//! this computer instead of letting them pass; [`real`] provides the published Juniper services,
//! [`prometheus`] somebody who scrapes.
//! Nothing here knows anything about juniperctl itself.

pub mod engines;
pub mod prometheus;
pub mod real;
pub mod requirements;
pub mod took;
pub mod trial;
pub mod vm;

mod architecture;
mod archive;
mod cache;
mod cgroup;
mod download;
mod error;
mod machine;
mod notify;
mod private;
mod process;
mod recipe;
mod root;
mod suite;
mod supervisor;
mod tool;

pub use architecture::Architecture;
pub use download::Unpacked;
pub use error::Error;
pub use machine::{Background, BootOptions, Command, Entry, Kind, Machine, Output};
pub use root::Root;
pub use suite::{Distribution, Suite, UnknownSuite};
