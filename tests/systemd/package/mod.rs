//! The Debian package as dpkg(1) meets it: installed, upgraded under a running training, removed, purged.

mod chroot;
mod life;
mod previous;
mod readme;

use juniper_lab::Suite;
use libtest_mimic::Trial;

use super::lab;

/// The releases that the package is for first of all.
const SUITES: [Suite; 3] = [Suite::Bookworm, Suite::Trixie, Suite::Sid];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = SUITES
        .into_iter()
        .map(|suite| {
            let version = suite.systemd_version();
            lab::trial(
                &format!("systemd::{version}::the_package_comes_and_goes_without_a_trace"),
                move || life::whole(suite),
            )
        })
        .collect();
    trials.push(lab::trial(
        "systemd::every_command_of_the_readme_works",
        readme::is_true,
    ));
    trials
}
