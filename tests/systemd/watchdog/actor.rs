//! The watchdog has no rights, and who acts for it hears it alone and does little: what a watchdog that
//! somebody has taken over could still do.

use std::time::Duration;

use juniper_lab::Suite;

use super::super::lab::{Outcome, claim, has};
use super::stage::{ALL, SLACK, Stage, WATCHDOG};

/// Says what it is told, in this many copies, and prints what is answered; nothing at all for `silence`.
const CLIENT: &str = r#"
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.settimeout(20)
client.connect("/run/juniper-act.sock")
try:
    if sys.argv[1] != "silence":
        client.sendall(sys.argv[1].encode() * int(sys.argv[2]) + b"\n")
except OSError:
    pass
print(client.recv(4096).decode(), end="")
"#;

/// What is refused, how often it is said in one line, and with which words.
const REFUSED: [(&str, u32, &str); 8] = [
    ("abort dbus.service", 1, "none of the group's services"),
    (
        "kill juniper-watchdog.service",
        1,
        "none of the group's services",
    ),
    (
        "restart juniper-cascor-worker@.service",
        1,
        "none of the group's services",
    ),
    ("stop juniper-data.service", 1, "no such order"),
    (
        "abort juniper-data.service\u{1b}[2J",
        1,
        "none of the group's services",
    ),
    ("notify 1", 1, "names nobody to tell"),
    (
        "abort juniper-data.service",
        40_000,
        "longer than 300 bytes",
    ),
    ("silence", 1, "nothing was asked for in time"),
];

pub(super) fn does_little(suite: Suite) -> Outcome {
    let stage = Stage::set(suite, "")?;
    stage.machine.write("/run/client.py", CLIENT, 0o644)?;
    is_nobody(&stage)?;
    takes_over_its_files(&stage)?;
    let before = stage.processes()?;
    let bus = stage.process("dbus.service")?;
    refuses(&stage)?;
    is_closed_to_others(&stage)?;
    claim(
        stage.processes()? == before && stage.process("dbus.service")? == bus,
        "somebody came to harm",
    )?;
    claim(
        stage.incidents()?.is_empty(),
        format!("{:?}", stage.incidents()?),
    )?;
    // And what it is there for it does.
    let told = stage.exits(
        &said_by("juniper-watchdog", "abort juniper-data.service", 1),
        0,
    )?;
    claim(told == "done\n", told)?;
    let took = stage.replaced(ALL[0].1, &before[0])?;
    claim(took <= Duration::from_secs(10) + SLACK, format!("{took:?}"))?;
    goes_with_the_group(&stage)
}

fn said_by(user: &str, order: &str, copies: u32) -> String {
    format!(
        "setpriv --reuid={user} --regid={user} --clear-groups \
         python3 /run/client.py \"$(printf '{order}')\" {copies}"
    )
}

/// A user of its own without a capability, whom systemd does not obey.
fn is_nobody(stage: &Stage) -> Outcome {
    let user = stage.exits("id -u juniper-watchdog", 0)?;
    let user = user.trim();
    let status = stage.exits(&format!("cat /proc/{}/status", stage.process(WATCHDOG)?), 0)?;
    let nothing = "0000000000000000";
    has(
        &status,
        &[
            &format!("Uid:\t{user}\t{user}\t{user}\t{user}\n"),
            &format!("CapPrm:\t{nothing}\n"),
            &format!("CapEff:\t{nothing}\n"),
            &format!("CapBnd:\t{nothing}\n"),
            "NoNewPrivs:\t1\n",
        ],
    )?;
    claim(user != "0", "it is root")?;
    let kill = "setpriv --reuid=juniper-watchdog --regid=juniper-watchdog --clear-groups \
                systemctl kill --signal=KILL juniper-data.service; test $? -ne 0";
    stage.exits(kill, 0).map(drop)
}

/// What an earlier one left that was root becomes its own; what people order as root reaches it.
fn takes_over_its_files(stage: &Stage) -> Outcome {
    let directory = "/var/lib/juniperctl/watchdog";
    stage.exits(&format!("systemctl stop {WATCHDOG}"), 0)?;
    stage.exits(
        &format!("chown -R root:root {directory} && touch {directory}/incidents.jsonl"),
        0,
    )?;
    stage.exits(&format!("systemctl start {WATCHDOG}"), 0)?;
    let owners = stage.exits(
        &format!("stat -c '%U %a' {directory} /var/lib/juniperctl; stat -c %U {directory}/*"),
        0,
    )?;
    let mut owners = owners.lines();
    claim(
        owners.next() == Some("juniper-watchdog 755") && owners.next() == Some("root 755"),
        "the directories are not as they should be",
    )?;
    claim(
        owners.clone().count() > 1 && owners.all(|owner| owner == "juniper-watchdog"),
        "some files are still root's",
    )?;
    for (order, paused) in [("pause", true), ("resume", false)] {
        stage.exits(&format!("juniperctl {order}"), 0)?;
        stage.waits_until(&format!("the watchdog to hear `{order}`"), || {
            stage
                .shown(WATCHDOG, "StatusText")
                .is_ok_and(|told| told.contains("watching 4") && told.ends_with("paused") == paused)
        })?;
    }
    Ok(())
}

fn refuses(stage: &Stage) -> Outcome {
    for (order, copies, words) in REFUSED {
        let told = stage.exits(&said_by("juniper-watchdog", order, copies), 0)?;
        claim(told.starts_with("refused: "), &told)?;
        has(&told, &[words])?;
        let journal = "journalctl -u 'juniper-act@*' -o cat --no-pager";
        stage.waits_until("the refusal to be in the journal", || {
            stage
                .exits(journal, 0)
                .is_ok_and(|told| told.contains(words) && !told.contains('\u{1b}'))
        })?;
    }
    Ok(())
}

fn is_closed_to_others(stage: &Stage) -> Outcome {
    for user in ["juniper", "nobody"] {
        let group = if user == "nobody" { "nogroup" } else { user };
        let line = format!(
            "setpriv --reuid={user} --regid={group} --clear-groups \
             python3 /run/client.py 'abort juniper-data.service' 1"
        );
        has(&stage.exits(&line, 1)?, &["PermissionError"])?;
    }
    Ok(())
}

/// Nothing of it is left once the group is stopped; and nothing at all after an uninstall.
fn goes_with_the_group(stage: &Stage) -> Outcome {
    let socket = "juniper-act.socket";
    claim(
        stage.shown(socket, "ActiveState")? == "active",
        "not active",
    )?;
    // As right after an install, which has it read its configuration again.
    stage.exits(
        "systemctl reload --no-block juniper-watchdog.service; juniperctl stop",
        0,
    )?;
    stage.waits_until("the watchdog to go, without having failed", || {
        stage
            .shown("juniper-watchdog.service", "ActiveState")
            .is_ok_and(|state| state == "inactive")
    })?;
    stage.waits_until("the socket to go", || {
        stage
            .shown(socket, "ActiveState")
            .is_ok_and(|state| state == "inactive")
    })?;
    stage.exits("test ! -e /run/juniper-act.sock", 0)?;
    stage.exits("juniperctl start", 0)?;
    stage.exits("juniperctl uninstall --yes", 0)?;
    stage.exits(
        "test ! -e /run/juniper-act.sock && ! ls /etc/systemd/system/juniper*",
        0,
    )?;
    Ok(())
}
