//! `export`: the mock group as other engines run it, and hostile strings through all of them, in one boot.
//!
//! podman runs in the machine with storage that needs no special file system. It knows no `StatefulSet`: that is played as
//! a Deployment. Whatever cannot be fetched makes the trial fail, not pass.

mod compose;
mod containers;
mod hostile;
mod kubernetes;
mod processes;
mod quadlet;

use std::time::Instant;

use juniper_lab::engines::Engines;
use juniper_lab::{BootOptions, Machine};
use libtest_mimic::Trial;

use super::lab::{Outcome, exits, package, trial};

/// They take their time, so that what the journal gets from several programs at once tells who was first.
const CONFIGURATION: &str = "profile = \"mock\"
services.data.environment.JUNIPER_STANDIN_READY_AFTER = \"1s\"
services.cascor.environment.JUNIPER_STANDIN_READY_AFTER = \"1s\"
";

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "systemd::export::other_engines_run_the_group_and_hostile_strings",
        every_engine,
    )]
}

/// Whose words a stack can be put into.
const ENGINES: [&str; 5] = [
    "kubernetes",
    "compose",
    "quadlet",
    "supervisord",
    "procfile",
];

fn every_engine() -> Outcome {
    let engines = Engines::prepare()?;
    let machine = Machine::boot(engines.root(), engines.shown(BootOptions::default()))?;
    machine.install_deb(&package("juniperctl"))?;
    machine.install_deb(&package("juniper-standin"))?;
    machine.write("/run/mock.toml", CONFIGURATION, 0o644)?;
    for engine in ENGINES {
        let export = format!(
            "juniperctl --config /run/mock.toml --quiet export {engine} --out /run/{engine}"
        );
        exits(&machine, &export, 0)?;
    }
    let mut told = Vec::new();
    let mut step = |name: &str, run: &dyn Fn(&Machine) -> Outcome| -> Outcome {
        let begun = Instant::now();
        run(&machine)
            .map_err(|failed| format!("{name}: {}", failed.message().unwrap_or_default()))?;
        told.push(format!("{name} {} ms", begun.elapsed().as_millis()));
        Ok(())
    };
    step("compose", &compose::is_accepted)?;
    step("schemas and kubectl", &kubernetes::is_valid)?;
    step("supervisord", &processes::supervisord)?;
    step("honcho", &processes::honcho)?;
    step("image", &containers::image)?;
    step("kubernetes", &kubernetes::runs)?;
    step("quadlet", &quadlet::runs)?;
    step("hostile strings", &hostile::survive)?;
    println!("export: {}", told.join(", "));
    Ok(())
}

/// Waits until all are ready, by the command that the README names.
fn ready(machine: &Machine, engine: &str) -> Outcome {
    let readme = machine.read_text(format!("/run/{engine}/README.md"))?;
    let asked = readme
        .lines()
        .find(|line| line.contains("juniperctl gate ready"));
    exits(machine, asked.ok_or("no README says how to ask")?, 0)?;
    Ok(())
}

/// Runs a Python script that fails where something is not as it should be.
fn python(machine: &Machine, script: &str, arguments: &str) -> Outcome {
    machine.write("/run/script.py", script, 0o644)?;
    let path = juniper_lab::engines::PREFIX;
    exits(
        machine,
        &format!("PYTHONPATH={path} python3 /run/script.py {arguments}"),
        0,
    )?;
    Ok(())
}
