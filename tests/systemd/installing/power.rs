//! The power fails at a random moment of an install, on a whole machine with a kernel and a disk of its own.

use std::fs;
use std::path::Path;
use std::time::Duration;

use juniper_lab::Suite;
use juniper_lab::vm::{Disk, Image, Vm};
use libtest_mimic::Failed;

use super::super::lab::{self, Outcome, claim};
use super::super::ordering::Random;
use super::seen::Seen;
use super::stage::{LOOK, PROFILES, install_line};
use super::table::note;

/// Keeps all services from starting at each boot: an emulated machine is slow enough without them.
const OFF: &str = "[Unit]\nConditionPathExists=/nowhere\n";

/// Long, because a campaign may share the computer with other work for an hour.
const BOOT: Duration = Duration::from_mins(10);
const COMMAND: Duration = Duration::from_mins(2);

/// How often the power fails; `make soak` asks for twenty.
fn wanted() -> usize {
    lab::count("INSTALL_POWER_CUTS", 2)
}

/// After each cut one whole set that systemd takes from the boot on; another install completes.
pub(super) fn cuts(suite: Suite) -> Outcome {
    let disk = Image::prepare(suite)?.disk(packages)?;
    let mut random = Random(20_261_126);
    let mut machine = up(&disk)?;
    let mut sets = Vec::new();
    let mut took = Duration::ZERO;
    for profile in [PROFILES[1], PROFILES[0]] {
        let begun = std::time::Instant::now();
        machine.succeed(&install_line(profile), COMMAND)?;
        took = begun.elapsed();
        sets.push(machine.succeed(LOOK, COMMAND)?);
    }
    sets.reverse();
    claim(sets[0] != sets[1], "one set")?;
    let mut seen = Seen::of(&sets);
    for round in 1..=wanted() {
        // Back and forth without a pause, so that any moment is one of an install.
        let back_and_forth = format!(
            "(while :; do {}; {}; done) >/dev/null 2>&1 &",
            install_line(PROFILES[1]),
            install_line(PROFILES[0])
        );
        machine.succeed(&back_and_forth, COMMAND)?;
        if round == 1 {
            super::moments::looked_at(&machine, suite, &sets, took, &mut random)?;
        }
        let span = u64::try_from(took.as_millis() * 4).unwrap_or(u64::MAX);
        std::thread::sleep(Duration::from_millis(random.below(span)));
        machine.pull_the_plug();
        machine = up(&disk)?;
        seen.look(&format!("cut {round}"), |line| {
            Ok(machine.succeed(line, COMMAND)?)
        })?;
        println!("power cut {round} of {}: {}", wanted(), seen.told());
    }
    machine.power_off()?;
    note(
        "power cut at a random moment",
        format!(
            "{} cuts of a virtual machine on systemd {}: {}",
            wanted(),
            suite.systemd_version(),
            seen.told()
        ),
    );
    Ok(())
}

/// Both packages; no units are installed yet.
fn packages(tree: &Path) -> Result<(), juniper_lab::Error> {
    lab::packages(tree)?;
    let drop_ins = tree.join("etc/systemd/system/juniper-.service.d");
    fs::create_dir_all(&drop_ins).unwrap();
    fs::write(drop_ins.join("off.conf"), OFF).unwrap();
    Ok(())
}

fn up(disk: &Disk) -> Result<Vm, Failed> {
    let machine = Vm::boot(disk, BOOT)?;
    machine.wait_until_settled(BOOT)?;
    Ok(machine)
}
