//! The whole life of the isolated group: reached, asked, restarted, hung, trained, rebooted, removed.

use std::io::{self, Write as _};

use juniper_lab::{BootOptions, Command, Machine, Suite};
use libtest_mimic::Failed;
use serde_json::Value;

use super::super::lab::{Outcome, claim, everything_stops, exits, has, machine, run};
use super::{BACK, HOST, INSIDE, configured, inside, one_network, only_canopy_answers};

/// On one machine, so that it boots once.
pub(super) fn whole(suite: Suite) -> Outcome {
    let mut machine = machine(suite, BootOptions::default().persistent())?;
    configured(&machine, "isolated")?;
    exits(&machine, "juniperctl install", 0)?;
    let verify = "systemd-analyze verify --man=no /etc/systemd/system/juniper* 2>&1 | cat";
    let verified = exits(&machine, verify, 0)?;
    claim(verified.stdout.trim().is_empty(), &verified.stdout)?;
    exits(&machine, "systemctl start juniper.target", 0)?;
    only_canopy_answers(&machine)?;
    gates_in_order(&machine)?;
    can_be_asked(&machine)?;
    no_way_out(&machine)?;
    temporary_files_are_apart(&machine)?;
    let told = exposure(&machine)?;

    for unit in INSIDE {
        exits(&machine, &format!("systemctl restart {unit}"), 0)?;
        only_canopy_answers(&machine)?;
        one_network(&machine)?;
    }
    exits(&machine, "systemctl daemon-reexec", 0)?;
    exits(&machine, "systemctl restart juniper-data.service", 0)?;
    one_network(&machine)?;
    trains_while_data_hangs(&machine)?;
    shut_where_canopy_is_not(&machine)?;

    machine.reboot()?;
    let settled = "systemctl is-active juniper.target && juniperctl health";
    machine.wait_until("the group to be ready after a boot", BACK, || {
        run(&machine, settled).is_ok_and(|output| output.success())
    })?;
    only_canopy_answers(&machine)?;
    one_network(&machine)?;
    // An ordering cycle would have been broken by leaving somebody out.
    let cycles = exits(&machine, "journalctl -b --no-pager -g cycle || true", 0)?;
    claim(!cycles.stdout.contains("juniper"), &cycles.stdout)?;

    exits(&machine, "systemctl stop juniper.target", 0)?;
    everything_stops(&machine)?;
    exits(&machine, "juniperctl uninstall --purge --yes", 0)?;
    let left = "systemctl list-units 'juniper*' --all --no-legend; ls /etc/systemd/system | grep juniper || true";
    let left = exits(&machine, left, 0)?.stdout;
    claim(left.trim().is_empty(), format!("left: {left}"))?;
    writeln!(
        io::stdout(),
        "systemd {}, isolated beside host: {told}",
        suite.systemd_version()
    )?;
    Ok(())
}

/// When a unit became active, in microseconds since the boot.
fn active_at(machine: &Machine, unit: &str) -> Result<u64, Failed> {
    let line = format!("systemctl show -p ActiveEnterTimestampMonotonic --value {unit}");
    Ok(exits(machine, &line, 0)?.stdout.trim().parse()?)
}

fn gates_in_order(machine: &Machine) -> Outcome {
    let order = [
        "juniper-network.service",
        "juniper-data.service",
        "juniper-cascor.service",
        "juniper-canopy.service",
        "juniper-canopy-proxy.socket",
        "juniper.target",
    ];
    let mut moments = Vec::new();
    for unit in order {
        moments.push(active_at(machine, unit)?);
    }
    claim(
        moments.is_sorted() && moments[0] > 0,
        format!("{order:?} became active at {moments:?}"),
    )
}

/// Root asks from outside as ever; others hear what the watchdog says, or what to do.
fn can_be_asked(machine: &Machine) -> Outcome {
    let report: Value =
        serde_json::from_str(&exits(machine, "juniperctl health --json", 0)?.stdout)?;
    claim(
        report["verdict"] == "ready" && report["services"].as_array().map(Vec::len) == Some(4),
        &report,
    )?;
    let status = exits(machine, "juniperctl status", 0)?.stdout;
    claim(!status.contains("down"), &status)?;
    has(&exits(machine, "juniperctl graph", 0)?.stdout, &["ready"])?;
    has(
        &exits(machine, "juniperctl graph --chain", 0)?.stdout,
        &["data", "cascor", "canopy"],
    )?;
    let nobody =
        || Ok::<_, Failed>(machine.run_with(Command::shell("juniperctl health").user("nobody"))?);
    machine.wait_until("the watchdog to tell everybody", BACK, || {
        nobody().is_ok_and(|told| told.success() && told.stdout.contains("the group is ready"))
    })?;
    exits(machine, "systemctl stop juniper-watchdog.service", 0)?;
    let refused = nobody()?;
    claim(refused.code() == Some(4), format!("{refused:?}"))?;
    has(
        &refused.stderr,
        &[
            "only inside of the group's own network",
            "hint: run it as root",
        ],
    )?;
    exits(machine, "systemctl start juniper-watchdog.service", 0)?;
    Ok(())
}

/// The kernel knows no way to an address that the machine itself reaches.
fn no_way_out(machine: &Machine) -> Outcome {
    exits(machine, "ip address replace 192.0.2.1/32 dev lo", 0)?;
    let connect = "bash -c ': < /dev/tcp/192.0.2.1/9' 2>&1";
    let outside = exits(machine, connect, 1)?.stdout;
    has(&outside, &["Connection refused"])?;
    for unit in INSIDE {
        has(
            &inside(machine, unit, connect, 1)?,
            &["Network is unreachable"],
        )?;
        let interfaces = inside(machine, unit, "ip -brief link show up", 0)?;
        claim(
            interfaces.lines().all(|line| line.starts_with("lo ")),
            format!("{unit}: {interfaces}"),
        )?;
    }
    Ok(())
}

