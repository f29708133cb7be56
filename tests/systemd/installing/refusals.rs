//! What an install meets that it cannot get over: a clear message, the documented exit code, and everything as
//! it was.

use juniper_lab::{Command, Suite};
use libtest_mimic::Failed;

use super::super::lab::{Outcome, claim, exits, has, run};
use super::stage::{PROFILES, STRAYS, Stage, install_line};
use super::table::note;

/// A trouble, made and ended by shell lines.
struct Trouble {
    name: &'static str,
    made: &'static str,
    ended: &'static str,
    /// Parts of what is said.
    said: &'static [&'static str],
}

const TROUBLES: [Trouble; 10] = [
    Trouble {
        name: "/etc is read-only",
        made: "mount --bind /etc /etc && mount -o remount,bind,ro /etc",
        ended: "umount /etc",
        said: &[
            "error: cannot ",
            "/etc/systemd/.juniperctl",
            "hint: the file system is read-only",
        ],
    },
    Trouble {
        name: "systemd-analyze is missing",
        made: "mv /usr/bin/systemd-analyze /usr/bin/away",
        ended: "mv /usr/bin/away /usr/bin/systemd-analyze",
        said: &[
            "error: cannot verify the units with systemd-analyze",
            "nothing was changed",
            "hint: it belongs to systemd",
        ],
    },
    Trouble {
        name: "a directory where a unit should be",
        made: "mkdir /etc/systemd/system/juniper-cascor.service",
        ended: "rmdir /etc/systemd/system/juniper-cascor.service",
        said: &[
            "juniper-cascor.service is not a text file",
            "nothing was changed",
        ],
    },
    Trouble {
        name: "a link where a unit should be",
        made: "ln -s /etc/shadow /etc/systemd/system/juniper-cascor.service",
        ended: "rm /etc/systemd/system/juniper-cascor.service",
        said: &[
            "juniper-cascor.service is a symbolic link to /etc/shadow",
            "nothing was changed",
        ],
    },
    Trouble {
        name: "a link where the switch keeps its files",
        made: "mkdir /run/elsewhere; ln -s /run/elsewhere /etc/systemd/.juniperctl",
        ended: "rm /etc/systemd/.juniperctl; rmdir /run/elsewhere",
        said: &["error: cannot use /etc/systemd/.juniperctl"],
    },
    Trouble {
        name: "a link where staged units are kept",
        made: "mkdir /run/elsewhere; ln -s /run/elsewhere /etc/systemd/system/.juniperctl",
        ended: "rm /etc/systemd/system/.juniperctl; rmdir /run/elsewhere",
        said: &["error: cannot use /etc/systemd/system/.juniperctl"],
    },
    Trouble {
        name: "a damaged receipt",
        made: "cp /var/lib/juniperctl/receipt.json /run/; head -c 99 /run/receipt.json > /var/lib/juniperctl/receipt.json",
        ended: "cp /run/receipt.json /var/lib/juniperctl/receipt.json",
        said: &[
            "error: cannot use the receipt /var/lib/juniperctl/receipt.json: it is damaged",
            "hint: move it away",
        ],
    },
    Trouble {
        name: "a receipt from the future",
        made: "cp /var/lib/juniperctl/receipt.json /run/; sed -i 's/\"version\": 2/\"version\": 9/' /var/lib/juniperctl/receipt.json",
        ended: "cp /run/receipt.json /var/lib/juniperctl/receipt.json",
        said: &[
            "error: cannot use the receipt",
            "it has version 9, but this juniperctl knows versions up to 2",
        ],
    },
    Trouble {
        name: "a file where the records should be",
        made: "mv /var/lib/juniperctl /run/records; touch /var/lib/juniperctl",
        ended: "rm /var/lib/juniperctl; mv /run/records /var/lib/juniperctl",
        said: &["error: cannot "],
    },
    Trouble {
        name: "a drop-in that systemd does not take",
        made: "mkdir /etc/systemd/system/juniper-cascor.service.d; printf '[Service]\\nType=oneshot\\nRestart=always\\n' > /etc/systemd/system/juniper-cascor.service.d/a.conf",
        ended: "rm -r /etc/systemd/system/juniper-cascor.service.d",
        said: &["nothing was changed"],
    },
];

/// All troubles, one after the other, on one machine.
pub(super) fn all(suite: Suite) -> Outcome {
    let stage = Stage::set(suite)?;
    for trouble in &TROUBLES {
        refused(&stage, trouble)?;
    }
    full(&stage)?;
    bus_dies(&stage)?;
    two_at_once(&stage)?;
    warned_of_containers(&stage)?;
    stage.completes(PROFILES[1], "after all troubles")?;
    let names: Vec<&str> = TROUBLES.iter().map(|trouble| trouble.name).collect();
    note(
        "refused with exit code 4",
        format!("{}: the old set, nothing else", names.join(", ")),
    );
    Ok(())
}

