//! What a service is denied is named, the proposal grants it, and what must not be granted is not proposed.
//!
//! On a machine with a kernel of its own: a container may neither trace nor does it hold addresses back.

use std::fs;
use std::path::Path;
use std::time::Duration;

use juniper_lab::vm::{Image, Vm, chroot};
use juniper_lab::{Suite, trial as lab_trial};
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use super::lab::{Outcome, claim, has, package};

/// An emulated machine is ten times slower than a real one.
const BOOT: Duration = Duration::from_mins(3);
const COMMAND: Duration = Duration::from_mins(3);

const CONFIGURATION: &str = "# The site's own.
profile = \"lab\"

[services.notebook]
command = [\"/usr/bin/python3\", \"/srv/notebook.py\"]

[profiles.lab]
services = [\"notebook\"]
";

/// Tries again and again what its sandbox denies, and says how each went when that changes.
const NOTEBOOK: &str = r#"
import os, socket, time
def connect():
    with socket.socket() as one: one.connect(("192.0.2.1", 9000))
def listen():
    with socket.socket() as one: one.bind(("127.0.0.1", 80))
tries = {
    "write": lambda: open("/var/lib/foo/x", "w").close(),
    "make": lambda: os.makedirs("/srv/made", exist_ok=True),
    "affinity": lambda: os.sched_setaffinity(0, {0}),
    "connect": connect,
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close(),
    "home": lambda: os.listdir("/home/somebody"),
    "system": lambda: open("/usr/lib/x", "w").close(),
    "other": lambda: open("/var/lib/juniper/other/x").close(),
    "root": lambda: os.setuid(0),
    "low": listen,
}
told = {}
while True:
    for name, what in tries.items():
        try: what(); how = "done"
        except OSError as error: how = str(error)
        if told.get(name) != how:
            told[name] = how
            print("TRIED", name, how, flush=True)
    time.sleep(0.5)
"#;

/// A directory of before, somebody to talk to, and another service's files.
const SCENERY: &str = "set -e
ip address add 192.0.2.1/24 dev lo
install -d -o juniper -g juniper /var/lib/foo /var/lib/juniper/other
install -d -m 755 /home/somebody
systemd-run --quiet --unit=listener /usr/bin/python3 -c 'import socket, time
one = socket.socket(); one.bind((\"192.0.2.1\", 9000)); one.listen(); time.sleep(9999)'
juniperctl start
";

pub(crate) fn trials() -> Vec<Trial> {
    vec![lab_trial::on_virtual_machine(
        "systemd::257::what_is_denied_is_learnt_and_the_proposal_grants_it",
        || learn(Suite::Trixie),
    )]
}

fn learn(suite: Suite) -> Outcome {
    let disk = Image::prepare(suite)?.disk(install)?;
    let machine = Vm::boot(&disk, BOOT)?;
    machine.wait_until_settled(BOOT)?;
    let shell = |line: &str| -> Result<String, Failed> { Ok(machine.succeed(line, COMMAND)?) };
    shell(SCENERY)?;
    let run = "systemctl show -p MainPID,NRestarts juniper-notebook.service";
    let before = shell(run)?;

    let told: Value = serde_json::from_str(&shell(
        "juniperctl --json learn notebook --for 6s 2>/run/said || test $? = 1; cat /run/said >&2",
    )?)?;
    claim(
        told["not_seen"].as_array().is_some_and(Vec::is_empty),
        format!("not seen: {told:#}"),
    )?;
    let verdict = |kind: &str, part: &str| -> Option<(String, String)> {
        let denials = told["denials"].as_array()?;
        let one = denials.iter().find(|one| {
            one["kind"] == kind && one["tried"].as_str().is_some_and(|it| it.contains(part))
        })?;
        let directives: Vec<&str> = one["directives"]
            .as_array()?
            .iter()
            .filter_map(Value::as_str)
            .collect();
        Some((one["verdict"].as_str()?.to_owned(), directives.join(" ")))
    };
    for (kind, part, expected, directive) in [
        ("write", "/var/lib/foo", "proposal", "ProtectSystem=strict"),
        ("write", "/srv/made", "proposal", "ProtectSystem=strict"),
        (
            "system_call",
            "sched_setaffinity",
            "proposal",
            "SystemCallFilter=~@resources",
        ),
        (
            "destination",
            "192.0.2.1:9000",
            "proposal",
            "IPAddressDeny=any",
        ),
        (
            "address_family",
            "AF_NETLINK",
            "proposal",
            "RestrictAddressFamilies=",
        ),
        ("read", "/home/somebody", "proposal", "ProtectHome=yes"),
        ("write", "/usr/lib", "right", "ProtectSystem=strict"),
        (
            "read",
            "/var/lib/juniper/other",
            "right",
            "TemporaryFileSystem=",
        ),
        ("privilege", "setuid", "right", "CapabilityBoundingSet="),
        ("listen", "127.0.0.1:80", "right", "CapabilityBoundingSet="),
    ] {
        let came = verdict(kind, part);
        let holds = came
            .as_ref()
            .is_some_and(|(verdict, by)| verdict == expected && by.contains(directive));
        claim(holds, format!("{kind} {part}: {came:?}\n{told:#}"))?;
    }
    // It only watched.
    claim(shell(run)? == before, "the service is not what it was")?;
    claim(
        shell("cat /etc/juniper/juniper.toml")? == CONFIGURATION,
        "the configuration was changed",
    )?;
    ends_with_its_process(&machine, run, &before)?;

    let proposal = &told["proposal"];
    claim(
        proposal["refused"].as_array().is_some_and(Vec::is_empty)
            && proposal["warnings"][0]
                .as_str()
                .is_some_and(|it| it.contains("budget")),
        format!("{proposal:#}"),
    )?;
    let text = proposal["text"].as_str().ok_or("no text is proposed")?;
    has(
        text,
        &[
            "# The site's own.",
            "bind_directories.\"/var/lib/foo\" = \"self.state/foo\"",
            "relax.IPAddressDeny = ",
            "exposure_budget = ",
        ],
    )?;
    // As somebody does who agrees with all of it; the two commands, but for patch(1).
    shell(&format!(
        "cat >/etc/juniper/juniper.toml <<'END'\n{text}END\n"
    ))?;
    shell("juniperctl check && juniperctl install --now --yes")?;
    let granted = ["write", "make", "affinity", "connect", "netlink", "home"];
    let expected = granted.map(|name| format!("TRIED {name} done"));
    let said = "journalctl -u juniper-notebook.service -o cat";
    for line in &expected {
        shell(&until(&format!("{said} | grep -qx '{line}'")))?;
    }
    let said = shell(said)?;
    for name in ["system", "other", "root", "low"] {
        claim(!said.contains(&format!("TRIED {name} done")), &said)?;
    }
    Ok(())
}

/// However it ends, the kernel forgets its program, and the service goes on.
fn ends_with_its_process(machine: &Vm, run: &str, before: &str) -> Outcome {
    let count = "grep -c 'bpf_prog_.*_denials' /proc/kallsyms || true";
    let shell = |line: &str| machine.succeed(line, COMMAND);
    shell("systemd-run --quiet --unit=learning juniperctl learn notebook --for 1h")?;
    shell(&until(&format!("test \"$({count})\" = 1")))?;
    shell("systemctl kill --signal=KILL learning.service")?;
    shell(&until(&format!("test \"$({count})\" = 0")))?;
    let after = shell(run)?;
    claim(
        after == before,
        "the service suffered from the end of the trace",
    )
}

/// Looks until something holds; an error where it never does.
fn until(condition: &str) -> String {
    format!("for _ in $(seq 300); do if {condition}; then exit 0; fi; sleep 0.2; done; exit 1")
}

/// The package, the configuration and the service, offline as an image builder would.
fn install(tree: &Path) -> Result<(), juniper_lab::Error> {
    let inside = |path: &str| tree.join(path.trim_start_matches('/'));
    let package_inside = "/var/tmp/juniperctl.deb";
    fs::copy(package("juniperctl"), inside(package_inside)).unwrap();
    chroot(tree, &["dpkg", "--install", package_inside])?;
    fs::write(inside("/etc/juniper/juniper.toml"), CONFIGURATION).unwrap();
    fs::write(inside("/srv/notebook.py"), NOTEBOOK).unwrap();
    chroot(tree, &["juniperctl", "--root", "/", "install", "--yes"])?;
    chroot(tree, &["systemctl", "disable", "juniper.target"]).map(drop)
}
