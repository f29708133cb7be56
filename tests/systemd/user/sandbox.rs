//! What a service of a user's manager cannot do, tried from its inside: each directive that its unit has
//! denies something by itself, and what its unit says it does without is open for that reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use juniper_lab::Suite;
use juniperctl::hardening::attempts::{ATTEMPTS, Attempt};
use juniperctl::hardening::table::SANDBOX;
use libtest_mimic::Failed;
use serde_json::Value;

use super::super::lab::{Outcome, claim, exits, has};
use super::stage::{HOME, Stage};

/// The attempts' program, as `make build` leaves it.
const PROGRAM: &str = "target/x86_64-unknown-linux-gnu/release/escape";
const INSTALLED: &str = "/usr/local/bin/escape";

/// Things to find, and another service of the same user.
const SCENERY: &str = r"set -e
install -d -m 777 /srv/open
for file in /root/letter /tmp/letter /srv/private; do echo here >$file; done
chmod 755 /root
chown nobody /srv/private
chmod 600 /srv/private
cp /usr/bin/id /usr/local/bin/escape-set-uid
chmod 4755 /usr/local/bin/escape-set-uid
ipcmk -M 16 -p 0666 >/dev/null
cp -a /dev/null /dev/nvidia0
";

const VICTIM: &str = r"set -e
mkdir -p ~/.config/juniper/secrets ~/.config/systemd/user /tmp/told
echo here >~/letter
echo here >~/.config/juniper/secrets/key
cat >~/.config/systemd/user/other.service <<'END'
[Service]
LoadCredential=key:%h/letter
StateDirectory=juniper/other
LogsDirectory=juniper/other
CacheDirectory=juniper/other
RuntimeDirectory=juniper/other
ExecStart=/bin/sleep infinity
END
systemctl --user daemon-reload
systemctl --user start other.service
for base in ~/.config/juniper ~/.local/state/juniper ~/.config/log/juniper ~/.local/state/log/juniper \
    ~/.cache/juniper $XDG_RUNTIME_DIR/juniper; do
    if test -d $base/other; then echo here >$base/other/file; fi
done
";

/// What no unit of a user's can be kept from: `ProtectProc=` and `ProcSubset=` do nothing there, `PrivateIPC=`
/// would keep the watcher from starting, and all services are one user.
const OPEN: [&str; 4] = [
    "reach-shared-memory",
    "see-others-process",
    "read-kernel-settings",
    "signal-same-users-process",
];

/// Directives that deny nothing of their own: one says how a call is denied. What denies real-time needs
/// somebody who may have it, and the devices of the lab are those that every service may open.
const OTHERS: [&str; 3] = [
    "SystemCallErrorNumber",
    "RestrictRealtime",
    "PrivateDevices",
];

pub(super) fn escape(suite: Suite) -> Outcome {
    let stage = set(suite)?;
    stage.exits("juniperctl --user install --profile full --yes", 0)?;
    let attempts: Vec<&Attempt> = ATTEMPTS.iter().filter(|one| !one.takes_kernel).collect();
    let names: Vec<&str> = attempts.iter().map(|attempt| attempt.name).collect();
    let bare = "[Service]\nStateDirectory=juniper/e\nLogsDirectory=juniper/e\nCacheDirectory=juniper/e\n\
                RuntimeDirectory=juniper/e\n";
    let open = open_in(&stage, "bare", bare, &names)?;
    let (canopy, cascor) = (
        unit(&stage, "juniper-canopy")?,
        unit(&stage, "juniper-cascor")?,
    );
    for (name, text) in [("canopy", &canopy), ("cascor", &cascor)] {
        let mut left = open_in(&stage, name, text, &names)?;
        left.retain(|attempt| !OPEN.contains(&attempt.as_str()));
        if name == "cascor" {
            left.retain(|attempt| attempt != "run-written-memory");
        }
        claim(left.is_empty(), format!("{name}: {left:?} succeeded"))?;
    }
    // Each directive alone, with the one that every other needs.
    let with_users = open_in(
        &stage,
        "users",
        &format!("{bare}PrivateUsers=yes\n"),
        &names,
    )?;
    claim(
        with_users.len() < open.len(),
        "PrivateUsers= denies nothing",
    )?;
    for (number, (name, value)) in sandbox_of(&canopy).into_iter().enumerate() {
        if OTHERS.contains(&name.as_str()) || name == "PrivateUsers" {
            continue;
        }
        let (needed, before) = if takes_namespaces(&name) {
            ("PrivateUsers=yes\n", &with_users)
        } else {
            ("", &open)
        };
        let text = format!("{bare}{needed}{name}={value}\n");
        let left = open_in(&stage, &format!("only{number}"), &text, &names)?;
        claim(
            before.iter().any(|attempt| !left.contains(attempt)),
            format!("{name}={value} denies nothing by itself"),
        )?;
    }
    devices_are_hidden(&stage, &canopy)
}

