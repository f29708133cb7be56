//! Installing under attack: killed at every system call, cut off from power, disk, bus and verifier.
//!
//! Whatever happens, the units on disk are wholly the old or wholly the new ones, at once and not only after
//! somebody has come to mend them.

mod kills;
mod moments;
mod power;
mod refusals;
mod seen;
mod stage;
mod table;

use juniper_lab::Suite;
use libtest_mimic::Trial;

use super::lab;

pub(crate) use table::print;

/// No version of systemd can differ in what is in a file; what it makes of a switch that was interrupted was
/// measured on all of them (ARCHITECTURE.md).
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        lab::trial(
            "systemd::an_install_killed_anywhere_leaves_one_whole_set",
            || kills::campaign(Suite::Trixie),
        ),
        lab::trial(
            "systemd::an_install_that_cannot_go_on_leaves_what_was_there",
            || refusals::all(Suite::Bookworm),
        ),
        juniper_lab::trial::on_virtual_machine("systemd::an_install_survives_power_cuts", || {
            power::cuts(Suite::Bookworm)
        }),
    ]
}
