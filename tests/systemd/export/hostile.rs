//! Hostile strings as arguments and variables of one service, which every engine runs: it writes down what it got.
//!
//! What the files say is read back by `PyYAML` and docker-compose as well, where nothing runs them here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use juniper_lab::{Command, Machine};

use crate::hostile::{strings, toml};
use crate::lab::{Outcome, claim, exits};

use super::{containers, python};

const READ_BACK: &str = include_str!("read_back.py");
const CONFIGURATION: &str = "/run/hostile.toml";

/// Writes its arguments and its variables, each ended by a zero, into its directory.
const DUMP: &str =
    "#!/bin/sh\nprintf '%s\\0' \"$@\" >arguments\ncat \"/proc/$$/environ\" >variables\n";

/// What the configuration takes at all; what it refuses is told with its place, which another trial holds it to.
fn taken() -> Vec<String> {
    let odd = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
    let strings = strings().into_iter();
    strings
        .filter(|text| !text.chars().any(odd) && text.len() < 65_536)
        .collect()
}

/// As variables only those that leave room for all of them in one command line.
fn short(strings: &[String]) -> impl Iterator<Item = (usize, &String)> {
    strings
        .iter()
        .enumerate()
        .filter(|(_, text)| text.len() < 1_000)
}

pub(super) fn survive(machine: &Machine) -> Outcome {
    let strings = taken();
    claim(strings.len() > 150, strings.len())?;
    let words: Vec<String> = strings.iter().map(|text| toml(text)).collect();
    let mut text = format!(
        "profile = \"hostile\"\nprofiles.hostile.services = [\"hostile\"]\n[services.hostile]\n\
         command = [\"/usr/bin/dump\", {}]\n[services.hostile.environment]\n",
        words.join(", ")
    );
    for (index, value) in short(&strings) {
        writeln!(text, "H{index} = {}", toml(value))?;
    }
    machine.write(CONFIGURATION, text, 0o644)?;
    machine.write("/usr/bin/dump", DUMP, 0o755)?;
    let wanted = serde_json::json!({
        "arguments": strings,
        "variables": short(&strings).map(|(index, text)| (format!("H{index}"), text.clone())).collect::<BTreeMap<_, _>>(),
    });
    machine.write("/run/wanted.json", wanted.to_string(), 0o644)?;
    for engine in super::ENGINES {
        let export = format!(
            "juniperctl --config {CONFIGURATION} --quiet export {engine} --out /run/hostile/{engine} 2>&1"
        );
        exits(machine, &export, 0)?;
    }
    exits(
        machine,
        "cd /run/hostile/compose && docker-compose config --format json >/run/composed.json",
        0,
    )?;
    python(machine, READ_BACK, "files")?;
    processes(machine)?;
    containers(machine)
}

fn processes(machine: &Machine) -> Outcome {
    exits(
        machine,
        "cd /run/hostile/supervisord && sh make-directories.sh && \
         PYTHONPATH=/opt/engines python3 -m supervisor.supervisord -c supervisord.conf",
        0,
    )?;
    arrived(machine, "/var/lib/juniper/hostile")?;
    exits(
        machine,
        "cd /run/hostile/supervisord && PYTHONPATH=/opt/engines python3 -m supervisor.supervisorctl -c supervisord.conf shutdown",
        0,
    )?;
    let command = "cd /run/hostile/procfile && PYTHONPATH=/opt/engines python3 -m honcho start";
    let mut running = machine.spawn(Command::shell(command))?;
    arrived(machine, "/run/hostile/procfile/state/hostile")?;
    running.wait(Duration::from_secs(20))?;
    drop(running.stop());
    Ok(())
}

fn containers(machine: &Machine) -> Outcome {
    let build = format!(
        "mkdir /run/dump && cp /usr/bin/dump /run/dump/ && \
         printf 'FROM {}\\nCOPY dump /usr/bin/\\n' >/run/dump/Containerfile && \
         podman build --pull=never --layers=false -t localhost/juniper-hostile:local /run/dump",
        containers::name()
    );
    exits(machine, &build, 0)?;
    let volumes = "/run/containers/graph/volumes";
    exits(
        machine,
        "podman kube play --network juniper /run/hostile/kubernetes/10-hostile.yaml",
        0,
    )?;
    arrived(machine, &format!("{volumes}/hostile-state/_data"))?;
    exits(machine, "podman pod rm --force --time 0 --all", 0)?;
    exits(
        machine,
        "cp /run/hostile/quadlet/*.container /run/hostile/quadlet/*.network /etc/containers/systemd/ && \
         systemctl daemon-reload && systemctl start --no-block juniper-hostile",
        0,
    )?;
    arrived(machine, &format!("{volumes}/juniper-hostile-state/_data"))
}

/// Waits until a run has left both files, and compares them.
fn arrived(machine: &Machine, directory: &str) -> Outcome {
    let variables = format!("{directory}/variables");
    machine.wait_until("the service to have run", Duration::from_secs(20), || {
        machine
            .read_text(&variables)
            .is_ok_and(|text| text.contains("H0="))
    })?;
    python(machine, READ_BACK, directory)
}
