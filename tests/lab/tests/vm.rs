//! Boots whole virtual machines and looks whether the lab keeps its promises about them: commands
//! come back as they are, what was synced outlives a power cut and what was not is lost, a disk has
//! one machine at a time, no leftovers.

use std::fmt::Display;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use juniper_lab::vm::{Disk, Image, Settled, Vm, chroot};
use juniper_lab::{Error, Suite, trial};
use libtest_mimic::{Arguments, Failed, run};

/// Leaves a trace of its start, stays, and leaves another one when it is stopped.
const UNIT: &str = "\
[Service]
ExecStart=sh -c 'echo started >/var/lib/hello; exec sleep infinity'
ExecStopPost=touch /var/lib/hello-stopped

[Install]
WantedBy=multi-user.target
";

/// A busy computer without hardware support may take its time.
const BOOT: Duration = Duration::from_mins(3);

/// A question that is answered at once.
const SHORT: Duration = Duration::from_secs(30);

type Outcome = Result<(), Failed>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = vec![
        trial::on_virtual_machine("a_power_cut_loses_what_was_not_synced", power_cut),
        trial::on_virtual_machine("a_machine_answers_and_powers_off", commands),
        trial::on_virtual_machine("a_disk_that_cannot_be_made_is_told", refused),
    ];
    run(&arguments, trials).exit_code()
}

/// Fails with the text unless the claim holds.
fn claim(holds: bool, otherwise: impl Display) -> Outcome {
    if holds {
        Ok(())
    } else {
        Err(otherwise.to_string().into())
    }
}

/// Fails unless both are the same.
fn claim_equal(found: &str, expected: &str) -> Outcome {
    claim(
        found == expected,
        format!("{found:?} instead of {expected:?}"),
    )
}

fn bookworm() -> Result<Image, Error> {
    Image::prepare(Suite::Bookworm)
}

/// Boots and waits for systemd; tells the person who watches how long that took.
fn settled(disk: &Disk) -> Result<Vm, Failed> {
    let begun = Instant::now();
    let machine = Vm::boot(disk, BOOT)?;
    let state = machine.wait_until_settled(BOOT)?;
    let (shell, all) = (machine.boot_time(), begun.elapsed());
    let suite = disk.image().suite();
    writeln!(
        io::stderr().lock(),
        "{suite}: shell after {shell:.1?}, {state:?} after {all:.1?}"
    )?;
    let failed = machine.succeed("systemctl --failed --no-legend", SHORT)?;
    claim(state == Settled::Running, failed)?;
    Ok(machine)
}

/// Puts the unit into the tree, enabled by the tree's own systemctl.
fn with_unit(tree: &Path) -> Result<(), Error> {
    let path = tree.join("etc/systemd/system/hello.service");
    fs::write(&path, UNIT).map_err(|source| Error::Host {
        doing: format!("write {}", path.display()),
        source,
    })?;
    chroot(tree, &["systemctl", "enable", "hello.service"]).map(drop)
}

fn power_cut() -> Outcome {
    let disk = bookworm()?.disk(with_unit)?;
    let machine = settled(&disk)?;
    claim_equal(&machine.succeed("cat /var/lib/hello", SHORT)?, "started\n")?;
    let boot = machine.succeed("cat /proc/sys/kernel/random/boot_id", SHORT)?;
    machine.succeed("echo kept >/srv/synced && sync", SHORT)?;
    machine.succeed("echo lost >/srv/unsynced", SHORT)?;
    machine.pull_the_plug();

    let machine = Vm::boot(&disk, BOOT)?;
    claim_equal(&machine.succeed("cat /srv/synced", SHORT)?, "kept\n")?;
    let unsynced = machine.run("cat /srv/unsynced", SHORT)?;
    claim_equal(&unsynced.stdout, "")?;
    let stopped = machine.run("test -e /var/lib/hello-stopped", SHORT)?;
    claim(!stopped.success(), "the unit was stopped")?;
    let boots = machine.succeed("journalctl --no-pager --list-boots", SHORT)?;
    let first = boot.trim().replace('-', "");
    claim(
        boots.contains(&first),
        format!("the journal of {first} is lost:\n{boots}"),
    )
}

fn commands() -> Outcome {
    let disk = bookworm()?.disk(|_| Ok(()))?;
    // Commands do not have to wait until it has finished starting.
    let machine = Vm::boot(&disk, BOOT)?;
    claim_equal(
        &machine.succeed("cat /etc/hostname; pwd", SHORT)?,
        &format!("{}\n/\n", machine.name()),
    )?;

    let output = machine.run("printf 'a\\r\\n\\0b'; echo c >&2; exit 9", SHORT)?;
    claim_equal(&output.stdout, "a\r\n\0b")?;
    claim_equal(&output.stderr, "c\n")?;
    claim(output.code() == Some(9), output.status)?;
    let long = machine.succeed("head -c 1000000 /dev/zero", SHORT)?;
    claim(long.len() == 1_000_000, long.len())?;
    let text = "x".repeat(200_000);
    let size = machine.succeed(&format!("printf %s {text} | wc -c"), SHORT)?;
    claim_equal(&size, "200000\n")?;

    match machine.run("echo begun; sleep 999", Duration::from_secs(1)) {
        Err(Error::Overrun { stdout, .. }) => claim_equal(&stdout, "begun\n")?,
        other => return Err(format!("{other:?}").into()),
    }
    claim_equal(&machine.succeed("echo alive", SHORT)?, "alive\n")?;

    match Vm::boot(&disk, BOOT) {
        Err(error @ Error::Boot { .. }) => {
            claim(error.to_string().contains("lock"), error)?;
        }
        other => return Err(format!("{other:?}").into()),
    }

    machine.power_off()?;
    let path = disk.path();
    claim(path.exists(), "the disk went with the machine")?;
    drop(disk);
    claim(!path.exists(), "the disk is left behind")
}

fn refused() -> Outcome {
    let mut directory = None;
    let made = bookworm()?.disk(|tree| {
        directory = tree.parent().map(Path::to_owned);
        let dangling = symlink("/nowhere", tree.join("srv/link"));
        dangling.map_err(|source| Error::Host {
            doing: "make a link".to_owned(),
            source,
        })?;
        chroot(tree, &["cat", "/srv/link"]).map(drop)
    });
    match made {
        Err(error @ Error::Tool { .. }) => claim(error.to_string().contains("/srv/link"), error)?,
        other => return Err(format!("{other:?}").into()),
    }
    let directory = directory.ok_or("the closure was not called")?;
    claim(!directory.exists(), "the directory is left behind")
}