fn refused(stage: &Stage, trouble: &Trouble) -> Outcome {
    let told = |error: Failed| {
        Failed::from(format!(
            "{}: {}",
            trouble.name,
            error.message().unwrap_or_default()
        ))
    };
    let machine = &stage.machine;
    exits(machine, trouble.made, 0).map_err(told)?;
    let before = units(stage)?;
    let output = run(machine, &install_line(PROFILES[1]))?;
    claim(
        output.code() == Some(4),
        format!(
            "{}: exit {:?}\n{}",
            trouble.name,
            output.code(),
            output.stderr
        ),
    )?;
    has(&output.stderr, trouble.said).map_err(told)?;
    claim(
        units(stage)? == before,
        format!("{}: something changed", trouble.name),
    )?;
    exits(machine, trouble.ended, 0).map_err(told)?;
    unchanged(stage, trouble.name)
}

/// Everything in the directory of units and about the installation, but for the attempts that failed.
fn units(stage: &Stage) -> Result<String, Failed> {
    let line = "find /etc/systemd /etc/juniper /var/lib/juniperctl ! -name '*.failed.json' ! -type d \
                -printf '%p %l %i %m %T@\\n' | sort";
    Ok(exits(&stage.machine, line, 0)?.stdout)
}

/// The old set is there, systemd takes it, and nothing else is left.
fn unchanged(stage: &Stage, when: &str) -> Outcome {
    claim(
        !stage.is_whole(PROFILES[0], PROFILES[1], when)?,
        format!("{when}: the new set"),
    )?;
    let strays = exits(&stage.machine, &format!("{STRAYS}; true"), 0)?;
    claim(
        strays.stdout.is_empty(),
        format!("{when}: strays: {}", strays.stdout),
    )
}

/// The disk becomes full at every page of what an install needs, where units lie and where records do.
fn full(stage: &Stage) -> Outcome {
    let machine = &stage.machine;
    let (mut refusals, mut installs) = (0, 0);
    for directory in ["/etc/systemd", "/var/lib/juniperctl"] {
        exits(
            machine,
            &format!(
                "cp -a {directory} /run/copy && mount -t tmpfs -o size=1m none {directory} && cp -a /run/copy/. {directory}/"
            ),
            0,
        )?;
        for free in [0, 2, 4, 8, 16, 24] {
            let when = format!("{free} pages free in {directory}");
            exits(
                machine,
                &format!(
                    "head -c 1m /dev/zero > {directory}/filler; truncate -s -$((4096 * {free})) {directory}/filler; true"
                ),
                0,
            )?;
            let before = units(stage)?;
            let output = run(machine, &install_line(PROFILES[1]))?;
            if output.success() {
                installs += 1;
                exits(machine, &format!("rm {directory}/filler"), 0)?;
                stage.completes(PROFILES[1], &when)?;
                stage.install(PROFILES[0])?;
                continue;
            }
            refusals += 1;
            claim(
                output.code() == Some(4),
                format!("{when}: {:?}", output.code()),
            )?;
            has(
                &output.stderr,
                &["hint: the file system is full; make room, nothing was changed"],
            )?;
            claim(
                units(stage)? == before,
                format!("{when}: something changed"),
            )?;
            unchanged(stage, &when)?;
        }
        exits(
            machine,
            &format!(
                "rm -f {directory}/filler; rm -rf /run/copy; cp -a {directory} /run/copy && umount {directory} && \
                 rm -rf {directory}/* && cp -a /run/copy/. {directory}/ && rm -rf /run/copy"
            ),
            0,
        )?;
    }
    claim(
        refusals > 4 && installs > 1,
        format!("{refusals} refusals, {installs} installs"),
    )?;
    note(
        "disk full",
        format!("{refusals} refusals with exit code 4, {installs} installs that had room enough"),
    );
    Ok(())
}

