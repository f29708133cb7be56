//! Keys on a running machine: demanded once they exist, rotated with those who hold them, and seen by
//! nobody else.

use std::time::Duration;

use juniper_lab::{Machine, Suite};
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use super::lab::{Breadth, Outcome, claim, exits, has, mock, run};

mod real;
mod typed;
mod unseen;

pub(crate) use real::trials as real_trials;
use typed::typed;
use unseen::seen_by_nobody;

const CASCOR: &str = "http://127.0.0.1:8200/v1/training/status";
const FIRST: &str = "first-key-0123456789abcdef";
const SECOND: &str = "second-key-0123456789abcdef";

/// On each systemd: 247 has no encrypted credentials, and 262 tells of a lost one in its own way.
pub(crate) fn life_trial(suite: Suite) -> Trial {
    let version = suite.systemd_version();
    Breadth::Versions.trial(
        suite,
        &format!("systemd::{version}::a_key_is_demanded_rotated_and_seen_by_nobody"),
        move || life_of_a_key(suite),
    )
}

/// Values lie in files of root's alone: an argument of a command in here could be read, too.
fn prepare(machine: &Machine) -> Outcome {
    machine.write("/root/first", FIRST, 0o600)?;
    machine.write("/root/second", format!("{SECOND}\n"), 0o600)?;
    for key in ["first", "second"] {
        let line = format!("(umask 077; sed 's/^/X-API-Key: /' /root/{key} > /root/{key}.header)");
        exits(machine, &line, 0)?;
    }
    Ok(())
}

/// Waits until the group answers: a worker that was not restarted finds cascor again by itself.
fn ready(machine: &Machine) -> Outcome {
    let wait = Duration::from_secs(30);
    machine.wait_until("the group to be ready", wait, || {
        run(machine, "juniperctl health").is_ok_and(|health| health.success())
    })?;
    Ok(())
}

/// The status of a request, with the key of this header file or with none.
fn status(machine: &Machine, url: &str, key: Option<&str>) -> Result<String, Failed> {
    let header = key.map_or(String::new(), |key| format!("-H @/root/{key}.header"));
    let line = format!("curl -s -o /dev/null -w '%{{http_code}}' {header} {url}");
    Ok(exits(machine, &line, 0)?.stdout)
}

/// How cascor answers without a key, with the first and with the second one.
fn answers(machine: &Machine) -> Result<[String; 3], Failed> {
    Ok([
        status(machine, CASCOR, None)?,
        status(machine, CASCOR, Some("first"))?,
        status(machine, CASCOR, Some("second"))?,
    ])
}

fn life_of_a_key(suite: Suite) -> Outcome {
    let encrypted = suite.systemd_version() >= 250;
    let machine = mock(suite)?;
    prepare(&machine)?;
    exits(&machine, "juniperctl start", 0)?;
    claim(
        answers(&machine)? == ["200", "200", "200"],
        "not open at first",
    )?;
    let untouched = process(&machine, "juniper-data.service")?;

    let told = exits(
        &machine,
        "juniperctl secret set cascor-api-key < /root/first",
        0,
    )?;
    has(
        &told.stderr,
        &[
            "rewrites juniper-cascor.service",
            "rewrites juniper-cascor-worker@.service",
            "effect: restarts cascor, canopy, worker@1",
        ],
    )?;
    claim(
        !told.stderr.contains("juniper-data") && !told.stderr.contains(FIRST),
        &told.stderr,
    )?;
    claim(
        told.stderr.contains("stored unencrypted") != encrypted,
        &told.stderr,
    )?;
    ready(&machine)?;
    claim(
        answers(&machine)? == ["401", "200", "401"],
        format!("{:?}", answers(&machine)?),
    )?;
    claim(
        process(&machine, "juniper-data.service")? == untouched,
        "data was restarted",
    )?;
    stored(&machine, encrypted)?;
    // The units are those of an install: for root, and for who may not look at the secrets.
    for who in ["", "setpriv --reuid nobody --regid nogroup --clear-groups "] {
        let line = format!("{who}juniperctl install --profile mock --dry-run");
        has(&exits(&machine, &line, 0)?.stderr, &["nothing to change"])?;
    }
    each_sees_its_own(&machine)?;
    refused(&machine)?;
    rotate(&machine)?;
    seen_by_nobody(&machine, &["first", "second"])?;
    typed(&machine)?;

    let told = exits(&machine, "juniperctl secret remove cascor-api-key", 0)?;
    has(
        &told.stderr,
        &["loses it: cascor (which then answers without a key), canopy, worker@1"],
    )?;
    ready(&machine)?;
    claim(
        answers(&machine)? == ["200", "200", "200"],
        "not open again",
    )?;
    let left = exits(&machine, "ls -A /etc/juniper/secrets", 0)?.stdout;
    claim(left.is_empty(), format!("left: {left}"))
}

/// The file is root's alone, and where systemd encrypts it does not hold the value.
fn stored(machine: &Machine, encrypted: bool) -> Outcome {
    let line = "stat -c '%n %a %U' /etc/juniper/secrets /etc/juniper/secrets/*";
    let found = exits(machine, line, 0)?.stdout;
    let file = if encrypted {
        "cascor-api-key.cred"
    } else {
        "cascor-api-key"
    };
    claim(
        found == format!("/etc/juniper/secrets 700 root\n/etc/juniper/secrets/{file} 600 root\n"),
        &found,
    )?;
    let line = format!("grep -qF -f /root/first /etc/juniper/secrets/{file}");
    exits(machine, &line, i32::from(encrypted)).map(drop)
}

