//! Many moments at which the power could fail, out of one run of a machine: what would then be on its disk is copied
//! while it goes on installing, and looked at with a systemd of the same version.
//!
//! A boot of a machine takes most of the time of a power cut; these need one for all. That the real boot after a cut
//! goes as well is for the cuts themselves to show ([`super::power`]).

use std::time::Duration;

use juniper_lab::vm::{self, Vm};
use juniper_lab::{BootOptions, Suite};

use super::super::lab::{self, Outcome, claim, exits, machine};
use super::super::ordering::Random;
use super::seen::Seen;
use super::table::note;

/// Where the looking machine sees what was on the disk.
const SHOWN: &str = "/mnt/moments";

/// What an install writes to.
const DIRECTORIES: [&str; 2] = ["/etc/systemd", "/var/lib/juniperctl"];

/// Puts what was on the disk at the moment `$1` in the place of what is there. `/run` is empty after a power cut.
const PUT: &str = r#"set -e
rm -rf /etc/systemd/.juniperctl /etc/systemd/system /var/lib/juniperctl /run/juniperctl*
cp -a "$1/etc/systemd/." /etc/systemd/
if [ -e "$1/var/lib/juniperctl" ]; then cp -a "$1/var/lib/juniperctl" /var/lib/; fi
"#;

/// How many moments; `make soak` asks for fifty.
fn wanted() -> usize {
    lab::count("INSTALL_POWER_MOMENTS", 8)
}

/// At each moment of installs that go back and forth in `machine`, each of which takes about `took`: one whole set of
/// `sets` that systemd takes; another install completes.
pub(super) fn looked_at(
    running: &Vm,
    suite: Suite,
    sets: &[String],
    took: Duration,
    random: &mut Random,
) -> Outcome {
    let directory = tempfile::tempdir()?;
    let looking = machine(
        suite,
        BootOptions::default().bind_read_only(directory.path(), SHOWN),
    )?;
    looking.write("/usr/local/bin/put", format!("#!/bin/sh\n{PUT}"), 0o755)?;
    let shell = |line: &str| exits(&looking, line, 0).map(|output| output.stdout);
    let mut seen = Seen::of(sets);
    for moment in 1..=wanted() {
        let span = u64::try_from(took.as_millis() * 2).unwrap_or(u64::MAX);
        std::thread::sleep(Duration::from_millis(random.below(span)));
        let copy = directory.path().join("disk");
        running.cut_copy(&copy)?;
        let name = moment.to_string();
        vm::unpacked(&copy, &DIRECTORIES, &directory.path().join(&name))?;
        std::fs::remove_file(&copy)?;

        shell(&format!("/usr/local/bin/put {SHOWN}/{name}"))?;
        seen.look(&format!("moment {moment}"), shell)?;
        println!("moment {moment} of {}: {}", wanted(), seen.told());
    }
    claim(
        seen.halves > 0 || wanted() < 20,
        "no moment was in an install",
    )?;
    note(
        "power gone at a random moment, looked at without a boot",
        format!(
            "{} moments of a virtual machine on systemd {}: {}",
            wanted(),
            suite.systemd_version(),
            seen.told()
        ),
    );
    Ok(())
}
