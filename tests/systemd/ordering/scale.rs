//! Worker instances: scaled up and down, remembered over a reboot, restarted one by one.

use std::collections::BTreeMap;
use std::time::Duration;

use juniper_lab::{BootOptions, Command, Machine, Suite};
use libtest_mimic::Failed;

use super::super::lab::{Outcome, claim, exits, has, machine, run};

/// Counts ready workers again and again: all four are asked at the same moment, and each round is one
/// digit. Says `.` before the first round, so that a test knows that it looks.
const PROBER: &str = r"
import socket, sys, select, time
def ready(ports):
    waiting = {}
    for port in ports:
        s = socket.socket(); s.setblocking(False); s.connect_ex(('127.0.0.1', port)); waiting[s] = b''
    good, sent, end = 0, set(), time.monotonic() + 1
    while waiting and time.monotonic() < end:
        r, w, _ = select.select(list(waiting), [s for s in waiting if s not in sent], [], 0.05)
        for s in w:
            try: s.send(b'GET /v1/health/ready HTTP/1.0\r\nHost: x\r\n\r\n'); sent.add(s)
            except OSError: waiting.pop(s); s.close()
        for s in r:
            if s not in waiting: continue
            try: waiting[s] += s.recv(4096)
            except OSError: waiting.pop(s); s.close(); continue
            if b'\r\n' in waiting[s]:
                good += b' 200 ' in waiting.pop(s); s.close()
    return good
ports = [8210, 8211, 8212, 8213]
sys.stdout.write('.'); sys.stdout.flush()
while True:
    sys.stdout.write(str(ready(ports))); sys.stdout.flush()
";

/// `scale worker=4`, then 1, then a reboot: the right instances, and nobody else is touched.
pub(super) fn scaled(suite: Suite) -> Outcome {
    let mut machine = machine(suite, BootOptions::default().persistent())?;
    exits(&machine, "juniperctl install --profile mock --now", 0)?;
    let first = processes(&machine)?;
    claim(workers(&first) == ["1"], format!("{first:?}"))?;

    let told = exits(&machine, "juniperctl scale worker=4", 0)?;
    has(
        &told.stderr,
        &[
            "writes   /etc/juniper/juniper.toml.d/99-scale.toml",
            "worker@4: ready",
        ],
    )?;
    let four = processes(&machine)?;
    claim(workers(&four) == ["1", "2", "3", "4"], format!("{four:?}"))?;
    untouched(&first, &four)?;
    for number in 1..=4 {
        own_places(&machine, number)?;
    }
    exits(&machine, "juniperctl health", 0)?;

    exits(&machine, "juniperctl scale worker=1", 0)?;
    let one = processes(&machine)?;
    claim(workers(&one) == ["1"], format!("{one:?}"))?;
    untouched(&first, &one)?;
    // An install agrees with it.
    has(
        &exits(&machine, "juniperctl install --profile mock", 0)?.stderr,
        &["nothing to change"],
    )?;

    exits(&machine, "juniperctl scale worker=2", 0)?;
    machine.reboot()?;
    exits(&machine, "juniperctl health", 0)?;
    let booted = processes(&machine)?;
    claim(workers(&booted) == ["1", "2"], format!("{booted:?}"))?;

    let refused = exits(&machine, "juniperctl scale data=2", 2)?;
    has(
        &refused.stderr,
        &["data has no instances", "these have instances: worker"],
    )?;
    // It carries out nothing that was not asked for.
    let other = "/etc/juniper/juniper.toml.d/other.toml";
    machine.write(other, "[services.canopy]\nport = 8051\n", 0o644)?;
    let refused = exits(&machine, "juniperctl scale worker=0", 1)?;
    has(
        &refused.stderr,
        &[
            "the configuration has changed since the last install",
            "sudo juniperctl install",
        ],
    )?;
    exits(&machine, &format!("rm {other}"), 0)?;
    // Two at once end as one after the other.
    exits(
        &machine,
        "juniperctl scale worker=4 & juniperctl scale worker=3 & wait",
        0,
    )?;
    let running = processes(&machine)?;
    let wanted = exits(
        &machine,
        "grep -c '^Wants=juniper-cascor-worker@' /etc/systemd/system/juniper.target",
        0,
    )?;
    claim(
        wanted.stdout.trim() == workers(&running).len().to_string(),
        format!(
            "{} workers are wanted, these run: {running:?}",
            wanted.stdout.trim()
        ),
    )?;
    exits(&machine, "juniperctl scale worker=0", 0)?;
    claim(
        workers(&processes(&machine)?).is_empty(),
        "a worker is left",
    )?;
    exits(&machine, "juniperctl health", 0)?;
    exits(&machine, "juniperctl uninstall --purge --yes", 0)?;
    claim(
        // The directory itself is the package's.
        exits(&machine, "ls -A /etc/juniper/juniper.toml.d", 0)?
            .stdout
            .is_empty()
            && !machine.exists("/var/lib/juniperctl")?,
        "uninstall left what scale made",
    )
}

