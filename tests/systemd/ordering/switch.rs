//! Another profile: what it does is shown first, and then just that is done.

use juniper_lab::{BootOptions, Machine, Suite};
use libtest_mimic::Failed;

use super::super::lab::{Outcome, claim, exits, has, machine};
use super::table::note;

/// Two profiles that share the dataset service.
const PROFILES: &str = r#"
[profiles.look]
services = ["data", "canopy"]
stand_in = true
[profiles.train]
services = ["data", "cascor", "worker"]
stand_in = true
overrides.worker.instances = 2
"#;

const EFFECT: &str = "effect: stops canopy, starts cascor, worker@1, worker@2; data untouched\n";

/// T5: the old profile's services stop, the new one's start, what both have is not touched.
pub(super) fn switched(suite: Suite) -> Outcome {
    let machine = machine(suite, BootOptions::default())?;
    machine.write("/etc/juniper/juniper.toml", PROFILES, 0o644)?;
    exits(&machine, "juniperctl install --profile look --now", 0)?;
    let data = process(&machine, "data")?;

    let shown = exits(&machine, "juniperctl install --profile train --dry-run", 0)?;
    has(
        &shown.stderr,
        &[
            "effect: stops canopy; at the next start: starts cascor, worker@1, worker@2; data untouched\n",
        ],
    )?;
    claim(
        running(&machine)? == ["canopy", "data"],
        "a dry run changed something",
    )?;

    let told = exits(&machine, "juniperctl install --profile train --now", 0)?;
    has(&told.stderr, &[EFFECT])?;
    let now = running(&machine)?;
    claim(
        now == ["cascor", "cascor-worker@1", "cascor-worker@2", "data"],
        format!("{now:?}"),
    )?;
    claim(process(&machine, "data")? == data, "data was restarted")?;
    exits(&machine, "juniperctl health", 0)?;

    // A changed unit is restarted only where that was asked for.
    machine.write(
        "/etc/juniper/juniper.toml.d/level.toml",
        "[services.cascor.environment]\nJUNIPER_CASCOR_LOG_LEVEL = \"DEBUG\"\n",
        0o644,
    )?;
    let told = exits(&machine, "juniperctl install --profile train", 0)?;
    has(
        &told.stderr,
        &["effect: at its next restart: changes cascor; data, worker@1, worker@2 untouched\n"],
    )?;
    has(&told.stderr, &["next: sudo juniperctl restart cascor\n"])?;
    // Nothing is left to write, yet cascor still runs with its earlier unit.
    let before = process(&machine, "cascor")?;
    let told = exits(&machine, "juniperctl install --profile train --now", 0)?;
    has(
        &told.stderr,
        &["effect: restarts cascor; data, worker@1, worker@2 untouched\n"],
    )?;
    claim(
        process(&machine, "cascor")? != before,
        "cascor was not restarted",
    )?;
    // What is restarted may wait for what is only being started.
    machine.write(
        "/etc/juniper/juniper.toml.d/level.toml",
        "[services.cascor.environment]\nJUNIPER_CASCOR_LOG_LEVEL = \"INFO\"\n",
        0o644,
    )?;
    exits(&machine, "systemctl stop juniper-data.service", 0)?;
    let told = exits(&machine, "juniperctl install --profile train --now", 0)?;
    has(
        &told.stderr,
        &["effect: starts data, restarts cascor; worker@1, worker@2 untouched\n"],
    )?;
    exits(&machine, "juniperctl health", 0)?;
    note(
        suite,
        "T5 profile switched",
        "group",
        "old stopped, new started, shared untouched".to_owned(),
    );
    Ok(())
}

fn process(machine: &Machine, service: &str) -> Result<String, Failed> {
    let line = format!("systemctl show -p MainPID --value juniper-{service}.service");
    Ok(exits(machine, &line, 0)?.stdout)
}

/// Running services of ours by their units' names.
fn running(machine: &Machine) -> Result<Vec<String>, Failed> {
    let line = "systemctl list-units 'juniper-*.service' --state=running --plain --no-legend";
    let listed = exits(machine, line, 0)?.stdout;
    let mut names: Vec<String> = listed
        .lines()
        .filter_map(|line| {
            let unit = line.split_whitespace().next()?;
            let name = unit.strip_prefix("juniper-")?.strip_suffix(".service")?;
            // It may still be writing the start down.
            (name != "ready").then(|| name.to_owned())
        })
        // It looks after all of them, and is none of them.
        .filter(|name| name != "watchdog")
        .collect();
    names.sort();
    Ok(names)
}
