//! juniperctl: systemd units for the Juniper ML platform, written, installed and run.
//!
//! Data flows one way, and only [`host`] touches the machine:
//!
//! ```text
//! TOML text --spec--> Stack --unit--> unit files --plan--> changes --host--> the machine
//!                         probe results --readiness--> verdicts --output--> people, JSON
//!                                           verdicts --watchdog--> actions --host--> the machine
//! ```
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod cli;
pub mod commands;
pub mod error;
pub mod export;
pub mod gpu;
pub mod hardening;
pub mod host;
pub mod import;
pub mod kernel_log;
pub mod learn;
pub mod metrics;
pub mod ordered;
pub mod output;
pub mod plan;
pub mod preflight;
pub mod provision;
pub mod readiness;
pub mod secrets;
pub mod socket_table;
pub mod spec;
pub mod unit;
pub mod watchdog;
pub mod web;
