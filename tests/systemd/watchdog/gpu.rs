//! A GPU of which the kernel tells a fault. Only a machine with a kernel of its own can say such a thing for
//! real; a container shows what a file of faults does on another systemd, and what a forged line does not.

use std::time::{Duration, Instant};

use juniper_lab::vm::Vm;
use juniper_lab::{BootOptions, Suite};
use libtest_mimic::Failed;
use serde_json::Value;

use super::super::gpu::{DRIVER, NODES};
use super::super::lab::{Outcome, claim, exits, has, machine};
use super::notification::COMMAND as NOTIFICATION;
use super::stage::{Stage, WATCHDOG};

/// An emulated machine is slow.
const COMMAND: Duration = Duration::from_mins(1);

const CASCOR: &str = "juniper-cascor.service";
const KERNEL_LOG: &str = "juniper-kernel-log.service";

/// The configuration that the machine must have, beside its profile.
pub(in super::super) const CONFIGURATION: &str = "[services.cascor]\ngpu = true\n";

const GIVEN_UP: &str = "given up: GPU 0000:3b:00 has fallen off the bus (Xid 79): needs a reboot";

/// What anybody can do to have an entry look like the kernel's.
const FORGERY: &str = r#"
line='NVRM: Xid (PCI:0000:3b:00): 79, pid=7, GPU has fallen off the bus.'
logger -t kernel "$line"
logger -p kern.crit "$line"
echo "$line" | systemd-cat -t kernel
printf '_TRANSPORT=kernel\nSYSLOG_IDENTIFIER=kernel\nMESSAGE=%s\n' "$line" | logger --journald
if echo "$line" >/dev/kmsg; then exit 9; fi 2>/dev/null
"#;

/// In a container of the newest systemd (the oldest makes a procfs for each unit, in which there is no driver
/// that is only played): forged entries do nothing; what the unit writes down refuses a start, once, and a
/// person ends that.
pub(super) fn refused(suite: Suite) -> Outcome {
    let configuration = format!("profile = \"mock\"\n{CONFIGURATION}");
    let machine = machine(suite, BootOptions::default())?;
    exits(&machine, &driver(), 0)?;
    let stage = Stage::on(machine, &configuration)?;
    stage.machine.write("/srv/forgery", FORGERY, 0o755)?;
    let forge = "systemd-run --quiet --wait -p User=juniper sh /srv/forgery && journalctl --sync";
    stage.exits(forge, 0)?;
    stage.goes_on(Duration::from_secs(2), || {
        let incidents = stage.incidents()?;
        claim(incidents.is_empty(), format!("{incidents:?}"))
    })?;
    // It reads the journal: without the permission journalctl would have ended.
    for (property, wanted) in [("ActiveState", "active"), ("NRestarts", "0")] {
        let found = stage.shown(KERNEL_LOG, property)?;
        claim(found == wanted, format!("{property} is {found}"))?;
    }
    let write = r#"cat >/run/juniper-kernel-log/new <<END
{"version":1,"cursor":null,"faults":[{"gpu":"0000:3b:00",
"symptom":{"xid":79},"cure":"reboot","first_us":$(date +%s%6N),"last_us":$(date +%s%6N),"kernel_us":5,"times":1,
"over":false}],"names":{}}
END
mv /run/juniper-kernel-log/new /run/juniper-kernel-log/gpu-faults.json"#;
    stage.exits(write, 0)?;
    stage.waits_until("the incident", || {
        stage
            .incidents()
            .is_ok_and(|incidents| !incidents.is_empty())
    })?;
    stage.signal(CASCOR, "KILL")?;
    stage.waits_until("cascor to be given up", || {
        stage
            .shown(CASCOR, "ActiveState")
            .is_ok_and(|state| state == "failed")
    })?;
    let found = stage.shown(CASCOR, "ExecMainStatus")?;
    claim(found == "69", format!("it ended with {found}"))?;
    has(&stage.exits("juniperctl status", 0)?, &[GIVEN_UP])?;
    stage.exits("juniperctl resume cascor && juniperctl start cascor", 0)?;
    stage.all_well()
}

