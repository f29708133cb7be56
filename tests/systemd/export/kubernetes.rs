//! Manifests against the published types of three releases, kubectl's own eyes, and podman, which plays them.

use std::time::Duration;

use juniper_lab::Machine;

use crate::lab::{Outcome, claim, exits};

use super::python;

const SCHEMAS: &str = include_str!("schemas.py");
const DISCOVERY: &str = include_str!("discovery.py");
const PLAYABLE: &str = include_str!("playable.py");

pub(super) fn is_valid(machine: &Machine) -> Outcome {
    python(machine, SCHEMAS, "/run/kubernetes")?;
    exits(
        machine,
        "kubectl kustomize /run/kubernetes >/run/kustomized.yaml",
        0,
    )?;
    machine.write("/run/discovery.py", DISCOVERY, 0o644)?;
    // A server that tells which kinds there are, as kubectl asks even where it only tries.
    let said = exits(
        machine,
        "python3 /run/discovery.py kubectl --server http://127.0.0.1:18080 \
         create --dry-run=client --validate=false -f /run/kustomized.yaml",
        0,
    )?;
    let created = said.stdout.matches("created (dry run)").count();
    let objects = machine
        .read_text("/run/kustomized.yaml")?
        .matches("\nkind: ")
        .count();
    claim(
        created == objects && created > 15,
        format!("{created} of {objects}: {}", said.stdout),
    )
}

pub(super) fn runs(machine: &Machine) -> Outcome {
    python(machine, PLAYABLE, "/run/kubernetes /run/played")?;
    for (file, name) in [
        ("10-data", "data"),
        ("20-cascor", "cascor"),
        ("30-canopy", "canopy"),
        ("40-worker", "worker"),
    ] {
        let play =
            format!("podman kube play --network juniper:alias={name} /run/played/{file}.yaml");
        // podman itself only says that something ended.
        let told = format!(
            "{play} || {{ code=$?; for each in $(podman ps --all --quiet); do podman logs --tail 20 $each; done; exit $code; }} >&2"
        );
        exits(machine, &told, 0)?;
    }
    machine.wait_until("every pod to be healthy", Duration::from_secs(30), || {
        let listed = machine.run(&[
            "podman",
            "ps",
            "--filter",
            "health=healthy",
            "--format",
            "{{.Names}}",
        ]);
        listed.is_ok_and(|listed| listed.stdout.lines().count() == 4)
    })?;
    // The gate of each found its dependency ready before its own container began.
    let times = exits(
        machine,
        "for name in data cascor canopy worker; do podman inspect $name-pod-$name --format '{{.State.StartedAt.UnixMilli}}'; done",
        0,
    )?;
    let times: Vec<u64> = times
        .stdout
        .lines()
        .filter_map(|line| line.parse().ok())
        .collect();
    claim(
        times.len() == 4 && times[0] < times[1] && times[1] < times[2] && times[1] < times[3],
        format!("started at {times:?}"),
    )?;
    let asked = exits(
        machine,
        "podman exec canopy-pod-canopy juniperctl gate probe --expect details.mode=service http://canopy:8050/v1/health/ready && \
         podman exec cascor-pod-cascor juniperctl gate probe http://worker:8210/v1/health/ready",
        0,
    )?;
    claim(asked.stderr.is_empty(), &asked.stderr)?;
    exits(
        machine,
        "podman pod rm --force --time 3 --all && podman volume prune --force",
        0,
    )?;
    Ok(())
}
