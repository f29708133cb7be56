//! The watchdog on real systemd: what it notices, what it does, and above all what it leaves alone.

mod endurance;
mod hangs;
mod page;
mod restraint;
mod scrape;
mod stage;
mod traceback;
mod training;

use juniper_lab::{Suite, trial as lab_trial};
use libtest_mimic::Trial;

use super::lab::trial;

/// The trials of one systemd version.
pub(crate) fn trials(suite: Suite) -> Vec<Trial> {
    let named = |name: &str| format!("systemd::{}::watchdog::{name}", suite.systemd_version());
    vec![
        trial(
            &named("every_way_to_hang_is_noticed_in_time_and_cured_alone"),
            move || hangs::all(suite),
        ),
        trial(
            &named("a_hung_data_is_one_incident_and_the_training_goes_on"),
            move || training::goes_on(suite),
        ),
        trial(&named("what_fails_for_ever_is_given_up"), move || {
            restraint::given_up(suite)
        }),
        trial(&named("nothing_is_done_while_paused"), move || {
            restraint::paused(suite)
        }),
        trial(
            &named("its_own_troubles_and_those_of_the_bus_harm_nobody"),
            move || endurance::troubles(suite),
        ),
    ]
}

/// The trials that are the same on every systemd.
pub(crate) fn single_trials() -> [Trial; 2] {
    [
        trial(
            "systemd::watchdog::page_and_metrics_tell_what_it_knows_to_this_machine_alone",
            page::told,
        ),
        trial(
            "systemd::watchdog::prometheus_scrapes_it_and_the_alerts_fire",
            scrape::scraped,
        ),
    ]
}

/// The trials with the real services.
pub(crate) fn real_trials() -> [Trial; 1] {
    [lab_trial::on_real_services(
        "real::watchdog::a_hung_data_says_where_it_hangs",
        traceback::told,
    )]
}
