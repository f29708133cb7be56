//! The power fails at a random moment of an install, on a whole machine with a kernel and a disk of its own.

use std::fs;
use std::path::Path;
use std::time::Duration;

use juniper_lab::Suite;
use juniper_lab::vm::{Disk, Image, Vm};
use libtest_mimic::Failed;

use super::super::lab::{self, Outcome, claim};
use super::super::ordering::Random;
use super::stage::{LOADED, LOOK, PROFILES, STRAYS, install_line};
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
    let mut seen = [0, 0];
    let mut halves = 0;
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
        let set = machine.succeed(LOOK, COMMAND)?;
        let found = sets.iter().position(|known| *known == set);
        let Some(found) = found else {
            let listed = machine.succeed("ls -lA /etc/systemd/system", COMMAND)?;
            return Err(format!("neither set:\n{listed}\n{set}").into());
        };
        seen[found] += 1;
        let half = machine.succeed(&format!("{STRAYS}; true"), COMMAND)?;
        halves += usize::from(!half.is_empty());
        let refused = machine.succeed(LOADED, COMMAND)?;
        claim(refused.is_empty(), format!("systemd refuses: {refused}"))?;
        machine.succeed(&install_line(PROFILES[0]), COMMAND)?;
        claim(
            machine.succeed(LOOK, COMMAND)? == sets[0],
            "not the set that was installed",
        )?;
        let strays = machine.succeed(&format!("{STRAYS}; true"), COMMAND)?;
        claim(strays.is_empty(), format!("strays: {strays}"))?;
        println!(
            "power cut {round} of {}: {} one set, {} the other, {halves} in the middle",
            wanted(),
            seen[0],
            seen[1]
        );
    }
    machine.power_off()?;
    note(
        "power cut at a random moment",
        format!(
            "{} cuts of a virtual machine on systemd {}: {} times one set, {} times the other; {halves} times \
             in the middle of an install that the next one ended",
            wanted(),
            suite.systemd_version(),
            seen[0],
            seen[1]
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
