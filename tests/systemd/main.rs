//! juniperctl on real systemd: every promise that only a running machine can keep.
//!
//! Each trial boots its own throw-away machine and installs the packages that `make deb` left in
//! target/debian. What this computer cannot run is reported as ignored, with the reason.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests may fail loudly, print what they saw, and look at this computer"
)]

mod escape;
mod export;
mod exposure;
mod failures;
mod foreign;
mod gpu;
mod group;
mod hostile;
mod hosts;
mod installing;
mod isolated;
mod lab;
mod learn;
mod ordering;
mod package;
mod provisioning;
mod real;
mod secrets;
mod unchanged;
mod user;
mod verify;
mod watchdog;

use juniper_lab::Suite;
use lab::Breadth;
use libtest_mimic::{Arguments, Trial};

/// How many of the longest trials are named at the end.
const LONGEST: usize = 45;

fn main() {
    let mut arguments = Arguments::from_args();
    // Two machines at a time: more would make each other late on a small computer.
    arguments.test_threads.get_or_insert(2);
    let mut trials: Vec<Trial> = Vec::new();
    for suite in Suite::ALL {
        let version = suite.systemd_version();
        trials.push(Breadth::Versions.trial(
            suite,
            &format!("systemd::{version}::the_whole_life_of_the_mock_group"),
            move || group::whole_life(suite),
        ));
        trials.push(Breadth::Versions.trial(
            suite,
            &format!("systemd::{version}::hostile_strings_arrive_unchanged"),
            move || hostile::arrive_unchanged(suite),
        ));
        trials.push(Breadth::Versions.trial(
            suite,
            &format!("systemd::{version}::a_restart_reaches_all_and_a_crash_only_one"),
            move || group::restart(suite),
        ));
        trials.push(Breadth::Versions.trial(
            suite,
            &format!("systemd::{version}::the_exposure_is_what_systemd_says"),
            move || exposure::agrees_with_systemd(suite),
        ));
        trials.push(Breadth::Releases.trial(
            suite,
            &format!("systemd::{version}::the_accepted_units_verify_silently"),
            move || verify::accepted(suite),
        ));
        trials.push(secrets::life_trial(suite));
        trials.extend(escape::trials(suite));
        trials.extend(ordering::trials(suite));
        trials.extend(watchdog::trials(suite));
    }
    trials.extend([
        lab::trial(
            "systemd::data_is_named_as_the_root_cause",
            group::root_cause,
        ),
        lab::trial(
            "systemd::a_hung_service_is_down_and_a_restart_cures_it",
            group::hang,
        ),
        lab::trial(
            "systemd::an_unchanged_install_changes_nothing",
            unchanged::idempotent,
        ),
        lab::trial("systemd::a_taken_port_is_named", failures::port_taken),
        lab::trial(
            "systemd::a_missing_interpreter_is_named",
            failures::missing_interpreter,
        ),
        lab::trial(
            "systemd::a_service_that_never_gets_ready_fails_the_target",
            failures::never_ready,
        ),
        lab::trial(
            "systemd::without_a_bus_the_machine_refuses",
            failures::no_bus,
        ),
        lab::trial(
            "systemd::without_permission_the_machine_refuses",
            failures::no_permission,
        ),
        lab::trial(
            "systemd::a_foreign_unit_is_not_overwritten",
            failures::foreign_unit,
        ),
    ]);
    trials.extend(export::trials());
    trials.extend(installing::trials());
    trials.extend(isolated::trials());
    trials.extend(watchdog::single_trials());
    trials.extend(learn::trials());
    trials.extend(foreign::trials());
    trials.extend(hosts::trials());
    trials.extend(package::trials());
    trials.extend(gpu::trials());
    trials.extend(provisioning::trials());
    trials.extend(user::trials());
    trials.extend(real::trials());
    trials.extend(secrets::real_trials());
    trials.extend(watchdog::real_trials());
    trials.extend(isolated::real_trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    ordering::print();
    escape::print();
    installing::print();
    juniper_lab::took::print_longest(LONGEST);
    conclusion.exit();
}
