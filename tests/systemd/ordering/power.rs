//! The power fails while the group is up, on a whole machine with a kernel and a disk of its own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use juniper_lab::Suite;
use juniper_lab::vm::{Disk, Image, Vm, chroot};
use libtest_mimic::Failed;
use serde_json::Value;

use super::super::lab::{self, Outcome, claim};
use super::super::watchdog::{DRIVER_UNIT, driver, lost_gpu, stepped, with_gpu};
use super::campaign::Random;
use super::table::note;

/// An emulated machine is ten times slower than a real one.
const BOOT: Duration = Duration::from_mins(3);
const COMMAND: Duration = Duration::from_mins(1);

/// Where the clock is stepped, too: no version can differ in that.
pub(super) const CLOCK: Suite = Suite::Bookworm;

/// Where a GPU is lost before the power fails: a reboot ends that.
pub(super) const GPU: Suite = Suite::Trixie;

/// How often the power fails; `make soak` asks for more.
fn cuts() -> usize {
    lab::count("POWER_CUTS", 1)
}

/// After each cut the same order, the same gates, all ready, canopy in service mode.
pub(super) fn cut(suite: Suite) -> Outcome {
    let disk = Image::prepare(suite)?.disk(|tree| install(tree, suite))?;
    let mut random = Random(20_261_125 + u64::from(suite.systemd_version()));
    let mut machine = up(&disk)?;
    if suite == GPU {
        lost_gpu(&machine)?;
    }
    let first = order(&machine)?;
    for _ in 0..cuts() {
        std::thread::sleep(Duration::from_millis(random.below(2_000)));
        machine.pull_the_plug();
        machine = up(&disk)?;
        let again = order(&machine)?;
        claim(
            again == first,
            format!("before the cut {first:?}, after it {again:?}"),
        )?;
    }
    // A machine with a clock of its own is dear: this one serves twice.
    if suite == CLOCK {
        stepped(&machine)?;
    }
    machine.power_off()?;
    note(
        suite,
        "power cut while the group is up",
        "group",
        format!("all ready again by itself, same order, {} cut(s)", cuts()),
    );
    Ok(())
}

/// Both packages and the mock group, enabled offline as an image builder would.
fn install(tree: &Path, suite: Suite) -> Result<(), juniper_lab::Error> {
    lab::packages(tree)?;
    if suite == GPU {
        fs::write(tree.join("etc/juniper/juniper.toml"), with_gpu()).unwrap();
        fs::write(tree.join("srv/driver"), driver()).unwrap();
        let units = tree.join("etc/systemd/system");
        fs::write(units.join("driver.service"), DRIVER_UNIT).unwrap();
        fs::create_dir_all(units.join("juniper-gpu.service.wants")).unwrap();
        symlink(
            "../driver.service",
            units.join("juniper-gpu.service.wants/driver.service"),
        )
        .unwrap();
    }
    let quietly = [
        "juniperctl",
        "--root",
        "/",
        "install",
        "--profile",
        "mock",
        "--yes",
    ];
    chroot(tree, &quietly).map(drop)
}

/// Boots and waits until everything has settled and the group says that it is ready.
fn up(disk: &Disk) -> Result<Vm, Failed> {
    let machine = Vm::boot(disk, BOOT)?;
    machine.wait_until_settled(BOOT)?;
    machine.succeed("systemctl is-active juniper.target", COMMAND)?;
    machine.succeed("juniperctl health", COMMAND)?;
    let ready = machine.succeed("curl -fsS http://127.0.0.1:8050/v1/health/ready", COMMAND)?;
    let ready: Value = serde_json::from_str(&ready)?;
    claim(ready["details"]["mode"] == "service", &ready)?;
    Ok(machine)
}

/// Who waited for whom in the start of this boot: each member with the one that it waited for.
fn order(machine: &Vm) -> Result<Vec<(String, String)>, Failed> {
    let told = machine.succeed("juniperctl graph --chain --json", COMMAND)?;
    let told: Value = serde_json::from_str(&told)?;
    let mut order = Vec::new();
    for step in ["chain", "others"]
        .iter()
        .filter_map(|part| told[*part].as_array())
        .flatten()
    {
        let text = |key: &str| step[key].as_str().unwrap_or_default().to_owned();
        order.push((text("name"), text("waited_for")));
    }
    order.sort();
    let expected = [
        ("canopy", "cascor"),
        ("cascor", "data"),
        ("data", ""),
        ("worker@1", "cascor"),
    ]
    .map(|(name, on)| (name.to_owned(), on.to_owned()));
    claim(order == expected, format!("the order was {told}"))?;
    Ok(order)
}
