//! `docker-compose config` reads the file, and means by it what was meant.

use juniper_lab::Machine;

use crate::lab::{Outcome, claim, exits};

pub(super) fn is_accepted(machine: &Machine) -> Outcome {
    let said = exits(
        machine,
        "cd /run/compose && docker-compose config --format json",
        0,
    )?;
    let model: serde_json::Value = serde_json::from_str(&said.stdout)?;
    let condition = |service: &str, on: &str| {
        model["services"][service]["depends_on"][on]["condition"].as_str()
            == Some("service_healthy")
    };
    claim(
        condition("cascor", "data")
            && condition("worker", "cascor")
            && condition("canopy", "cascor"),
        &said.stdout,
    )?;
    let check = &model["services"]["cascor"]["healthcheck"];
    claim(
        check["interval"] == "5s" && check["retries"] == 3 && check["timeout"] == "10s",
        check,
    )
}
