//! Quadlets: podman's generator makes units of them, and systemd runs those.

use juniper_lab::Machine;

use crate::lab::{Outcome, claim, exits};

use super::ready;

const INSTALLED: &str = "mkdir -p /etc/containers/systemd && \
    cp /run/quadlet/*.container /run/quadlet/*.network /etc/containers/systemd/ && \
    cp /run/quadlet/*.target /etc/systemd/system/ && systemctl daemon-reload";

pub(super) fn runs(machine: &Machine) -> Outcome {
    exits(machine, INSTALLED, 0)?;
    exits(
        machine,
        "timeout 60 systemctl start juniper-containers.target",
        0,
    )?;
    // Wanted, not required: the target may be there before the last of them.
    exits(
        machine,
        "timeout 60 systemctl start juniper-data juniper-cascor juniper-canopy juniper-cascor-worker@1",
        0,
    )?;
    // The units have the names of ours, so that `health` knows them.
    exits(
        machine,
        "juniperctl --config /run/mock.toml health data cascor canopy",
        0,
    )?;
    ready(machine, "quadlet")?;
    exits(
        machine,
        "podman exec juniper-cascor-worker-1 juniperctl gate probe http://127.0.0.1:8210/v1/health/ready",
        0,
    )?;
    let order = exits(
        machine,
        "journalctl -o cat --no-pager -u 'juniper-*.service' | grep -o 'juniper-standin [a-z]*: ready'",
        0,
    )?;
    let order: Vec<&str> = order.stdout.lines().collect();
    let place = |name: &str| {
        order
            .iter()
            .position(|line| line.contains(&format!(" {name}:")))
    };
    claim(
        place("data") < place("cascor")
            && place("cascor") < place("canopy")
            && place("cascor") < place("worker"),
        format!("{order:?}"),
    )?;
    exits(
        machine,
        "systemctl stop juniper-containers.target juniper-canopy juniper-cascor-worker@1 juniper-cascor juniper-data && \
         rm /etc/containers/systemd/juniper* && systemctl daemon-reload",
        0,
    )?;
    Ok(())
}
