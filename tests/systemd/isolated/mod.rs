//! The group in a network of its own: nobody outside reaches it but through the proxy of whom it lets
//! out, and inside everything works as it does elsewhere.

mod life;
mod moving;
mod published;
mod real;

use std::collections::BTreeSet;
use std::time::Duration;

use juniper_lab::trial::{on_real_services, on_virtual_machine};
use juniper_lab::{Machine, Suite};
use libtest_mimic::{Failed, Trial};

use super::lab::{Breadth, Outcome, claim, exits, run, trial};

/// Everybody's port, the one that is let out first.
const PORTS: [u16; 4] = [8050, 8100, 8200, 8210];

/// The watchdog's page: inside, too.
const PAGE: u16 = 8060;

/// Everything that lives in the group's network and has a process.
const INSIDE: [&str; 6] = [
    "juniper-data.service",
    "juniper-cascor.service",
    "juniper-canopy.service",
    "juniper-cascor-worker@1.service",
    "juniper-watchdog.service",
    "juniper-canopy-proxy.service",
];

const HOST: &str = r#"
profile = "mock"

[services.data]
readiness = { interval = "1s", timeout = "2s" }
liveness = { interval = "1s", timeout = "2s" }

[services.cascor.environment]
JUNIPER_STANDIN_TRAINING = "15s"
"#;

/// How long anything may take to come back.
const BACK: Duration = Duration::from_secs(30);

/// The two releases that most have, and Ubuntu's.
const SUITES: [Suite; 4] = [Suite::Jammy, Suite::Bookworm, Suite::Noble, Suite::Trixie];

pub(crate) fn trials() -> Vec<Trial> {
    SUITES.into_iter().flat_map(trials_on).collect()
}

fn trials_on(suite: Suite) -> Vec<Trial> {
    let named = |name: &str| format!("systemd::{}::isolated::{name}", suite.systemd_version());
    let mut trials = vec![Breadth::Versions.trial(
        suite,
        &named("only_canopy_is_reached_and_all_works_inside"),
        move || life::whole(suite),
    )];
    if suite == Suite::Trixie {
        trials.push(trial(
            &named("a_running_group_moves_as_a_whole_and_a_taken_port_is_named"),
            move || moving::moves(suite),
        ));
    }
    if suite == Suite::Bookworm {
        trials.push(on_virtual_machine(
            &named("who_is_published_is_reached_through_the_filters"),
            published::published,
        ));
    }
    trials
}

/// The trial with the real services.
pub(crate) fn real_trials() -> [Trial; 1] {
    [on_real_services(
        "real::isolated::the_group_trains_in_a_network_of_its_own",
        real::train,
    )]
}

fn configured(machine: &Machine, network: &str) -> Outcome {
    let text = format!("network = \"{network}\"\n{HOST}");
    machine.write("/etc/juniper/juniper.toml", text, 0o644)?;
    Ok(())
}

/// From outside canopy answers at its usual address, and nobody else listens or answers.
fn only_canopy_answers(machine: &Machine) -> Outcome {
    for port in PORTS {
        let line = format!(
            "curl -s -o /dev/null -m 5 -w '%{{http_code}}' http://127.0.0.1:{port}/v1/health/ready"
        );
        let output = run(machine, &line)?;
        let (code, answer) = if port == PORTS[0] {
            (0, "200")
        } else {
            (7, "000")
        };
        claim(
            output.code() == Some(code) && output.stdout == answer,
            format!("port {port}: {output:?}"),
        )?;
    }
    let listening = exits(machine, "ss -Hltn | awk '{ print $4 }'", 0)?.stdout;
    let ours: Vec<&str> = listening
        .lines()
        .filter(|address| {
            PORTS
                .iter()
                .chain(&[PAGE])
                .any(|port| address.ends_with(&format!(":{port}")))
        })
        .collect();
    claim(
        ours == ["127.0.0.1:8050"],
        format!("outside there listens: {listening}"),
    )
}

/// Runs a line in the network of a unit, with nothing else of its sandbox.
fn inside(machine: &Machine, unit: &str, line: &str, code: i32) -> Result<String, Failed> {
    let script = format!(
        "nsenter -n -t $(systemctl show -p MainPID --value {unit}) sh -c '{}'",
        line.replace('\'', r"'\''")
    );
    let output = exits(machine, &script, code)?;
    Ok(output.stdout + &output.stderr)
}

/// All processes of the group share one network, which is not the machine's.
fn one_network(machine: &Machine) -> Outcome {
    let mut networks = BTreeSet::new();
    for unit in INSIDE {
        let line = format!("readlink /proc/$(systemctl show -p MainPID --value {unit})/ns/net");
        networks.insert(exits(machine, &line, 0)?.stdout);
    }
    let outside = exits(machine, "readlink /proc/1/ns/net", 0)?.stdout;
    claim(
        networks.len() == 1 && !networks.contains(&outside),
        format!("{networks:?}; outside: {outside}"),
    )
}
