//! Boots every suite and looks whether the lab keeps its promises: a systemd of the right version,
//! units that run, machines that do not see each other, state that outlives a reboot, no leftovers.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use juniper_lab::{BootOptions, Command, Error, Kind, Machine, Root, Suite, trial};
use libtest_mimic::{Arguments, Failed, run};

/// Says hello in the journal, stays, and leaves a trace when it is stopped.
const UNIT: &str = "\
[Service]
ExecStart=sh -c 'echo hello from %H; touch /var/lib/hello-started; exec sleep infinity'
ExecStopPost=touch /var/lib/hello-stopped

[Install]
WantedBy=multi-user.target
";

const UNIT_PATH: &str = "/etc/systemd/system/hello.service";

type Outcome = Result<(), Failed>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = vec![
        trial::on_machine(
            "every_suite_of_debian_boots_side_by_side_and_runs_a_unit",
            side_by_side,
        ),
        trial::on_suite(Suite::Jammy, "jammy_boots_and_runs_a_unit", || {
            boots(Suite::Jammy)
        }),
        trial::on_suite(Suite::Noble, "noble_boots_and_runs_a_unit", || {
            boots(Suite::Noble)
        }),
        trial::on_machine("two_machines_of_one_root_do_not_see_each_other", apart),
        trial::on_machine("a_reboot_stops_units_and_keeps_files", reboot),
        trial::on_machine("a_power_cut_stops_nothing_and_keeps_files", power_cut),
        trial::on_machine("a_volatile_machine_refuses_to_reboot", volatile),
        trial::on_machine("a_failure_shows_command_streams_and_journal", failure),
        trial::on_machine("a_command_that_overruns_is_killed", overrun),
        trial::on_machine("files_are_those_of_the_machine_not_of_the_host", files),
        trial::on_machine("a_dropped_machine_leaves_nothing_behind", leftovers),
        trial::on_machine("a_broken_bind_is_told_with_the_console", broken),
    ];
    run(&arguments, trials).exit_code()
}

fn boot(suite: Suite, options: BootOptions) -> Result<Machine, Error> {
    Machine::boot(&Root::prepare(suite)?, options)
}

fn bookworm() -> Result<Machine, Error> {
    boot(Suite::Bookworm, BootOptions::default())
}

fn start_unit(machine: &Machine) -> Result<(), Error> {
    machine.write(UNIT_PATH, UNIT, 0o644)?;
    machine.succeed(&["systemctl", "daemon-reload"])?;
    machine.succeed(&["systemctl", "enable", "--now", "hello.service"])?;
    let active = || machine.exists("/var/lib/hello-started").unwrap_or(false);
    machine.wait_until("hello.service to run", Duration::from_secs(10), active)?;
    Ok(())
}

/// Fails with the text unless the claim holds.
fn claim(holds: bool, otherwise: impl std::fmt::Display) -> Outcome {
    if holds {
        Ok(())
    } else {
        Err(otherwise.to_string().into())
    }
}

fn boots(suite: Suite) -> Outcome {
    let machine = boot(suite, BootOptions::default())?;
    let version = machine.systemd_version()?;
    claim(
        version == suite.systemd_version(),
        format!("{suite} has systemd {version}"),
    )?;
    // The very first question after the boot: is it really over, and did every unit start?
    let state = machine.run(&["systemctl", "is-system-running"])?.stdout;
    claim(state == "running\n", format!("{suite} is {state}"))?;
    start_unit(&machine)?;
    let journal = machine.journal("hello.service")?;
    claim(
        journal.contains(&format!("hello from {}", machine.name())),
        journal,
    )?;
    let time = machine.boot_time();
    writeln!(
        io::stderr().lock(),
        "{suite}: systemd {version}, booted in {time:?}"
    )?;
    Ok(())
}

fn side_by_side() -> Outcome {
    thread::scope(|scope| {
        let started = Suite::DEBIAN.map(|suite| scope.spawn(move || boots(suite)));
        for thread in started {
            thread.join().map_err(|_| "a suite's thread panicked")??;
        }
        Ok(())
    })
}

fn apart() -> Outcome {
    let (one, two) = (bookworm()?, bookworm()?);
    claim(one.name() != two.name(), "both have one name")?;
    start_unit(&one)?;
    let seen = two.run(&["systemctl", "is-active", "hello.service"])?;
    claim(
        !seen.success(),
        "a unit of one machine is active in the other",
    )?;
    // Processes of another machine would show up as 0.
    let group = "/sys/fs/cgroup/system.slice/dbus.service/cgroup.procs";
    for machine in [&one, &two] {
        let processes = machine.succeed(&["cat", group])?;
        claim(
            processes.lines().count() == 1,
            format!("dbus.service holds {processes:?}"),
        )?;
    }
    Ok(())
}