/// Sharing a network must not share temporary files.
fn temporary_files_are_apart(machine: &Machine) -> Outcome {
    let script = |unit: &str, line: &str| {
        format!("nsenter -m -t $(systemctl show -p MainPID --value {unit}) {line}")
    };
    for directory in ["/tmp", "/var/tmp"] {
        let path = format!("{directory}/of-data");
        let make = script("juniper-data.service", &format!("touch {path}"));
        exits(machine, &make, 0)?;
        let see = |unit: &str, code: i32| {
            exits(machine, &script(unit, &format!("test -e {path}")), code).map(drop)
        };
        see("juniper-data.service", 0)?;
        for unit in INSIDE
            .iter()
            .filter(|unit| **unit != "juniper-data.service")
        {
            see(unit, 1)?;
        }
        claim(!machine.exists(&path)?, format!("{path} is the machine's"))?;
    }
    Ok(())
}

/// Each unit is less exposed than in the machine's network, and within its budget.
fn exposure(machine: &Machine) -> Result<String, Failed> {
    machine.write(
        "/run/host.toml",
        format!("network = \"host\"\n{HOST}"),
        0o644,
    )?;
    let audit = |options: &str| -> Result<Value, Failed> {
        let line = format!("juniperctl --json {options} audit");
        Ok(serde_json::from_str(&exits(machine, &line, 0)?.stdout)?)
    };
    let (isolated, host) = (audit("")?, audit("--config /run/host.toml")?);
    let mut told = Vec::new();
    for unit in host["units"].as_array().ok_or("no units")? {
        let name = unit["unit"].as_str().unwrap_or_default();
        // It has no network in either case.
        if name == "juniper-act@.service" {
            continue;
        }
        let other = isolated["units"]
            .as_array()
            .and_then(|units| units.iter().find(|other| other["unit"] == unit["unit"]))
            .ok_or(format!("no {name} in {isolated}"))?;
        let figure = |unit: &Value, key: &str| -> Result<f64, Failed> {
            unit[key]
                .as_str()
                .and_then(|figure| figure.parse().ok())
                .ok_or_else(|| format!("no {key} in {unit}").into())
        };
        let (inside, outside) = (figure(other, "exposure")?, figure(unit, "exposure")?);
        claim(
            inside + 0.25 < outside && inside <= figure(other, "budget")?,
            format!("{name}: {inside} instead of {outside}"),
        )?;
        told.push(format!("{name} {inside:.1} ({outside:.1})"));
    }
    Ok(told.join(", "))
}

/// A training run goes on while data hangs inside, is noticed and cured there, alone.
fn trains_while_data_hangs(machine: &Machine) -> Outcome {
    let process = |unit: &str| -> Result<String, Failed> {
        let line = format!("systemctl show -p MainPID --value {unit}");
        Ok(exits(machine, &line, 0)?.stdout)
    };
    let cascor = "juniper-cascor.service";
    machine.wait_until("the watchdog to watch", BACK, || {
        run(
            machine,
            "systemctl show -p StatusText juniper-watchdog.service",
        )
        .is_ok_and(|told| told.stdout.contains("watching 4 services"))
    })?;
    let before = (process("juniper-data.service")?, process(cascor)?);
    let start = "curl -fsS -X POST http://127.0.0.1:8200/v1/training/start";
    inside(machine, cascor, start, 0)?;
    inside(
        machine,
        "juniper-data.service",
        "juniper-standin fault hang data",
        0,
    )?;
    machine.wait_until("data to be replaced", BACK, || {
        process("juniper-data.service").is_ok_and(|now| now != before.0 && now.trim() != "0")
    })?;
    machine.wait_until("the group to be ready", BACK, || {
        run(machine, "juniperctl health").is_ok_and(|health| health.success())
    })?;
    let status = "curl -fsS http://127.0.0.1:8200/v1/training/status";
    machine.wait_until("the run to be complete", BACK, || {
        inside(machine, cascor, status, 0)
            .is_ok_and(|told| told.to_ascii_uppercase().contains("COMPLETED"))
    })?;
    claim(process(cascor)? == before.1, "cascor was restarted")?;
    has(
        &exits(machine, "juniperctl incidents", 0)?.stdout,
        &["incident 1: data"],
    )
}

/// As long as canopy is not there its address refuses, as its own port would.
fn shut_where_canopy_is_not(machine: &Machine) -> Outcome {
    let curl = "curl -s -o /dev/null -m 5 http://127.0.0.1:8050/v1/health/ready";
    exits(machine, "systemctl kill -s KILL juniper-canopy.service", 0)?;
    machine.wait_until("canopy to be back by itself", BACK, || {
        run(machine, curl).is_ok_and(|answer| answer.success())
    })?;
    exits(machine, "systemctl stop juniper-canopy.service", 0)?;
    exits(machine, curl, 7)?;
    // A restart of another starts nothing that somebody stopped.
    exits(machine, "systemctl restart juniper-data.service", 0)?;
    exits(machine, curl, 7)?;
    exits(machine, "juniperctl start canopy", 0)?;
    machine.wait_until("canopy to be reached", BACK, || {
        run(machine, curl).is_ok_and(|answer| answer.success())
    })?;
    Ok(())
}
