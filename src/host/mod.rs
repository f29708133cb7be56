//! The effectful edge: the only folder that touches files, the bus, the network, clocks, processes.
//!
//! Everything here carries out what the pure modules decided and reports what it found. It decides
//! nothing itself. Clippy refuses the calls used here anywhere else (clippy.toml).
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this folder is the edge that the rest is fenced off from"
)]

pub mod accounts;
pub mod act_socket;
pub mod analyze;
pub mod bounded;
pub mod clock;
pub mod containers;
mod descriptor;
pub mod directory_events;
mod durable;
pub mod environment;
pub mod examine;
pub mod files;
pub mod gpu;
pub mod http;
pub mod journal;
pub mod journal_entry;
pub mod lock;
pub mod network;
pub mod notify;
pub mod nvml;
pub mod paths;
pub mod process;
pub mod programs;
pub mod prompt;
pub mod provision;
pub mod remote;
pub mod secrets;
pub mod server;
pub mod signals;
pub mod sockets;
pub mod switch;
#[cfg(test)]
mod switch_tests;
pub mod systemd;
pub mod terminal;
pub mod trace;
pub mod watched_http;

pub use files::Files;
pub use paths::Paths;
pub use terminal::Terminal;