fn reboot() -> Outcome {
    let mut machine = boot(Suite::Trixie, BootOptions::default().persistent())?;
    start_unit(&machine)?;
    let before = boot_id(&machine)?;
    machine.write("/opt/kept", "still here", 0o600)?;
    machine.succeed(&["rm", "/var/lib/hello-started"])?;
    machine.reboot()?;
    claim(
        machine.read_text("/opt/kept")? == "still here",
        "a file was lost",
    )?;
    claim(
        machine.exists("/var/lib/hello-stopped")?,
        "the unit was not stopped",
    )?;
    claim(
        machine.exists("/var/lib/hello-started")?,
        "the enabled unit was not started",
    )?;
    claim(boot_id(&machine)? != before, "systemd was not started anew")?;
    machine.power_off()?;
    Ok(())
}

fn power_cut() -> Outcome {
    let mut machine = boot(Suite::Bookworm, BootOptions::default().persistent())?;
    start_unit(&machine)?;
    machine.power_cut()?;
    claim(
        !machine.exists("/var/lib/hello-stopped")?,
        "the unit was stopped",
    )?;
    claim(
        machine
            .succeed(&["systemctl", "is-active", "hello"])
            .is_ok(),
        "the unit is not up",
    )
}

fn boot_id(machine: &Machine) -> Result<String, Error> {
    machine.succeed(&[
        "systemctl",
        "show",
        "--property=UserspaceTimestampMonotonic",
    ])
}

fn volatile() -> Outcome {
    let refused = bookworm()?.reboot();
    claim(
        matches!(refused, Err(Error::Volatile(_))),
        "it was not refused",
    )
}

fn failure() -> Outcome {
    let machine = bookworm()?;
    machine.succeed_with(Command::new(&["systemd-cat"]).input("a line of the journal\n"))?;
    let script = "echo out; echo err >&2; exit 9";
    let story = match machine.succeed(&["sh", "-c", script]) {
        Ok(_) => return Err("it succeeded".into()),
        Err(error) => error.to_string(),
    };
    for part in [
        script,
        "exit status: 9",
        "\nout\n",
        "\nerr\n",
        "a line of the journal",
    ] {
        claim(
            story.contains(part),
            format!("{part:?} is missing in {story}"),
        )?;
    }
    let whoami = Command::new(&["id", "--user", "--name"])
        .user("nobody")
        .env("HOME", "/");
    claim(
        machine.succeed_with(whoami)? == "nobody\n",
        "it is not run as nobody",
    )?;
    claim(
        machine.succeed(&["pwd"])? == "/\n",
        "it does not start in the machine's /",
    )?;
    let environment = machine.succeed(&["env"])?;
    claim(
        !environment.contains("CARGO"),
        "the test's environment leaks into the machine",
    )
}

fn overrun() -> Outcome {
    let machine = bookworm()?;
    let command = Command::shell("echo begun; sleep 999").deadline(Duration::from_millis(300));
    match machine.run_with(command) {
        Err(Error::Overrun { stdout, .. }) => claim(stdout == "begun\n", stdout)?,
        other => return Err(format!("{other:?}").into()),
    }
    let alive = || {
        machine
            .run(&["pgrep", "-x", "sleep"])
            .is_ok_and(|found| !found.success())
    };
    machine.wait_until(
        "the killed command to be gone",
        Duration::from_secs(5),
        alive,
    )?;
    Ok(())
}

fn files() -> Outcome {
    let machine = bookworm()?;
    machine.write("/srv/a/secret", "1234", 0o600)?;
    machine.write("/srv/a/empty", "", 0o644)?;
    machine.succeed(&["ln", "-s", "/srv/a/secret", "/srv/link"])?;
    claim(
        machine.read_text("/srv/link")? == "1234",
        "the link was not followed inside",
    )?;
    claim(
        !machine.exists(env!("CARGO_MANIFEST_DIR"))?,
        "the host's files are visible",
    )?;
    let tree = machine.tree(&["/srv", "/nowhere"], &["/srv/a/empty"])?;
    let link = tree.get(Path::new("/srv/link")).ok_or("no link")?;
    claim(
        link.kind == Kind::Link("/srv/a/secret".into()),
        format!("{link:?}"),
    )?;
    let secret = tree.get(Path::new("/srv/a/secret")).ok_or("no file")?;
    claim(
        (secret.mode, secret.size) == (0o600, 4),
        format!("{secret:?}"),
    )?;
    claim(tree.len() == 4, format!("{tree:?}"))
}

fn leftovers() -> Outcome {
    let machine = boot(Suite::Bookworm, BootOptions::default().persistent())?;
    let (leader, name) = (machine.leader(), machine.name().to_owned());
    let mut sleeping = machine.spawn(Command::new(&["sleep", "999"]))?;
    claim(
        sleeping.is_running()?,
        "the command in the background is not running",
    )?;
    drop(machine);
    claim(!sleeping.is_running()?, "a command outlives its machine")?;
    claim(
        !Path::new(&format!("/proc/{leader}/root")).exists(),
        "the leader is alive",
    )?;
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    claim(!mounts.contains(&name), "a mount is left")
}

fn broken() -> Outcome {
    let options = BootOptions::default().bind_read_only("/no/such/thing", "/srv");
    match boot(Suite::Bookworm, options) {
        Err(error @ Error::Boot { .. }) => {
            claim(error.to_string().contains("/no/such/thing"), error)
        }
        other => Err(format!("{other:?}").into()),
    }
}