/// For real: the kernel says it, and a reboot must end it afterwards.
pub(in super::super) fn lost(machine: &Vm) -> Outcome {
    let sh = |line: &str| machine.succeed(line, COMMAND);
    machine.succeed(&format!("systemctl is-active {KERNEL_LOG}"), COMMAND)?;
    let forged = format!("cat >/srv/forgery <<'END'\n{FORGERY}\nEND");
    sh(&forged)?;
    sh("systemd-run --quiet --wait -p User=juniper sh /srv/forgery")?;
    // A fault of an application: what was forged came before it, and is not there.
    kernel(
        machine,
        "Xid (PCI:0000:3b:00): 31, pid=7, name=python, MMU Fault",
    )?;
    let incident = incident(machine, "31")?;
    claim(
        incident["gpu"]["users"] == serde_json::json!(["cascor"]),
        &incident,
    )?;
    let first = process(machine)?;
    sh(&format!("kill -s KILL {first}"))?;
    until(machine, "juniperctl health")?;
    let before = process(machine)?;
    claim(before != first, "it was not started again")?;
    // It falls off the bus, and what runs is left alone.
    kernel(
        machine,
        "GPU at PCI:0000:3b:00: GPU-b850f46d-d5ea-c752-ddf3-c4453e44d3f7",
    )?;
    let begun = Instant::now();
    kernel(
        machine,
        "Xid (PCI:0000:3b:00): 79, pid=7, GPU has fallen off the bus.",
    )?;
    let incident = self::incident(machine, "79")?;
    println!("an incident {:?} after the kernel's line", begun.elapsed());
    claim(
        incident["gpu"]["uuid"] == "GPU-b850f46d-d5ea-c752-ddf3-c4453e44d3f7",
        &incident,
    )?;
    let now = process(machine)?;
    claim(now == before, format!("{before} became {now}"))?;
    // It dies, and is not tried again and again.
    sh(&format!("kill -s KILL {before}"))?;
    until(machine, &format!("systemctl is-failed --quiet {CASCOR}"))?;
    let state = sh(&format!(
        "systemctl show -p ExecMainStatus -p NRestarts {CASCOR}"
    ))?;
    println!("{}", state.replace('\n', " "));
    has(&state, &["ExecMainStatus=69"])?;
    until(
        machine,
        "juniperctl incidents | grep -q 'needs a reboot; .*cascor.* suffered from it'",
    )?;
    has(
        &sh("juniperctl status 2>&1")?,
        &[GIVEN_UP, "is left as it is"],
    )?;
    has(
        &sh("juniperctl why cascor")?,
        &["GPU 0000:3b:00: it has fallen off the bus"],
    )?;
    let metrics = sh("curl -fsS http://127.0.0.1:8060/metrics")?;
    has(
        &metrics,
        &[
            "juniper_gpu_faults_total{gpu=\"0000:3b:00\",xid=\"79\"} 1\n",
            "juniper_gpu_lost{service=\"cascor\"} 1\n",
            "juniper_given_up{service=\"cascor\"} 1\n",
            "juniper_incident_open{root=\"GPU 0000:3b:00\"} 1\n",
        ],
    )?;
    has(
        &sh("curl -fsS http://127.0.0.1:8060/")?,
        &["cascor is given up: GPU 0000:3b:00"],
    )?;
    println!("{}", sh(MEMORY)?.trim());
    // All of them die, and journald with them; what is said afterwards is heard, and nothing twice.
    sh(&format!(
        "systemctl kill -s KILL {WATCHDOG} {KERNEL_LOG}; systemctl restart systemd-journald"
    ))?;
    kernel(
        machine,
        "Xid (PCI:0000:5e:00): 119, pid=7, Timeout waiting for RPC from GSP!",
    )?;
    self::incident(machine, "119")?;
    let told = "journalctl -u 'juniper-notification@*' -o cat --no-pager | grep -c '\"root_cause\":\"GPU 0000:3b'";
    until(machine, &format!("[ \"$({told})\" = 1 ]"))?;
    let incidents = incidents(machine)?;
    claim(incidents.len() == 2, format!("{incidents:?}"))?;
    // A person knows better; then it is lost once more, for the reboot to end.
    sh("juniperctl resume cascor")?;
    sh("juniperctl start cascor")?;
    kernel(machine, "GPU 0000:3b:00.0: GPU has fallen off the bus.")?;
    until(
        machine,
        "juniperctl status 2>&1 | grep -q 'cascor is left as it is'",
    )
}

/// The proportional memory of the unit's processes, in KiB.
const MEMORY: &str = "for pid in $(cat /sys/fs/cgroup/system.slice/juniper-kernel-log.service/cgroup.procs); do \
    echo $(cat /proc/$pid/comm): $(grep ^Pss: /proc/$pid/smaps_rollup); done";

/// What makes the machine look as if a driver and two GPUs were there.
pub(in super::super) fn driver() -> String {
    format!("{DRIVER}{NODES}")
}

/// Does it at each boot, before anybody asks.
pub(in super::super) const DRIVER_UNIT: &str = "[Unit]\nBefore=juniper-gpu.service\n\
    [Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh /srv/driver\n";

/// More of the configuration: somebody to tell.
pub(in super::super) fn configuration() -> String {
    format!("profile = \"mock\"\n{CONFIGURATION}{NOTIFICATION}")
}

/// Has the kernel say something of the driver's, in the form in which journald takes it for the kernel's own.
fn kernel(machine: &Vm, line: &str) -> Outcome {
    machine.succeed(
        &format!("echo '<3>kernel: NVRM: {line}' >/dev/kmsg"),
        COMMAND,
    )?;
    Ok(())
}

fn process(machine: &Vm) -> Result<String, Failed> {
    let line = format!("systemctl show -p MainPID --value {CASCOR}");
    Ok(machine.succeed(&line, COMMAND)?.trim().to_owned())
}

/// All incidents of GPUs. Whoever talks to a service that is killed may well have one of its own.
fn incidents(machine: &Vm) -> Result<Vec<Value>, Failed> {
    let told: Value =
        serde_json::from_str(&machine.succeed("juniperctl incidents --json", COMMAND)?)?;
    let mut incidents = told["incidents"].as_array().cloned().unwrap_or_default();
    incidents.retain(|incident| incident["gpu"].is_object());
    Ok(incidents)
}

/// The incident of a GPU that is about this fault, once there is one.
fn incident(machine: &Vm, fault: &str) -> Result<Value, Failed> {
    let line = format!("juniperctl incidents --json | grep -q '\"fault\":\"{fault}\"'");
    until(machine, &line)?;
    incidents(machine)?
        .into_iter()
        .rfind(|incident| incident["gpu"]["fault"] == fault)
        .ok_or_else(|| "no incident".into())
}

/// Waits until a line of shell succeeds.
fn until(machine: &Vm, line: &str) -> Outcome {
    let waits = format!("until {line}; do sleep 0.2; done >/dev/null 2>&1");
    machine.succeed(&waits, COMMAND)?;
    Ok(())
}
