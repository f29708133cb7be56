//! User mode: an ordinary user installs, runs, breaks and removes the group with a manager of their own.
//!
//! On 252 and 257, because what a user's manager can do, where its services' state lies and how its units
//! are sandboxed changed in between; with `make soak` on Ubuntu's 249 and 255, too.

mod life;
mod restrained;
mod sandbox;
mod stage;

use juniper_lab::Suite;
use libtest_mimic::Trial;

use super::lab::{self, Breadth};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for suite in [Suite::Jammy, Suite::Bookworm, Suite::Noble, Suite::Trixie] {
        let version = suite.systemd_version();
        trials.push(Breadth::Versions.trial(
            suite,
            &format!("systemd::user::{version}::the_whole_life_of_the_mock_group"),
            move || life::whole(suite),
        ));
        trials.push(Breadth::Versions.trial(
            suite,
            &format!("systemd::user::{version}::nobody_escapes"),
            move || sandbox::escape(suite),
        ));
    }
    trials.push(lab::trial(
        "systemd::user::what_user_mode_hangs_on_is_told",
        life::told,
    ));
    trials.push(lab::trial(
        "systemd::user::without_namespaces_services_run_all_the_same",
        sandbox::without_namespaces,
    ));
    trials.push(restrained::trial());
    trials
}