/// Every instance has its own port, state and log directory.
fn own_places(machine: &Machine, number: u32) -> Outcome {
    let port = 8209 + number;
    exits(
        machine,
        &format!(
            "curl -fsS http://127.0.0.1:{port}/v1/health/ready && \
             test -d /var/lib/juniper/worker/{number} && test -d /var/log/juniper/worker/{number}"
        ),
        0,
    )
    .map(drop)
}

/// Running units of ours and their processes.
fn processes(machine: &Machine) -> Result<BTreeMap<String, String>, Failed> {
    let script = "for unit in $(systemctl list-units 'juniper-*.service' --state=active --plain --no-legend | cut -d' ' -f1); do \
                  echo $unit $(systemctl show -p MainPID --value $unit); done";
    Ok(exits(machine, script, 0)?
        .stdout
        .lines()
        .filter_map(|line| line.split_once(' '))
        // It may still be writing the start down.
        .filter(|(unit, _)| *unit != "juniper-ready.service")
        .map(|(unit, pid)| (unit.to_owned(), pid.to_owned()))
        .collect())
}

fn workers(processes: &BTreeMap<String, String>) -> Vec<&str> {
    processes
        .keys()
        .filter_map(|unit| {
            unit.strip_prefix("juniper-cascor-worker@")?
                .strip_suffix(".service")
        })
        .collect()
}

/// All that ran at first still runs as the same process.
fn untouched(first: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Outcome {
    for (unit, pid) in first {
        claim(
            now.get(unit) == Some(pid),
            format!("{unit} was touched: {first:?}, {now:?}"),
        )?;
    }
    Ok(())
}

/// What an instance's own process has in its environment, and has not.
fn environments(machine: &Machine) -> Outcome {
    for number in 1..=4 {
        let line = format!(
            "tr '\\0' '\\n' < /proc/$(systemctl show -p MainPID --value juniper-cascor-worker@{number}.service)/environ"
        );
        let environment = exits(machine, &line, 0)?.stdout;
        has(
            &environment,
            &[
                &format!("JUNIPERCTL_INSTANCE={number}\n"),
                "CUDA_VISIBLE_DEVICES=\n",
            ],
        )?;
        claim(
            !environment.contains("NOTIFY_SOCKET"),
            "the service was handed systemd's notification socket",
        )?;
    }
    Ok(())
}

/// Never two of four are away at the same time, as somebody outside sees it.
pub(super) fn rolling(suite: Suite) -> Outcome {
    let machine = machine(suite, BootOptions::default())?;
    machine.write(
        "/etc/juniper/juniper.toml",
        "profile = \"mock\"\n[services.worker]\ninstances = 4\nenvironment.JUNIPER_STANDIN_READY_AFTER = \"300ms\"\n",
        0o644,
    )?;
    exits(&machine, "juniperctl install --now", 0)?;
    environments(&machine)?;
    machine.write("/run/prober.py", PROBER, 0o644)?;
    let prober = machine.spawn(Command::new(&["python3", "-u", "/run/prober.py"]))?;
    let seen = || prober.output().0;
    machine.wait_until("the prober to look", Duration::from_secs(10), || {
        seen().len() > 5
    })?;
    let before = processes(&machine)?;
    let told = exits(&machine, "juniperctl restart worker", 0)?;
    has(&told.stderr, &["worker@1: ready", "worker@4: ready"])?;
    let length = seen().len();
    machine.wait_until("the prober to look again", Duration::from_secs(10), || {
        seen().len() > length + 5
    })?;
    let (rounds, complaints) = prober.stop();
    claim(complaints.is_empty(), &complaints)?;
    let after = processes(&machine)?;
    for (unit, pid) in &before {
        let kept = after.get(unit) == Some(pid);
        claim(
            kept != unit.contains("worker@"),
            format!("{unit}: {before:?}, {after:?}"),
        )?;
    }
    // A round that straddles two restarts may miss both; two in a row cannot.
    claim(
        !rounds
            .as_bytes()
            .windows(2)
            .any(|pair| pair.iter().all(|digit| *digit < b'3')),
        format!("fewer than three were ready: {rounds}"),
    )?;
    claim(
        rounds.contains('3'),
        format!("the prober saw no restart: {rounds}"),
    )?;
    // The whole service by name also works where some of it is stopped.
    exits(
        &machine,
        "systemctl stop juniper-cascor-worker@2.service",
        0,
    )?;
    exits(&machine, "juniperctl restart worker", 0)?;
    let healthy = run(&machine, "juniperctl health")?;
    claim(healthy.success(), healthy.stdout)
}
