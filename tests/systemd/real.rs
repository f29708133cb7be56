//! The real services from the Python package index under the generated, sandboxed units.

mod clients;
mod commands;
mod workers;

use std::time::{Duration, Instant};

use juniper_lab::{BootOptions, Machine, Suite, real, trial};
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use super::lab::{Outcome, claim, exits, has, machine};

pub(crate) const CASCOR: &str = "http://127.0.0.1:8200/v1";

/// Each service's unit.
const UNITS: [&str; 5] = [
    "juniper-data.service",
    "juniper-cascor.service",
    "juniper-canopy.service",
    "juniper-cascor-worker@1.service",
    "juniper-cascor-worker@2.service",
];

pub(crate) fn trials() -> [Trial; 4] {
    [
        trial::on_real_services(
            "real::three_commands_bring_the_services_up",
            commands::bring_the_services_up,
        ),
        trial::on_real_services(
            "real::the_group_trains_and_comes_back_after_a_reboot",
            trains_and_comes_back,
        ),
        trial::on_real_services("real::the_demo_trains_by_itself", demo_trains),
        clients::same_answers_trial(),
    ]
}

/// Profile demo: nobody asks for it, and cascor trains on the seeded spiral of the dataset service.
fn demo_trains() -> Outcome {
    let environments = real::prepared()?.ok_or("the real services are not prepared")?;
    let machine = machine(Suite::Trixie, environments.shown(BootOptions::default()))?;
    exits(&machine, "juniperctl install --profile demo --now", 0)?;
    let training = || -> Result<Value, Failed> {
        let line = format!("curl -fsS {CASCOR}/training/status");
        Ok(serde_json::from_str(&exits(&machine, &line, 0)?.stdout)?)
    };
    machine.wait_until("the training to begin", Duration::from_mins(1), || {
        training().is_ok_and(|status| {
            let state = &status["data"]["state_machine"]["status"];
            state == "STARTED" || state == "COMPLETED"
        })
    })?;
    let status = training()?;
    claim(status["data"]["auto_start_failure"].is_null(), &status)?;
    has(
        &exits(&machine, "ls /var/lib/juniper/data/datasets", 0)?.stdout,
        &["spiral"],
    )?;
    serves_the_dashboard(&machine, "")?;
    exits(&machine, "juniperctl health", 0)?;
    // Each service's own Python imports what the unit has it run, as the unit's user.
    has(
        &exits(&machine, "juniperctl doctor", 0)?.stdout,
        &[
            ", imports juniper_data as juniper",
            ", imports src.server as juniper",
            ", imports main as juniper",
        ],
    )?;
    // Make-believe and demonstrations stay off machines where people rely on results.
    let refused = exits(
        &machine,
        "JUNIPER_ENV=production juniperctl install --profile demo",
        3,
    )?;
    has(
        &refused.stderr,
        &["profile `demo` is refused where JUNIPER_ENV=production"],
    )
}

fn trains_and_comes_back() -> Outcome {
    let environments = real::prepared()?.ok_or("the real services are not prepared")?;
    let options = environments.shown(BootOptions::default().persistent());
    let mut machine = machine(Suite::Trixie, options)?;
    machine.write("/etc/juniper/juniper.toml", workers::CONFIGURATION, 0o644)?;
    // Its environments were made by `juniperctl provision`, from the lock files of the package.
    let told = exits(&machine, "juniperctl provision --dry-run --torch cuda", 0)?;
    claim(
        told.stderr
            .matches("is in use, as the lock file says")
            .count()
            == 4,
        &told.stderr,
    )?;
    let told = exits(&machine, "juniperctl install", 0)?;
    claim(!told.stderr.contains("warning"), &told.stderr)?;
    exits(&machine, "systemctl start juniper.target", 0)?;
    let health = exits(&machine, "juniperctl health", 0)?;
    has(
        &health.stdout,
        &[
            "the group is ready",
            "data",
            "cascor",
            "canopy",
            "worker@1",
            "worker@2",
        ],
    )?;
    workers::are_there(&machine)?;
    for unit in UNITS {
        sandboxed(&machine, unit)?;
    }
    serves_the_dashboard(&machine, "")?;
    let run = workers::share_a_run(&machine)?;
    claim(
        run.took < Duration::from_mins(2),
        format!("the training took {:?}", run.took),
    )?;
    seen_by_canopy(&machine, &run.snapshot)?;
    quiet_journal(&machine)?;
    workers::survive_a_restart_of_one(&machine)?;

    machine.reboot()?;
    // The boot itself waits for the gates: once it has settled, the group answers.
    let health = exits(
        &machine,
        "systemctl is-active juniper.target && juniperctl health",
        0,
    )?;
    has(&health.stdout, &["the group is ready"])?;
    workers::are_there(&machine)?;
    let saved = exits(&machine, "ls /var/lib/juniper/cascor/snapshots", 0)?;
    claim(
        saved.stdout.contains(".h5"),
        "the snapshots did not survive the reboot",
    )
}

