//! Workers on two hosts from nothing to nothing, with one host cut off in between.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use juniper_lab::{Command, Entry, Kind, Machine};
use libtest_mimic::Failed;
use serde_json::Value;

use super::super::lab::{Outcome, claim, exits, has, run};
use super::stage::{GPU2, HEAD, Stage};

/// A group with its workers elsewhere; one host lets in a user who is not root.
const SITE: &str = r#"
profile = "mock"

[services.cascor]
host = "10.77.0.1"
environment.JUNIPER_STANDIN_TRAINING = "10m"

[services.worker]
instances = 0
hosts = { gpu1 = 2, gpu2 = 3 }

[hosts.gpu1]
address = "10.77.0.11"

[hosts.gpu2]
address = "10.77.0.12"
ssh = "ada@10.77.0.12"
"#;

/// Both.
const BOTH: &str = "juniperctl -H gpu1 -H gpu2";

/// ssh gives up connecting after five seconds, and a connection that is silent after six or nine; the rest is
/// for a computer that is busy.
const AWAY: Duration = Duration::from_secs(20);

/// What is another's to write at any time, and the key of the machine itself, which systemd makes.
const OTHERS: [&str; 6] = [
    "/var/log",
    "/var/tmp",
    "/var/lib/systemd",
    "/etc/passwd-",
    "/etc/group-",
    "/etc/shadow-",
];

type Tree = BTreeMap<PathBuf, Entry>;

pub(super) fn cut_off() -> Outcome {
    let stage = Stage::set()?;
    let before = [tree(&stage.gpu1)?, tree(&stage.gpu2)?];
    stage.head.write("/etc/juniper/juniper.toml", SITE, 0o644)?;
    stage.exits("juniperctl secret set cascor-api-key --generate", 0)?;
    stage.exits("juniperctl install --yes && juniperctl start", 0)?;
    let local = local_processes(&stage)?;
    nothing_is_there_yet(&stage)?;
    claim(
        [tree(&stage.gpu1)?, tree(&stage.gpu2)?] == before,
        "looking and planning changed a host",
    )?;
    is_installed(&stage)?;
    trains_on_all(&stage)?;
    one_is_away(&stage)?;
    restarts_one_by_one(&stage)?;
    claim(
        local_processes(&stage)? == local && started(&stage)?,
        "something local was touched",
    )?;
    is_gone(&stage, &before)
}

/// Plans are shown, and nothing is changed.
fn nothing_is_there_yet(stage: &Stage) -> Outcome {
    let told = stage.exits(&format!("{BOTH} status"), 1)?;
    has(&told.stderr, &["gpu1: error: nothing is installed there"])?;
    stage.exits(&format!("{BOTH} health"), 3)?;
    stage.exits(&format!("{BOTH} doctor"), 0)?;
    let plan = stage.exits(&format!("{BOTH} install --dry-run"), 0)?;
    has(
        &plan.stderr,
        &[
            "gpu1:   creates  juniper-cascor-worker@.service",
            "gpu1: effect: at the next start: starts worker@1, worker@2\n",
            "gpu2: effect: at the next start: starts worker@1, worker@2, worker@3\n",
            "gpu2: brings this program to /usr/local/lib/juniperctl",
        ],
    )?;
    // Who may not is told what to do, and that before anything is brought.
    let refused = stage.exits("juniperctl -H bob@10.77.0.11 install --yes", 4)?;
    has(&refused.stderr, &["takes root", "-H root@HOST"])
}

