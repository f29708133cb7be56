//! Two real workers that share one run, as cascor itself counts them; never by their processes alone.

use std::collections::BTreeSet;
use std::time::Duration;

use juniper_lab::Machine;
use libtest_mimic::Failed;
use serde_json::Value;

use super::{CASCOR, Run, completes};
use crate::lab::{Outcome, claim, exits};

/// Two workers, which ask for work with each heartbeat; and cascor keeps one candidate of a pool for
/// itself, however many processors there are, and gives each worker one.
pub(super) const CONFIGURATION: &str = "profile = \"full\"\n\
     [services.worker]\ninstances = 2\n\
     [services.worker.environment]\nJUNIPER_CASCOR_WORKER_HEARTBEAT_INTERVAL = \"0.2\"\n\
     [services.cascor.environment]\nCASCOR_NUM_PROCESSES = \"1\"\n";

/// A worker as cascor tells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Registered {
    id: String,
    tasks: u64,
}

/// cascor knows both.
pub(super) fn are_there(machine: &Machine) -> Outcome {
    both(machine).map(drop)
}

/// What one worker's restart leaves: both are there again, one of them the same, and the next run uses both.
pub(super) fn survive_a_restart_of_one(machine: &Machine) -> Outcome {
    let before = both(machine)?;
    let first = process(machine, 1)?;
    exits(machine, "juniperctl restart worker@2", 0)?;
    let after = both(machine)?;
    let ids = |workers: &BTreeSet<Registered>| -> BTreeSet<String> {
        workers.iter().map(|worker| worker.id.clone()).collect()
    };
    let stayed = ids(&before).intersection(&ids(&after)).count();
    claim(stayed == 1, format!("{before:?} became {after:?}"))?;
    claim(
        process(machine, 1)? == first,
        "the other worker was restarted, too",
    )?;
    share_a_run(machine).map(drop)
}

/// A run to which both contribute. A candidate takes longer than a heartbeat: a worker that is done before
/// the other asks would be given both.
pub(super) fn share_a_run(machine: &Machine) -> Result<Run, Failed> {
    let before = both(machine)?;
    let run = completes(machine, "", 4, 200)?;
    let workers = both(machine)?;
    let worked = |worker: &Registered| {
        let earlier = before.iter().find(|earlier| earlier.id == worker.id);
        earlier.is_some_and(|earlier| worker.tasks > earlier.tasks)
    };
    claim(
        workers.iter().all(worked),
        format!("one did nothing: {before:?} became {workers:?}"),
    )?;
    println!(
        "real services: a run of {:.1} s on two workers, {workers:?}",
        run.took.as_secs_f64()
    );
    Ok(run)
}

/// Both, as soon as cascor knows them.
fn both(machine: &Machine) -> Result<BTreeSet<Registered>, Failed> {
    machine.wait_until(
        "two workers to be registered",
        Duration::from_secs(30),
        || registered(machine).is_ok_and(|workers| workers.len() == 2),
    )?;
    registered(machine)
}

fn registered(machine: &Machine) -> Result<BTreeSet<Registered>, Failed> {
    let told = exits(machine, &format!("curl -fsS {CASCOR}/workers"), 0)?;
    let told: Value = serde_json::from_str(&told.stdout)?;
    let workers = told["data"]["workers"].as_array();
    let workers = workers.ok_or("cascor tells of no workers")?;
    for worker in workers {
        claim(worker["tasks_failed"] == 0, worker)?;
    }
    let workers = workers.iter().map(|worker| Registered {
        id: worker["worker_id"].as_str().unwrap_or_default().to_owned(),
        tasks: worker["tasks_completed"].as_u64().unwrap_or_default(),
    });
    Ok(workers.collect())
}

fn process(machine: &Machine, instance: u32) -> Result<String, Failed> {
    let show = "systemctl show --property=MainPID --value";
    let line = format!("{show} juniper-cascor-worker@{instance}.service");
    Ok(exits(machine, &line, 0)?.stdout)
}
