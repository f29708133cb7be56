//! `-H`: workers on other machines, installed, watched and lost over ssh.

mod stage;
mod workers;

use libtest_mimic::Trial;

use super::lab::trial;

pub(crate) fn trials() -> [Trial; 1] {
    [trial(
        "systemd::hosts::workers_on_two_hosts_of_which_one_is_cut_off",
        workers::cut_off,
    )]
}