/// Units for each one's systemd, with the network and the token that they need, and nothing of the token
/// where others see it.
fn is_installed(stage: &Stage) -> Outcome {
    stage.exits(&format!("{BOTH} install --now --yes"), 0)?;
    for (host, directly) in [(&stage.gpu1, false), (&stage.gpu2, true)] {
        let unit = host.read_text("/etc/systemd/system/juniper-cascor-worker@.service")?;
        has(
            &unit,
            &[
                "--await cascor=http://10.77.0.1:8200/v1/health/ready",
                "IPAddressDeny=any\nIPAddressAllow=localhost\n",
                "IPAddressAllow=10.77.0.1\n",
                "LoadCredentialEncrypted=cascor-api-key:",
            ],
        )?;
        claim(
            unit.contains("RestartMode=direct") == directly,
            "units for another systemd",
        )?;
        let mode = exits(host, "stat -c %a:%u /etc/juniper/secrets/*", 0)?;
        claim(mode.stdout == "600:0\n", &mode.stdout)?;
        let token = key(stage)?;
        let journal = exits(host, "journalctl --no-pager", 0)?;
        claim(
            !journal.stdout.contains(&token),
            "the token is in the journal",
        )?;
        claim(
            exits(host, "ls /var/tmp", 0)?
                .stdout
                .lines()
                .all(|name| !name.starts_with("juniperctl")),
            "something was left on the way",
        )?;
    }
    let head = stage
        .head
        .read_text("/etc/systemd/system/juniper-cascor.service")?;
    has(
        &head,
        &[
            "IPAddressDeny=any",
            "IPAddressAllow=10.77.0.11\n",
            "IPAddressAllow=10.77.0.12\n",
        ],
    )?;
    let same = stage.exits(&format!("{BOTH} diff"), 0)?;
    has(
        &same.stderr,
        &["gpu1: no difference", "gpu2: no difference"],
    )
}

/// A run with all five; everything that tells of it tells the same.
fn trains_on_all(stage: &Stage) -> Outcome {
    let token = key(stage)?;
    let start =
        format!("curl -fsS -X POST -H 'X-API-Key: {token}' http://{HEAD}:8200/v1/training/start");
    stage.exits(&start, 0)?;
    claim(started(stage)?, "no training")?;
    let linked = "ss -Htn state established '( sport = :8200 )'";
    let peers = |address: &str| -> Result<usize, Failed> {
        Ok(stage.exits(linked, 0)?.stdout.matches(address).count())
    };
    claim(
        (peers("10.77.0.11:")?, peers("10.77.0.12:")?) == (2, 3),
        "not all are linked",
    )?;
    let status = stage.exits(&format!("{BOTH} status"), 0)?;
    claim(
        status.stdout.matches(" active ").count() == 5,
        &status.stdout,
    )?;
    let health = stage.exits(&format!("{BOTH} health --json"), 0)?;
    let health: Value = serde_json::from_str(&health.stdout)?;
    for host in health["hosts"].as_array().ok_or("no hosts")? {
        claim(
            host["reachable"] == true && host["output"]["verdict"] == "ready",
            host,
        )?;
    }
    let logs = stage.exits(&format!("{BOTH} logs worker@2"), 0)?;
    has(&logs.stdout, &["gpu1 worker@2 | ", "gpu2 worker@2 | "])?;
    stage.exits("juniperctl -H gpu2 why worker@3", 0).map(drop)
}

/// A host that is away is a row and an exit code, soon; nobody else is touched, and it comes back by itself.
fn one_is_away(stage: &Stage) -> Outcome {
    let workers = [workers(&stage.gpu1)?, workers(&stage.gpu2)?];
    let watching = Command::shell("juniperctl -H gpu2 health --watch").deadline(AWAY * 3);
    let mut watching = stage.head.spawn(watching)?;
    stage
        .head
        .wait_until("the first look", Duration::from_secs(20), || {
            watching.output().0.contains("the group is ready")
        })?;
    stage.cut(GPU2)?;
    let timed = |line: &str, code: i32| -> Result<String, Failed> {
        let begun = Instant::now();
        let told = stage.exits(line, code)?;
        let took = begun.elapsed();
        println!(
            "hosts: `{line}` with one cut off: {:.1} s",
            took.as_secs_f64()
        );
        claim(took < AWAY, format!("`{line}` took {took:?}"))?;
        Ok(told.stdout)
    };
    let status = timed(&format!("{BOTH} status"), 4)?;
    has(&status, &["gpu2  unreachable: ", "worker@2  active"])?;
    claim(status.matches(" active ").count() == 2, &status)?;
    let health = timed(&format!("{BOTH} health --json"), 3)?;
    let health: Value = serde_json::from_str(&health)?;
    claim(
        health["hosts"][0]["exit_code"] == 0 && health["hosts"][1]["reachable"] == false,
        &health,
    )?;
    // One that was connected before notices by itself.
    let watched = watching.wait(AWAY)?;
    claim(watched.code() == Some(3), format!("{watched:?}"))?;
    has(&watched.stderr, &["the connection is lost"])?;
    claim(!watched.stdout.contains("is down"), &watched.stdout)?;
    stage.exits("juniperctl -H gpu1 health", 0)?;
    stage.exits("juniperctl health", 0)?;
    stage.mend(GPU2)?;
    stage
        .head
        .wait_until("the host to be back", Duration::from_mins(1), || {
            run(&stage.head, &format!("{BOTH} health")).is_ok_and(|told| told.success())
        })?;
    stage.exits(&format!("{BOTH} status"), 0)?;
    claim(
        [self::workers(&stage.gpu1)?, self::workers(&stage.gpu2)?] == workers,
        "a worker was restarted",
    )
}

