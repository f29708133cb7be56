//! The watchdog on real systemd: what it notices, what it does, and above all what it leaves alone.

mod actor;
mod busy;
mod clock;
mod defaults;
mod endurance;
mod gpu;
mod hangs;
mod load;
mod mode;
mod notification;
mod page;
mod restraint;
mod scrape;
mod stage;
mod survival;
mod traceback;
mod training;

use juniper_lab::{Suite, trial as lab_trial};
use libtest_mimic::Trial;

use super::lab::Breadth::{Sample, Versions};
use super::lab::trial;

pub(super) use clock::stepped;
pub(super) use gpu::{DRIVER_UNIT, configuration as with_gpu, driver, lost as lost_gpu};

/// The trials of one systemd version.
pub(crate) fn trials(suite: Suite) -> Vec<Trial> {
    let named = |name: &str| format!("systemd::{}::watchdog::{name}", suite.systemd_version());
    let mut trials = vec![
        Sample.trial(
            suite,
            &named("every_way_to_hang_is_noticed_in_time_and_cured_alone"),
            move || hangs::all(suite),
        ),
        Sample.trial(
            suite,
            &named("a_hung_data_is_one_incident_and_the_training_goes_on"),
            move || training::goes_on(suite),
        ),
        Versions.trial(
            suite,
            &named("what_fails_for_ever_is_given_up"),
            move || restraint::given_up(suite),
        ),
        Sample.trial(suite, &named("nothing_is_done_while_paused"), move || {
            restraint::paused(suite)
        }),
        Sample.trial(
            suite,
            &named("its_own_troubles_and_those_of_the_bus_harm_nobody"),
            move || endurance::troubles(suite),
        ),
    ];
    // On the oldest: credentials were new then.
    if suite == Suite::Bullseye {
        trials.push(trial(
            &named("a_webhook_that_hangs_holds_nobody_up"),
            move || notification::hangs(suite),
        ));
        trials.push(trial(
            &named("it_has_no_rights_and_who_acts_for_it_does_little"),
            move || actor::does_little(suite),
        ));
    }
    // What plays the driver is not seen by the units of the oldest systemd.
    if suite == Suite::Sid {
        trials.push(trial(
            &named("a_lost_gpu_refuses_starts_and_a_forged_line_does_not"),
            move || gpu::refused(suite),
        ));
    }
    trials
}

/// The trials in which no version of systemd can differ, or only those named.
pub(crate) fn single_trials() -> Vec<Trial> {
    let named = |suite: Suite, name: &str| {
        format!("systemd::{}::watchdog::{name}", suite.systemd_version())
    };
    let guarded = [Suite::Bullseye, Suite::Trixie].map(|suite| {
        trial(
            &named(
                suite,
                "a_silent_cascor_that_trains_is_left_alone_while_it_works",
            ),
            move || busy::guarded(suite),
        )
    });
    let single = Suite::Trixie;
    let mut trials = Vec::from(guarded);
    trials.extend([
        trial(
            &named(
                single,
                "at_its_defaults_a_hang_is_over_in_seventeen_seconds",
            ),
            move || defaults::kept(single),
        ),
        trial(
            &named(single, "a_canopy_in_demo_mode_is_restarted_once"),
            move || mode::cured(single),
        ),
        trial(
            "systemd::watchdog::page_and_metrics_tell_what_it_knows_to_this_machine_alone",
            page::told,
        ),
        trial(
            "systemd::watchdog::prometheus_scrapes_it_and_the_alerts_fire",
            scrape::scraped,
        ),
        // The last: it leaves no processor to whoever runs beside it.
        trial(
            &named(single, "a_thousand_probes_of_a_busy_computer_do_nothing"),
            move || load::bears(single),
        ),
    ]);
    trials
}

/// The trials with the real services.
pub(crate) fn real_trials() -> [Trial; 2] {
    [
        lab_trial::on_real_services(
            "real::watchdog::a_hung_data_says_where_it_hangs",
            traceback::told,
        ),
        lab_trial::on_real_services(
            "real::watchdog::a_run_survives_a_data_that_hangs_for_a_minute",
            survival::goes_on,
        ),
    ]
}
