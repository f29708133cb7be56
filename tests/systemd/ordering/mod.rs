//! Dependency edges on real systemd: the same situations on every version, with the same outcome.
//!
//! Each situation (`matrix.rs` and its neighbours) is played with juniperctl's own units; what
//! happened to whom, and after how long, is printed as a table at the end.

mod by_hand;
mod campaign;
mod chain;
mod edges;
mod matrix;
mod power;
mod scale;
mod stage;
mod switch;
mod table;

use juniper_lab::trial::on_virtual_machine;
use juniper_lab::{Distribution, Suite};
use libtest_mimic::Trial;

use super::lab::Breadth::{Releases, Sample, Versions};

pub(crate) use campaign::Random;
pub(crate) use table::print;

/// The trials of one systemd version.
pub(crate) fn trials(suite: Suite) -> Vec<Trial> {
    let named = |name: &str| format!("systemd::ordering::{}::{name}", suite.systemd_version());
    let mut trials = vec![
        Releases.trial(
            suite,
            &named("a_lost_dependency_does_what_the_edge_says"),
            move || matrix::lost(suite),
        ),
        Versions.trial(
            suite,
            &named("a_failed_first_start_strands_nobody"),
            move || matrix::failing(suite),
        ),
        Sample.trial(
            suite,
            &named("what_is_stopped_by_hand_stays_stopped"),
            move || by_hand::stopped(suite),
        ),
        Sample.trial(suite, &named("gates_mean_what_they_say"), move || {
            edges::gates(suite)
        }),
        Sample.trial(
            suite,
            &named("a_start_with_progress_is_given_time"),
            move || edges::progress(suite),
        ),
        Sample.trial(
            suite,
            &named("kills_do_not_touch_the_training"),
            move || campaign::kills(suite),
        ),
        Sample.trial(
            suite,
            &named("switching_the_profile_does_what_it_said"),
            move || switch::switched(suite),
        ),
        Sample.trial(
            suite,
            &named("scaling_touches_only_what_comes_or_goes"),
            move || scale::scaled(suite),
        ),
        Sample.trial(
            suite,
            &named("a_rolling_restart_keeps_three_of_four_ready"),
            move || scale::rolling(suite),
        ),
        Sample.trial(suite, &named("a_start_explains_itself"), move || {
            chain::explained(suite)
        }),
    ];
    // Its kernel is what a whole machine adds.
    if suite.distribution() == Distribution::Debian {
        trials.push(on_virtual_machine(
            &named(match suite {
                power::CLOCK => "the_group_survives_a_power_cut_and_a_stepped_clock",
                power::GPU => "the_group_survives_a_lost_gpu_and_a_power_cut",
                _ => "the_group_survives_a_power_cut",
            }),
            move || power::cut(suite),
        ));
    }
    trials
}