/// A service sees the secrets that it is handed, and no other's.
fn each_sees_its_own(machine: &Machine) -> Outcome {
    exits(machine, "juniperctl secret set data-api-key --generate", 0)?;
    ready(machine)?;
    for (unit, secrets) in [
        ("juniper-data.service", "data-api-key\n"),
        ("juniper-canopy.service", "cascor-api-key\ndata-api-key\n"),
        ("juniper-cascor-worker@1.service", "cascor-api-key\n"),
    ] {
        let pid = process(machine, unit)?;
        let line = format!(
            "nsenter -t {pid} -m setpriv --reuid juniper --regid juniper --clear-groups \
             find /run/credentials -type f -readable -printf '%f\\n' | sort"
        );
        let seen = exits(machine, &line, 0)?.stdout;
        claim(seen == secrets, format!("{unit} sees {seen}"))?;
    }
    // Nor by way of /proc, though all of them run as one user: each has a user namespace of its own.
    let (worker, data) = (
        process(machine, "juniper-cascor-worker@1.service")?,
        process(machine, "juniper-data.service")?,
    );
    for (seer, seen, code) in [(&worker, &worker, 0), (&worker, &data, 1)] {
        for path in ["environ", "root/run/credentials"] {
            let line = format!(
                "nsenter -t {seer} -U -m --preserve-credentials setpriv --reuid juniper --regid juniper \
                 --keep-groups --bounding-set=-all test -r /proc/{seen}/{path}"
            );
            exits(machine, &line, code)?;
        }
    }
    exits(machine, "juniperctl secret remove data-api-key", 0)?;
    Ok(())
}

/// Who may not, what nobody asked for, and what is not fit is refused before anything is touched; a
/// secret that is gone is named as why its service does not start.
fn refused(machine: &Machine) -> Outcome {
    let ordinary = "setpriv --reuid nobody --regid nogroup --clear-groups";
    for line in ["secret list", "secret remove cascor-api-key"] {
        let told = exits(machine, &format!("{ordinary} juniperctl {line}"), 4)?;
        has(
            &told.stderr,
            &["which takes root", "sudo juniperctl secret"],
        )?;
    }
    let other = "/etc/juniper/juniper.toml.d/other.toml";
    machine.write(other, "[services.canopy]\nmemory_max = \"9G\"\n", 0o644)?;
    let remove = "juniperctl secret remove cascor-api-key";
    has(
        &exits(machine, remove, 1)?.stderr,
        &["the configuration has changed since the last install"],
    )?;
    exits(machine, &format!("rm {other}"), 0)?;

    let open = "/etc/juniper/secrets/canopy-api-key";
    machine.write(open, "put-there-by-hand", 0o644)?;
    for line in ["install --profile mock", "secret list"] {
        let told = exits(machine, &format!("juniperctl {line}"), 4)?;
        has(&told.stderr, &["open to others (mode 0644)", "chmod 600"])?;
    }
    exits(machine, &format!("rm {open}"), 0)?;

    exits(machine, "mv /etc/juniper/secrets/cascor* /root", 0)?;
    let told = exits(machine, "juniperctl restart cascor", 1)?;
    has(&told.stderr, &["a secret could not be handed to it"])?;
    exits(machine, "mv /root/cascor-api-key* /etc/juniper/secrets", 0)?;
    exits(machine, "juniperctl start", 0)?;
    ready(machine)
}

/// A key that is rotated without a restart is told to be held no longer; with one, it is held.
fn rotate(machine: &Machine) -> Outcome {
    let told = exits(
        machine,
        "juniperctl secret rotate cascor-api-key --no-restart < /root/second",
        0,
    )?;
    has(
        &told.stderr,
        &["next: sudo juniperctl restart cascor canopy worker@1"],
    )?;
    claim(
        answers(machine)? == ["401", "200", "401"],
        "it was restarted",
    )?;
    claim(
        held(machine)? == ["earlier"; 3],
        format!("{:?}", held(machine)?),
    )?;
    exits(machine, "juniperctl restart cascor canopy worker@1", 0)?;
    claim(
        held(machine)? == ["current"; 3],
        format!("{:?}", held(machine)?),
    )?;
    claim(
        answers(machine)? == ["401", "401", "200"],
        "the second is not taken",
    )?;
    // A training run ends with its service: that is said before it happens.
    exits(
        machine,
        "curl -fsS -X POST -H @/root/second.header http://127.0.0.1:8200/v1/training/start",
        0,
    )?;
    let told = exits(
        machine,
        "juniperctl secret rotate cascor-api-key --yes < /root/first",
        0,
    )?;
    has(
        &told.stderr,
        &["effect: restarts cascor (at work now: that ends), canopy, worker@1"],
    )?;
    ready(machine)?;
    claim(
        answers(machine)? == ["401", "200", "401"],
        "the first is not back",
    )
}

/// What the consumers of cascor's key hold.
fn held(machine: &Machine) -> Result<Vec<String>, Failed> {
    let listed = exits(machine, "juniperctl --json secret list", 0)?;
    let listed: Value = serde_json::from_str(&listed.stdout)?;
    let secrets = listed["secrets"].as_array().ok_or("no secrets")?;
    let secret = secrets
        .iter()
        .find(|secret| secret["name"] == "cascor-api-key")
        .ok_or("no such secret")?;
    Ok(secret["consumers"]
        .as_array()
        .ok_or("no consumers")?
        .iter()
        .map(|consumer| consumer["holds"].as_str().unwrap_or_default().to_owned())
        .collect())
}

fn process(machine: &Machine, unit: &str) -> Result<String, Failed> {
    let line = format!("systemctl show -p MainPID --value {unit}");
    Ok(exits(machine, &line, 0)?.stdout.trim().to_owned())
}
