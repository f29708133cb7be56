//! What a service is denied is named, the proposal grants it, and what must not be granted is not proposed.
//!
//! A container does not hold addresses back: there somebody who does not answer stands for that, and a
//! virtual machine, whose kernel drops what may not leave, shows that it is the same.

use std::time::Duration;

use juniper_lab::vm::{Image, Vm};
use juniper_lab::{BootOptions, Machine, Suite, trial as lab_trial};
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use super::lab::{self, Outcome, claim, exits, has, machine};

pub(crate) const CONFIGURATION: &str = "# The site's own.
profile = \"lab\"

[services.notebook]
command = [\"/usr/bin/python3\", \"/srv/notebook.py\"]

[profiles.lab]
services = [\"notebook\"]
";

/// Tries again and again what its sandbox denies, and says how each went when that changes.
pub(crate) const NOTEBOOK: &str = r#"
import os, socket, time
def far():
    with socket.socket() as one: one.connect(("192.0.2.1", 9000))
def listen():
    with socket.socket() as one: one.bind(("127.0.0.1", 80))
tries = {
    "write": lambda: open("/var/lib/foo/x", "w").close(),
    "make": lambda: os.makedirs("/srv/made", exist_ok=True),
    "affinity": lambda: os.sched_setaffinity(0, {0}),
    "far": far,
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close(),
    "home": lambda: os.listdir("/home/somebody"),
    "system": lambda: open("/usr/lib/x", "w").close(),
    "other": lambda: open("/var/lib/juniper/other/x").close(),
    "root": lambda: os.setuid(0),
    "low": listen,
}
silent = socket.socket()
silent.setblocking(False)
silent.connect_ex(("198.51.100.2", 9000))
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

/// A directory of before, another service's files, and a network in which nobody answers.
pub(crate) const SCENERY: &str = "set -e
ip link add silent type veth peer name nobody
ip address add 198.51.100.1/24 dev silent
ip link set silent up
ip link set nobody up
ip neighbour add 198.51.100.2 lladdr 02:00:00:00:00:01 dev silent
install -d -o juniper -g juniper /var/lib/foo /var/lib/juniper/other
install -d -m 755 /home/somebody
juniperctl install --yes --quiet
juniperctl start
";

/// A service that talks beyond the machine, to somebody who is there.
const CALLER: &str = r#"
import signal, socket
print("ANSWERED", socket.create_connection(("192.0.2.1", 9000)), flush=True)
while True: signal.pause()
"#;

/// Somebody to talk to.
const LISTENER: &str = "set -e
ip address add 192.0.2.1/24 dev lo
systemd-run --quiet --unit=listener /usr/bin/python3 -c 'import socket, signal
one = socket.create_server((\"192.0.2.1\", 9000)); signal.pause()'
juniperctl install --yes --quiet
juniperctl start
";

/// An emulated machine is ten times slower than a real one.
const EMULATED: Duration = Duration::from_mins(3);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        lab::trial(
            "systemd::257::what_is_denied_is_learnt_and_the_proposal_grants_it",
            || learn(Suite::Trixie),
        ),
        lab_trial::on_virtual_suite(
            Suite::Trixie,
            "systemd::257::what_a_filter_drops_is_learnt",
            || dropped(Suite::Trixie),
        ),
    ]
}

/// The kernel tells nobody that it drops a TCP packet: connect(2) just waits.
fn dropped(suite: Suite) -> Outcome {
    let disk = Image::prepare(suite)?.disk(|tree| {
        lab::packages(tree)?;
        std::fs::write(tree.join("srv/notebook.py"), CALLER).unwrap();
        std::fs::write(tree.join("etc/juniper/juniper.toml"), CONFIGURATION).unwrap();
        Ok(())
    })?;
    let machine = Vm::boot(&disk, EMULATED)?;
    machine.wait_until_settled(EMULATED)?;
    machine.succeed(LISTENER, EMULATED)?;
    let learn = "juniperctl --json learn notebook --for 10s 2>/dev/null || test $? = 1";
    let told: Value = serde_json::from_str(&machine.succeed(learn, EMULATED)?)?;
    judged(
        &told,
        &[(
            "destination",
            "192.0.2.1:9000",
            "proposal",
            "IPAddressDeny=any",
        )],
    )
}

fn learn(suite: Suite) -> Outcome {
    let machine = machine(suite, BootOptions::default())?;
    let shell = |line: &str| -> Result<String, Failed> { Ok(exits(&machine, line, 0)?.stdout) };
    machine.write("/etc/juniper/juniper.toml", CONFIGURATION, 0o644)?;
    machine.write("/srv/notebook.py", NOTEBOOK, 0o644)?;
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
    are_judged(&told)?;
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
            "relax.SystemCallFilter = ",
            "exposure_budget = ",
        ],
    )?;
    // As somebody does who agrees with all of it; the two commands, but for patch(1).
    shell(&format!(
        "cat >/etc/juniper/juniper.toml <<'END'\n{text}END\n"
    ))?;
    // What is bound must be there.
    shell("mkdir /srv/made")?;
    shell("juniperctl check && juniperctl install --now --yes")?;
    let granted = ["write", "make", "affinity", "netlink", "home"];
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

/// Each denial has its verdict, and the directive that denies it is named.
pub(crate) fn are_judged(told: &Value) -> Outcome {
    judged(
        told,
        &[
            ("write", "/var/lib/foo", "proposal", "ProtectSystem=strict"),
            ("write", "/srv/made", "proposal", "ProtectSystem=strict"),
            (
                "system_call",
                "sched_setaffinity",
                "proposal",
                "SystemCallFilter=~@resources",
            ),
            ("no_route", "no route", "no_key", ""),
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
            (
                "destination",
                "198.51.100.2:9000",
                "proposal",
                "IPAddressDeny=any",
            ),
        ],
    )
}

fn judged(told: &Value, all: &[(&str, &str, &str, &str)]) -> Outcome {
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
    for (kind, part, expected, directive) in all {
        let came = verdict(kind, part);
        let holds = came
            .as_ref()
            .is_some_and(|(verdict, by)| verdict == *expected && by.contains(directive));
        claim(holds, format!("{kind} {part}: {came:?}\n{told:#}"))?;
    }
    Ok(())
}

/// However it ends, the kernel forgets its program, and the service goes on.
fn ends_with_its_process(machine: &Machine, run: &str, before: &str) -> Outcome {
    let count = "grep -c 'bpf_prog_.*_denials' /proc/kallsyms || true";
    let shell = |line: &str| -> Result<String, Failed> { Ok(exits(machine, line, 0)?.stdout) };
    // The kernel takes its time to forget the one of before.
    shell(&until(&format!("test \"$({count})\" = 0")))?;
    // As a service of the container it would not have the rights that commands of the lab have.
    shell(
        "setsid juniperctl learn notebook --for 1h >/dev/null 2>&1 </dev/null & echo $! >/run/learning",
    )?;
    shell(&until(&format!("test \"$({count})\" = 1")))?;
    shell("kill -KILL $(cat /run/learning)")?;
    shell(&until(&format!("test \"$({count})\" = 0")))?;
    let after = shell(run)?;
    claim(
        after == before,
        "the service suffered from the end of the trace",
    )
}

/// Looks until something holds; an error where it never does.
pub(crate) fn until(condition: &str) -> String {
    format!("for _ in $(seq 300); do if {condition}; then exit 0; fi; sleep 0.2; done; exit 1")
}