/// It runs as the ordinary user, and sees the root file system read-only.
fn sandboxed(machine: &Machine, unit: &str) -> Outcome {
    let script = format!(
        "pid=$(systemctl show -p MainPID --value {unit}); stat -c %U /proc/$pid; \
         awk '$5 == \"/\" {{ print substr($6, 1, 2) }}' /proc/$pid/mountinfo | tail -n 1; \
         grep -h NoNewPrivs /proc/$pid/status | tr -d '\\t'; \
         grep -h CapEff /proc/$pid/status | tr -d '\\t'"
    );
    let found = exits(machine, &script, 0)?.stdout;
    claim(
        found == "juniper\nro\nNoNewPrivs:1\nCapEff:0000000000000000\n",
        format!("{unit}: {found}"),
    )
}

/// `with` is what curl is given besides, such as a key.
pub(crate) fn serves_the_dashboard(machine: &Machine, with: &str) -> Outcome {
    for path in ["/dashboard/", "/api/v1/metrics/layouts"] {
        let script =
            format!("curl -s {with} -o /dev/null -w '%{{http_code}}' http://127.0.0.1:8050{path}");
        let code = exits(machine, &script, 0)?.stdout;
        claim(code == "200", format!("canopy answers {path} with {code}"))?;
    }
    let ready = exits(
        machine,
        "curl -fsS http://127.0.0.1:8050/v1/health/ready",
        0,
    )?;
    let ready: Value = serde_json::from_str(&ready.stdout)?;
    claim(ready["details"]["mode"] == "service", &ready)
}

/// The dashboard lists what cascor has saved.
fn seen_by_canopy(machine: &Machine, snapshot: &str) -> Outcome {
    let line = "curl -fsS http://127.0.0.1:8050/api/v1/snapshots";
    let listed: Value = serde_json::from_str(&exits(machine, line, 0)?.stdout)?;
    let of_cascor = listed["snapshots"].as_array().is_some_and(|snapshots| {
        snapshots
            .iter()
            .any(|it| it["path"] == snapshot && it["source"] == "cascor")
    });
    claim(of_cascor, format!("{snapshot} is not among {listed}"))
}

/// A run that came to its end.
#[derive(Debug)]
pub(crate) struct Run {
    took: Duration,
    /// The path of what was saved after it.
    snapshot: String,
}

/// A short run with the worker's help. `with` is what curl is given besides, such as a key.
pub(crate) fn trains(machine: &Machine, with: &str) -> Result<Run, Failed> {
    completes(machine, with, 2, 20)
}

/// A run started through cascor's API, on a dataset of the dataset service, with so many candidates that
/// are trained for so long.
fn completes(machine: &Machine, with: &str, candidates: u32, epochs: u32) -> Result<Run, Failed> {
    let size = format!(
        r#""max_hidden_units":1,"candidate_pool_size":{candidates},"candidate_epochs":{epochs},"output_epochs":20,"correlation_threshold":0.0001"#
    );
    post(
        machine,
        with,
        "network",
        &format!(r#"{{"input_size":2,"output_size":2,{size}}}"#),
    )?;
    post(
        machine,
        with,
        "training/dataset",
        r#"{"dataset_type":"spirals","n_spirals":2,"n_samples":100,"noise":0.05,"params":{"seed":42}}"#,
    )?;
    let begun = Instant::now();
    post(
        machine,
        with,
        "training/start",
        &format!(
            r#"{{"start_fresh":true,"params":{{"max_iterations":1,"max_epochs":20,{size}}}}}"#
        ),
    )?;
    machine.wait_until("the training to complete", Duration::from_mins(2), || {
        training(machine, with).is_ok_and(|state| state == "COMPLETED")
    })?;
    let took = begun.elapsed();
    let saved = post(
        machine,
        with,
        "snapshots",
        r#"{"description":"after the run"}"#,
    )?;
    let path = saved["data"]["path"]
        .as_str()
        .ok_or("no path of the snapshot")?
        .to_owned();
    claim(
        path.starts_with("/var/lib/juniper/cascor/snapshots/"),
        &path,
    )?;
    claim(machine.exists(&path)?, format!("{path} was not written"))?;
    let datasets = exits(machine, "ls /var/lib/juniper/data/datasets", 0)?;
    claim(
        datasets.stdout.contains(".npz"),
        "the dataset service stored nothing",
    )?;
    Ok(Run {
        took,
        snapshot: path,
    })
}

pub(crate) fn post(machine: &Machine, with: &str, path: &str, body: &str) -> Result<Value, Failed> {
    let script = format!(
        "curl -fsS {with} -X POST {CASCOR}/{path} -H 'Content-Type: application/json' -d '{body}'"
    );
    Ok(serde_json::from_str(&exits(machine, &script, 0)?.stdout)?)
}

/// The state of cascor's run.
pub(crate) fn training(machine: &Machine, with: &str) -> Result<String, Failed> {
    let status = exits(
        machine,
        &format!("curl -fsS {with} {CASCOR}/training/status"),
        0,
    )?;
    let status: Value = serde_json::from_str(&status.stdout)?;
    Ok(status["data"]["state_machine"]["status"]
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

/// The flood that cascor prints while candidates train stays out; its useful records do not.
fn quiet_journal(machine: &Machine) -> Outcome {
    let count = exits(
        machine,
        "journalctl -u juniper-cascor.service -o cat --no-pager | wc -l",
        0,
    )?;
    let count: u32 = count.stdout.trim().parse()?;
    claim(
        (5..5_000).contains(&count),
        format!("cascor has {count} lines in the journal"),
    )
}