/// Those of one host, and of no other.
fn restarts_one_by_one(stage: &Stage) -> Outcome {
    let before = [workers(&stage.gpu1)?, workers(&stage.gpu2)?];
    stage.exits("juniperctl -H gpu1 restart worker", 0)?;
    let after = [workers(&stage.gpu1)?, workers(&stage.gpu2)?];
    claim(
        before[0].iter().all(|pid| !after[0].contains(pid)) && before[1] == after[1],
        format!("{before:?} became {after:?}"),
    )?;
    stage.exits("juniperctl -H gpu2 stop worker@3", 0)?;
    let told = stage.exits("juniperctl -H gpu2 health", 3)?;
    has(&told.stdout, &["worker@3 is down"])?;
    stage
        .exits("juniperctl -H gpu2 start worker@3", 0)
        .map(drop)
}

/// The hosts are as they were found.
fn is_gone(stage: &Stage, before: &[(Tree, String); 2]) -> Outcome {
    stage.exits(&format!("{BOTH} uninstall --purge --yes"), 0)?;
    for (host, before) in [&stage.gpu1, &stage.gpu2].into_iter().zip(before) {
        let ((before, names), (after, left)) = (before, tree(host)?);
        let changed: Vec<&PathBuf> = before
            .keys()
            .chain(after.keys())
            .filter(|path| before.get(*path) != after.get(*path))
            .collect();
        claim(changed.is_empty(), format!("left behind: {changed:?}"))?;
        let names: BTreeSet<&str> = names.lines().collect();
        let left: BTreeSet<&str> = left.lines().collect();
        let changed: Vec<&&str> = names.symmetric_difference(&left).collect();
        claim(changed.is_empty(), format!("left behind: {changed:?}"))?;
    }
    let left = stage.exits("ls /run", 0)?;
    claim(!left.stdout.contains("juniperctl-"), &left.stdout)
}

/// The files that an install may touch with their contents, and the names of all others.
fn tree(machine: &Machine) -> Result<(Tree, String), Failed> {
    let mut tree = machine.tree(
        &["/etc", "/opt", "/root", "/usr/local", "/var/lib"],
        &OTHERS,
    )?;
    // Made anew with each change, the same or not.
    tree.retain(|path, entry| !path.ends_with("gshadow-") && entry.kind != Kind::Special);
    let names = "find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp \
         -o -path /var/log -o -path '/var/tmp/systemd-*' -o -path '/var/lib/systemd/*' \\) -prune -o -print | sort";
    Ok((tree, exits(machine, names, 0)?.stdout))
}

/// The main processes of everything on the head.
fn local_processes(stage: &Stage) -> Result<String, Failed> {
    let units = "juniper-data juniper-cascor juniper-canopy juniper-watchdog";
    Ok(stage
        .exits(
            &format!("systemctl show --property=MainPID --value {units}"),
            0,
        )?
        .stdout)
}

/// The main processes of a host's workers.
fn workers(host: &Machine) -> Result<Vec<String>, Failed> {
    let show = "systemctl show --property=MainPID --value 'juniper-cascor-worker@*.service'";
    let shown = exits(host, show, 0)?.stdout;
    Ok(shown.split_whitespace().map(str::to_owned).collect())
}

fn key(stage: &Stage) -> Result<String, Failed> {
    let decrypt =
        "systemd-creds decrypt --name=cascor-api-key /etc/juniper/secrets/cascor-api-key.cred -";
    Ok(stage.exits(decrypt, 0)?.stdout.trim().to_owned())
}

fn started(stage: &Stage) -> Result<bool, Failed> {
    let token = key(stage)?;
    let asked = format!("curl -fsS -H 'X-API-Key: {token}' http://{HEAD}:8200/v1/training/status");
    let status: Value = serde_json::from_str(&stage.exits(&asked, 0)?.stdout)?;
    Ok(status["data"]["state_machine"]["status"] == "STARTED")
}
