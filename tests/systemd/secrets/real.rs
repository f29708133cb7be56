//! All keys on the real services.

use std::time::Duration;

use juniper_lab::{BootOptions, Machine, Suite, real, trial};
use libtest_mimic::Trial;
use serde_json::Value;

use super::{CASCOR, process, ready, seen_by_nobody, status};
use crate::lab::{Outcome, claim, exits, has, machine, run};
use crate::real::{serves_the_dashboard, trains};

pub(crate) fn trials() -> [Trial; 1] {
    [trial::on_real_services(
        "real::the_group_trains_with_keys_that_nobody_sees",
        trains_with_keys,
    )]
}

/// All three keys, on the real services: nobody gets in without, all of them work with.
fn trains_with_keys() -> Outcome {
    let environments = real::prepared()?.ok_or("the real services are not prepared")?;
    let machine = machine(Suite::Trixie, environments.shown(BootOptions::default()))?;
    exits(&machine, "juniperctl install", 0)?;
    let keys = ["data", "cascor", "canopy"];
    for key in keys {
        let line = format!(
            "(umask 077; juniperctl secret set {key}-api-key --generate --show > /root/{key}; \
             sed 's/^/X-API-Key: /' /root/{key} > /root/{key}.header)"
        );
        exits(&machine, &line, 0)?;
    }
    exits(&machine, "systemctl start juniper.target", 0)?;
    has(
        &exits(&machine, "juniperctl health", 0)?.stdout,
        &["the group is ready"],
    )?;
    guarded(&machine)?;
    serves_the_dashboard(&machine, "-H @/root/canopy.header")?;
    connected(&machine)?;
    trains(&machine, "-H @/root/cascor.header")?;
    seen_by_nobody(&machine, &keys)?;

    // Another key for cascor: it, canopy and the worker change together, data stays.
    let data = process(&machine, "juniper-data.service")?;
    let told = exits(
        &machine,
        "(umask 077; juniperctl secret rotate cascor-api-key --generate --show > /root/cascor; \
         sed -i.old 's/.*/X-API-Key: '$(cat /root/cascor)'/' /root/cascor.header)",
        0,
    )?;
    has(&told.stderr, &["effect: restarts cascor, canopy, worker@1"])?;
    ready(&machine)?;
    claim(
        process(&machine, "juniper-data.service")? == data,
        "data was restarted",
    )?;
    claim(
        status(&machine, CASCOR, Some("cascor"))? == "200",
        "the new key is not taken",
    )?;
    connected(&machine)
}

/// Without a key and with another's nobody gets in; health is open.
fn guarded(machine: &Machine) -> Outcome {
    for (key, other, url) in [
        ("data", "cascor", "http://127.0.0.1:8100/v1/datasets"),
        ("cascor", "data", CASCOR),
        ("canopy", "data", "http://127.0.0.1:8050/api/status"),
    ] {
        let statuses = [
            status(machine, url, None)?,
            status(machine, url, Some(other))?,
            status(machine, url, Some(key))?,
        ];
        claim(
            statuses == ["401", "401", "200"],
            format!("{url}: {statuses:?}"),
        )?;
    }
    for port in [8100, 8200, 8050, 8210] {
        let url = format!("http://127.0.0.1:{port}/v1/health/ready");
        claim(status(machine, &url, None)? == "200", url)?;
    }
    Ok(())
}

/// cascor knows its worker, and canopy gets answers from cascor.
fn connected(machine: &Machine) -> Outcome {
    let wait = Duration::from_secs(30);
    machine.wait_until("the worker to be registered", wait, || {
        let line = "curl -fsS -H @/root/cascor.header http://127.0.0.1:8200/v1/workers";
        run(machine, line).is_ok_and(|workers| workers.stdout.contains("worker_id"))
    })?;
    machine.wait_until("canopy to get answers from cascor", wait, || {
        let line = "curl -fsS http://127.0.0.1:8050/v1/health/ready";
        run(machine, line)
            .ok()
            .and_then(|ready| serde_json::from_str::<Value>(&ready.stdout).ok())
            .is_some_and(|ready| {
                ready["details"]["mode"] == "service" && ready["details"]["backend_status"] == "ok"
            })
    })?;
    Ok(())
}