/// The bus is gone from one message on, whichever it is; and once for good, in the middle of the switch.
fn bus_dies(stage: &Stage) -> Outcome {
    let (mut refusals, mut installs) = (0, 0);
    for from in 1..30 {
        let when = format!("no bus from message {from} on");
        let options =
            format!("-o /dev/null -e trace=sendmsg -e inject=sendmsg:error=EPIPE:when={from}+");
        let output = stage.traced(&options, PROFILES[1])?;
        if output.success() {
            installs += 1;
            stage.completes(PROFILES[1], &when)?;
            stage.install(PROFILES[0])?;
            // From here on they only have nothing to say to the watchdog.
            if installs > 2 {
                break;
            }
            continue;
        }
        refusals += 1;
        claim(
            output.code() == Some(4),
            format!("{when}: {:?}\n{}", output.code(), output.stderr),
        )?;
        has(&output.stderr, &["error: "])?;
        unchanged(stage, &when)?;
    }
    claim(
        refusals > 3 && installs > 0,
        format!("{refusals} refusals, {installs} installs"),
    )?;
    let machine = &stage.machine;
    let install = stopped_at_the_switch(stage)?;
    exits(machine, "systemctl stop dbus.socket dbus.service", 0)?;
    let output = go_on(stage, install)?;
    exits(machine, "systemctl start dbus.socket dbus.service", 0)?;
    claim(
        output.code() == Some(4),
        format!("{:?}\n{}", output.code(), output.stderr),
    )?;
    has(
        &output.stderr,
        &[
            "; the old units are back",
            "hint: systemd has not been told: sudo systemctl daemon-reload",
        ],
    )?;
    unchanged(stage, "the bus died in the middle of the switch")?;
    note(
        "a bus that dies in the middle",
        format!(
            "{refusals} refusals, one for each message from which on there was no bus, and one with dbus-daemon \
             gone in the middle of the switch; {installs} installs that had said all by then"
        ),
    );
    Ok(())
}

/// A second install waits, says for whom, and both do what they were asked for.
fn two_at_once(stage: &Stage) -> Outcome {
    let machine = &stage.machine;
    let first = stopped_at_the_switch(stage)?;
    let second = machine.spawn(Command::shell(&install_line(PROFILES[0])))?;
    machine.wait_until(
        "the second to say whom it waits for",
        std::time::Duration::from_secs(20),
        || {
            let (_, said) = second.output();
            said.contains("waiting for process ")
                && said.contains("(juniperctl install --profile mock --yes) to finish")
        },
    )?;
    let output = go_on(stage, first)?;
    claim(output.success(), format!("the first: {}", output.stderr))?;
    let mut second = second;
    let output = second.wait(std::time::Duration::from_mins(1))?;
    claim(output.success(), format!("the second: {}", output.stderr))?;
    unchanged(stage, "two at once")
}

/// Where a container has a GPU people are told what a reload can do to it; where none has, nothing.
fn warned_of_containers(stage: &Stage) -> Outcome {
    let machine = &stage.machine;
    let look = format!("{} --dry-run", install_line(PROFILES[1]));
    let container = "3f".repeat(32);
    let begin = format!(
        "systemd-run --quiet --scope --unit=docker-{container}.scope sleep 600 >/dev/null 2>&1 & \
         until systemctl is-active --quiet docker-{container}.scope; do :; done"
    );
    exits(machine, &begin, 0)?;
    let silent = exits(machine, &look, 0)?;
    claim(!silent.stderr.contains("containers"), &silent.stderr)?;
    exits(machine, "touch /dev/nvidia0", 0)?;
    let told = exits(machine, &look, 0)?;
    has(
        &told.stderr,
        &["warning: containers with GPUs run here: 3f3f3f3f3f3f;"],
    )?;
    exits(
        machine,
        &format!("rm /dev/nvidia0; systemctl stop docker-{container}.scope"),
        0,
    )?;
    Ok(())
}

/// Starts an install that stops itself at its first rename.
fn stopped_at_the_switch(stage: &Stage) -> Result<juniper_lab::Background, Failed> {
    let line = format!(
        "LD_LIBRARY_PATH=/usr/local/strace exec /usr/local/strace/strace -E LD_LIBRARY_PATH -o /dev/null \
         -e trace=rename -e inject=rename:signal=STOP:when=3 {}",
        install_line(PROFILES[1])
    );
    let install = stage.machine.spawn(Command::shell(&line))?;
    stage
        .machine
        .wait_until("the install to stop", std::time::Duration::from_secs(20), || {
            run(&stage.machine, "grep -q '^State:.*[Tt]' /proc/$(pgrep -x juniperctl)/status")
                .is_ok_and(|stopped| stopped.success())
                && run(&stage.machine, "test -L /etc/systemd/system/juniper-act.socket || find /etc/systemd/system -maxdepth 1 -name 'juniper*' -type l | grep -q .")
                    .is_ok_and(|linked| linked.success())
        })?;
    Ok(install)
}

fn go_on(
    stage: &Stage,
    mut install: juniper_lab::Background,
) -> Result<juniper_lab::Output, Failed> {
    exits(&stage.machine, "pkill -CONT -o -x juniperctl", 0)?;
    Ok(install.wait(std::time::Duration::from_mins(1))?)
}