/// The way to the manager, and nodes of devices, are not among the attempts.
fn devices_are_hidden(stage: &Stage, text: &str) -> Outcome {
    let line =
        "ls -d /dev/nvidia0 $XDG_RUNTIME_DIR/systemd/private $XDG_RUNTIME_DIR/bus $HOME/letter";
    let text = format!(
        "{text}\n[Service]\nType=oneshot\nExecStart=\nExecStart=-/bin/sh -c '{line}'\nExecStartPost=\nExecStopPost=\n\
         Restart=no\nStandardOutput=file:/tmp/told/seen\nStandardError=null\n"
    );
    write(stage, "seen", &text)?;
    stage.exits(
        "systemctl --user daemon-reload && systemctl --user start escape-seen",
        0,
    )?;
    let seen = stage.exits("cat /tmp/told/seen", 0)?;
    claim(seen.trim().is_empty(), format!("it sees {seen}"))
}

/// Where no ordinary user may make namespaces, units do without, say so, and the group runs.
pub(super) fn without_namespaces() -> Outcome {
    let stage = Stage::without_manager(Suite::Trixie)?;
    // As AppArmor on Ubuntu 24.04, but for how it is done. Setting the kernel's limit would reach this computer.
    let refusing = "printf '[Service]\\nRestrictNamespaces=yes\\n' \
                    >/etc/systemd/system/user@.service.d/none.conf; systemctl daemon-reload";
    exits(&stage.machine, refusing, 0)?;
    stage.linger()?;
    let said = stage.exits("juniperctl --user install --profile mock --now --yes", 0)?;
    has(&said, &["installed: profile mock"])?;
    stage.exits("juniperctl --user health", 0)?;
    let unit = unit(&stage, "juniper-data")?;
    does_without_namespaces(&unit)?;
    has(
        &stage.exits("juniperctl --user doctor", 0)?,
        &["no service of your own manager starts with them"],
    )?;
    stage.exits("juniperctl --user diff", 0).map(drop)
}

fn set(suite: Suite) -> Result<Stage, Failed> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(PROGRAM);
    claim(
        program.exists(),
        format!("no {}: run `make build`", program.display()),
    )?;
    let stage = Stage::set(suite)?;
    stage.machine.write(INSTALLED, fs::read(program)?, 0o755)?;
    exits(&stage.machine, SCENERY, 0)?;
    stage.exits(VICTIM, 0)?;
    Ok(stage)
}

fn unit(stage: &Stage, name: &str) -> Result<String, Failed> {
    stage.exits(
        &format!("cat {HOME}/.config/systemd/user/{name}.service"),
        0,
    )
}

fn write(stage: &Stage, name: &str, text: &str) -> Outcome {
    let path = format!("{HOME}/.config/systemd/user/escape-{name}.service");
    stage.machine.write(path, text, 0o644)?;
    Ok(())
}

/// The attempts that succeed in a unit.
fn open_in(
    stage: &Stage,
    name: &str,
    text: &str,
    attempts: &[&str],
) -> Result<BTreeSet<String>, Failed> {
    let victim = stage.process("other.service")?;
    let told = format!("/tmp/told/{name}");
    let text = format!(
        "{text}\n[Service]\nType=oneshot\nExecStart=\nExecStart=:{INSTALLED} {victim} {}\nExecStartPost=\n\
         ExecStopPost=\nRestart=no\nStandardOutput=file:{told}\nTimeoutStartSec=60s\n",
        attempts.join(" ")
    );
    write(stage, name, &text)?;
    stage.exits(
        &format!("systemctl --user daemon-reload && systemctl --user start escape-{name}"),
        0,
    )?;
    let mut came: BTreeMap<String, bool> = BTreeMap::new();
    for line in stage.exits(&format!("cat {told}"), 0)?.lines() {
        let told: Value = serde_json::from_str(line)?;
        let attempt = told["attempt"]
            .as_str()
            .ok_or("an attempt without a name")?;
        came.insert(attempt.to_owned(), told["succeeded"] == true);
    }
    claim(
        came.len() == attempts.len(),
        format!("{name}: only {} were tried", came.len()),
    )?;
    Ok(came
        .into_iter()
        .filter(|(_, succeeded)| *succeeded)
        .map(|(attempt, _)| attempt)
        .collect())
}

fn sandbox_of(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| SANDBOX.iter().any(|row| row.name == *name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Those that take a namespace.
fn takes_namespaces(name: &str) -> bool {
    name.starts_with("Private")
        || name.starts_with("Protect")
        || ["TemporaryFileSystem", "InaccessiblePaths"].contains(&name)
}

/// A unit that makes no namespaces says why, and keeps what holds without.
pub(super) fn does_without_namespaces(unit: &str) -> Outcome {
    claim(!unit.contains("\nPrivateUsers=yes"), unit)?;
    has(
        unit,
        &[
            "lets no ordinary user make namespaces",
            "\nNoNewPrivileges=yes\n",
        ],
    )
}
