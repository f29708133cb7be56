//! Keys on a running machine: demanded once they exist, rotated with those who hold them, and seen by
//! nobody else.

use std::time::Duration;

use juniper_lab::{BootOptions, Machine, Suite, real, trial};
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use super::lab::{Outcome, claim, exits, has, machine, mock, run};
use super::real::{serves_the_dashboard, trains};

const CASCOR: &str = "http://127.0.0.1:8200/v1/training/status";
const FIRST: &str = "first-key-0123456789abcdef";
const SECOND: &str = "second-key-0123456789abcdef";

/// On each systemd: 247 has no encrypted credentials, and 262 tells of a lost one in its own way.
pub(crate) fn life_trial(suite: Suite) -> Trial {
    let version = suite.systemd_version();
    super::lab::trial(
        &format!("systemd::{version}::a_key_is_demanded_rotated_and_seen_by_nobody"),
        move || life_of_a_key(suite),
    )
}

pub(crate) fn real_trials() -> [Trial; 1] {
    [trial::on_real_services(
        "real::the_group_trains_with_keys_that_nobody_sees",
        trains_with_keys,
    )]
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

/// Answers each question once it has been asked, as a person at a terminal does.
const PERSON: &str = r#"
import os, sys
master, slave = os.openpty()
if os.fork() == 0:
    os.setsid()
    terminal = os.open(os.ttyname(slave), os.O_RDWR)
    for stream in range(3):
        os.dup2(terminal, stream)
    os.execvp("juniperctl", "juniperctl secret rotate cascor-api-key --no-restart".split())
os.close(slave)
value = open("/root/second", "rb").read()
said = b""
for question, answer in ((b"(not shown): ", value), (b"again: ", value), (b"[y/N] ", sys.argv[1].encode() + b"\n")):
    while not said.endswith(question):
        said += os.read(master, 1)
    os.write(master, answer)
try:
    while True:
        said += os.read(master, 1024)
except OSError:
    pass
sys.stdout.write(said.decode())
"#;

/// On a terminal the value is asked for twice, not shown, and the change is asked for.
fn typed(machine: &Machine) -> Outcome {
    machine.write("/root/person.py", PERSON, 0o600)?;
    let told = exits(machine, "python3 /root/person.py n", 0)?.stdout;
    has(&told, &["do this? [y/N] n", "nothing was changed"])?;
    claim(!told.contains(SECOND), &told)?;
    claim(
        held(machine)? == ["current"; 3],
        "changed in spite of the answer",
    )?;
    let told = exits(machine, "python3 /root/person.py y", 0)?.stdout;
    claim(!told.contains(SECOND), &told)?;
    claim(
        held(machine)? == ["earlier"; 3],
        format!("not changed: {told}"),
    )
}

fn process(machine: &Machine, unit: &str) -> Result<String, Failed> {
    let line = format!("systemctl show -p MainPID --value {unit}");
    Ok(exits(machine, &line, 0)?.stdout.trim().to_owned())
}

/// Nobody finds a key: in no environment and no command line of any process, not even as root; not in
/// the journal, the units, or what systemd says of them; and as an ordinary user in no file at all.
fn seen_by_nobody(machine: &Machine, keys: &[&str]) -> Outcome {
    let values: Vec<String> = keys.iter().map(|key| format!("/root/{key}")).collect();
    // What searches has the keys in a file, too: for the ordinary user, a file that he can read.
    exits(
        machine,
        &format!("cat {} > /run/sought", values.join(" ")),
        0,
    )?;
    exits(machine, "chmod 644 /run/sought", 0)?;
    let processes = "grep -lasF -f /run/sought /proc/[0-9]*/environ /proc/[0-9]*/cmdline";
    let ordinary = "setpriv --reuid nobody --regid nogroup --clear-groups";
    let files = format!(
        "{ordinary} grep -rlsF -D skip -f /run/sought --exclude=sought /etc /run /var /tmp /dev/shm"
    );
    let show = "systemctl show --all --no-pager 'juniper*' | grep -aF -f /run/sought";
    for line in [
        processes.to_owned(),
        "journalctl --no-pager -o export | grep -aF -f /run/sought".to_owned(),
        "grep -rlsF -f /run/sought /etc/systemd /run/systemd /usr/lib/systemd".to_owned(),
        show.to_owned(),
        format!("{ordinary} {processes}"),
        format!("{ordinary} {show}"),
        files.clone(),
    ] {
        let found = run(machine, &line)?;
        claim(
            found.code() == Some(1) || found.code() == Some(2) && found.stdout.is_empty(),
            format!("`{line}` finds {} ({:?})", found.stdout, found.code()),
        )?;
    }
    // The search itself finds what there is to find.
    let planted = format!(
        "read -r K < /run/sought; K=\"$K\" sleep 60 & sleep=$!; \
         until [ \"$(cat /proc/$sleep/comm)\" = sleep ]; do :; done; {processes}; \
         echo $sleep; kill $sleep"
    );
    let found = exits(machine, &planted, 0)?.stdout;
    let pid = found.lines().last().unwrap_or_default().to_owned();
    has(&found, &[&format!("/proc/{pid}/environ")])?;
    exits(machine, "cp /run/sought /var/tmp/planted", 0)?;
    claim(
        run(machine, &files)?.stdout == "/var/tmp/planted\n",
        "the search of files finds nothing",
    )?;
    exits(machine, "rm /var/tmp/planted", 0)?;
    exits(machine, "rm /run/sought", 0).map(drop)
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
