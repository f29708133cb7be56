//! The Debian package as dpkg(1) meets it: installed, upgraded under a running training, removed, purged.

mod chroot;
pub(crate) mod contents;
mod life;
mod previous;
mod readme;
pub(crate) mod repository;

use juniper_lab::{Architecture, Suite};
use libtest_mimic::Trial;

use super::lab::{self, Breadth};

/// The releases that the package is for, as the README says.
const SUITES: [Suite; 5] = [
    Suite::Jammy,
    Suite::Bookworm,
    Suite::Noble,
    Suite::Trixie,
    Suite::Sid,
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = SUITES
        .into_iter()
        .map(|suite| {
            let version = suite.systemd_version();
            Breadth::Releases.trial(
                suite,
                &format!("systemd::{version}::the_package_comes_and_goes_without_a_trace"),
                move || life::whole(suite),
            )
        })
        .collect();
    trials.extend([
        lab::trial(
            "systemd::every_command_of_the_readme_works",
            readme::is_true,
        ),
        lab::trial(
            "systemd::a_signed_repository_serves_apt",
            repository::serves_apt,
        ),
        Trial::test("systemd::the_package_holds_what_is_meant", || {
            contents::is_as_meant(Architecture::Amd64)
        }),
        Trial::test(
            "systemd::the_programs_start_on_the_oldest_c_library",
            || contents::starts_everywhere(Architecture::Amd64),
        ),
    ]);
    trials
}
