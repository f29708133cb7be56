//! What a start waits for and says, who is told to hold a GPU and who is not, and what is left behind.

use std::time::Duration;

use juniper_lab::{BootOptions, Machine, Suite};

use super::super::lab::{Outcome, claim, exits, has, machine, run};
use super::{CONFIGURATION, DRIVER, FIRST, NODES, SECOND};

const SOON: Duration = Duration::from_secs(30);

pub(super) fn waited_for_and_told_of() -> Outcome {
    let machine = machine(Suite::Trixie, BootOptions::default())?;
    machine.write("/etc/juniper/juniper.toml", CONFIGURATION, 0o644)?;
    without_a_driver(&machine)?;
    exits(&machine, DRIVER, 0)?;
    installed(&machine)?;
    waits_for_nodes(&machine)?;
    usage_is_told(&machine)?;
    moved(&machine)?;
    scaled_and_gone(&machine)
}

fn until(machine: &Machine, line: &str, part: &str) -> Outcome {
    machine.wait_until(&format!("{line}: {part}"), SOON, || {
        run(machine, line).is_ok_and(|said| said.stdout.contains(part))
    })?;
    Ok(())
}

/// Without a driver that is told in one line, and an install says that nothing will be opened.
fn without_a_driver(machine: &Machine) -> Outcome {
    let gate = exits(machine, "juniperctl gate gpu --within 0s", 1)?;
    has(
        &gate.stderr,
        &[
            "missing: the NVIDIA driver is not loaded: there is no /proc/driver/nvidia/version\n",
            "error: no GPU can be opened after 0s",
            "hint: `modprobe nvidia` loads it",
        ],
    )?;
    let audit = exits(machine, "juniperctl audit", 0)?.stdout;
    claim(
        audit.ends_with("\nGPUs: none, no NVIDIA driver is loaded\n"),
        &audit,
    )?;
    let told = exits(machine, "juniperctl install --yes --dry-run", 0)?;
    let warning = "warning: cascor, worker@1, worker@2, worker@3, worker@4 may open no GPU so, and will not \
                   start: no NVIDIA driver is loaded here";
    has(&told.stderr, &[warning])
}

/// Each instance has a drop-in, a GPU of two services is told, and what is missing is told by its name.
fn installed(machine: &Machine) -> Outcome {
    let told = exits(machine, "juniperctl install --yes", 0)?.stderr;
    has(
        &told,
        &[
            "creates  juniper-gpu.service",
            "creates  juniper-cascor-worker@4.service.d/10-juniper-gpu.conf",
            &format!(
                "warning: {SECOND} is given to cascor and worker@2 and worker@4: they share its memory"
            ),
        ],
    )?;
    claim(!told.contains("is given to worker@1"), &told)?;
    let again = exits(machine, "juniperctl install --yes", 0)?;
    has(&again.stderr, &["nothing to change"])?;
    let nowhere = "GPU-00000000-0000-4000-8000-000000000000";
    let line = format!("juniperctl gate gpu --within 0s {SECOND} {nowhere}");
    let missing = exits(machine, &line, 1)?.stderr;
    let told: Vec<&str> = missing
        .lines()
        .filter_map(|line| line.strip_prefix("missing: "))
        .collect();
    let others = format!(
        "this machine has no {nowhere}; there are: {FIRST} (NVIDIA A100-PCIE-40GB), {SECOND} (NVIDIA A100-PCIE-40GB)"
    );
    let expected = [
        &*others,
        "/dev/nvidia-uvm is missing",
        "/dev/nvidia-uvm-tools is missing",
        "/dev/nvidia0 is missing",
        "/dev/nvidiactl is missing",
    ];
    claim(told == expected, &missing)
}

/// A start without the nodes waits for them before any service with a GPU is started; they come, and
/// nobody has failed.
fn waits_for_nodes(machine: &Machine) -> Outcome {
    exits(machine, "systemctl start --no-block juniper.target", 0)?;
    until(
        machine,
        "systemctl show -p StatusText --value juniper-gpu.service",
        "waiting for a GPU: /dev/nvidia-uvm is missing",
    )?;
    until(
        machine,
        "systemctl show -p ActiveState juniper-data",
        "=active",
    )?;
    let cascor = "systemctl show -p ActiveState -p ExecMainStartTimestampMonotonic juniper-cascor";
    let waiting = exits(machine, cascor, 0)?.stdout;
    has(&waiting, &["ActiveState=inactive\n", "Monotonic=0\n"])?;
    exits(machine, NODES, 0)?;
    let told = exits(machine, "juniperctl start", 0)?;
    has(
        &told.stderr,
        &[
            "cascor has not used its GPU yet\n",
            "worker@4 has not used its GPU yet\n",
        ],
    )?;
    let units = "juniper-cascor.service 'juniper-cascor-worker@*.service'";
    let restarts = exits(
        machine,
        &format!("systemctl show -p NRestarts --value {units}"),
        0,
    )?
    .stdout;
    claim(restarts.split_whitespace().eq(["0"; 5]), &restarts)?;
    for (number, gpu) in [(1, FIRST), (2, SECOND), (3, FIRST), (4, SECOND)] {
        let line = format!(
            "tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value juniper-cascor-worker@{number})/environ"
        );
        let environment = exits(machine, &line, 0)?.stdout;
        has(&environment, &[&format!("CUDA_VISIBLE_DEVICES={gpu}\n")])?;
    }
    Ok(())
}

/// Who holds a GPU, who has not used it yet, and who works without it, are told apart.
fn usage_is_told(machine: &Machine) -> Outcome {
    exits(machine, TRAINS, 0)?;
    let ready = "curl -s http://127.0.0.1:8200/v1/health/ready";
    until(machine, ready, "Started")?;
    let told = exits(machine, "juniperctl status", 0)?;
    has(
        &told.stderr,
        &[
            "warning: cascor is at work and holds no GPU: it runs on the CPU\nhint: ",
            "worker@1 has not used its GPU yet\n",
        ],
    )?;
    let json = exits(machine, "juniperctl status --json", 0)?.stdout;
    has(&json, &[r#""gpu":{"state":"on_processor","held":[]}"#])?;
    // Who has only asked what there is has the GPU's node open, and computes on the processor all the same.
    exits(machine, ASKS, 0)?;
    let told = exits(machine, "juniperctl health", 0)?;
    has(
        &told.stderr,
        &["warning: cascor is at work and holds no GPU: it runs on the CPU\n"],
    )?;
    let audit = exits(machine, "juniperctl audit", 0)?.stdout;
    has(&audit, &[", has it open and computes nothing)\n"])?;
    // A node that can be opened stands for the GPU, a program that is mapped from where another is for its memory.
    exits(machine, HOLDS, 0)?;
    let told = exits(machine, "juniperctl health", 0)?;
    has(
        &told.stderr,
        &[&format!("cascor holds {SECOND} (/dev/nvidia0)\n")],
    )?;
    let audit = exits(machine, "juniperctl audit", 0)?.stdout;
    has(
        &audit,
        &[
            "GPUs, NVIDIA driver 535.183.01\n",
            "    may use it: worker@1, worker@3\n    nobody uses it now\n",
            "    may use it: cascor, worker@2, worker@4\n    uses it: cascor (",
            "cascor (nvidia-uvm ",
        ],
    )?;
    let json = exits(machine, "juniperctl audit --json", 0)?.stdout;
    has(&json, &[r#""may_use":["worker@1","worker@3"],"uses":[]"#])
}

const TRAINS: &str = "curl -fsS -X POST http://127.0.0.1:8200/v1/training/start";

/// A process of cascor's that has the GPU open.
const ASKS: &str = "set -e
rm /dev/nvidia0; cp -a /dev/null /dev/nvidia0
group=/sys/fs/cgroup$(systemctl show -p ControlGroup --value juniper-cascor.service)
setsid sh -c 'echo $$ >$0/cgroup.procs; exec sleep 600 3<>/dev/nvidia0' $group >/dev/null 2>&1 &
for look in $(seq 100); do
    grep -qs sleep /proc/$!/comm && exit 0
    sleep 0.1
done
exit 1";

/// And one that has memory there besides.
const HOLDS: &str = "set -e
rm /dev/nvidia-uvm; cp /bin/sleep /dev/nvidia-uvm
group=/sys/fs/cgroup$(systemctl show -p ControlGroup --value juniper-cascor.service)
setsid sh -c 'echo $$ >$0/cgroup.procs; exec /dev/nvidia-uvm 600 3<>/dev/nvidia0' $group >/dev/null 2>&1 &
for look in $(seq 100); do
    grep -qs nvidia-uvm /proc/$!/comm && break
    sleep 0.1
done
rm /dev/nvidia-uvm; mknod -m 666 /dev/nvidia-uvm c 511 0
grep -qs nvidia-uvm /proc/$!/comm";

/// Cards were moved, and the numbers of their nodes with them: the gate goes by the name, and refuses.
fn moved(machine: &Machine) -> Outcome {
    let swapped = "cd /proc/driver/nvidia/gpus; sed -i 's/Minor:.*/Minor: 0/' 0000:17:00.0/information; \
                   sed -i 's/Minor:.*/Minor: 2/' 0000:65:00.0/information";
    exits(machine, swapped, 0)?;
    let gate = format!(
        "CUDA_VISIBLE_DEVICES={SECOND} juniperctl gate exec --gpu --service cascor -- /bin/true"
    );
    let told = exits(machine, &gate, 72)?;
    has(
        &told.stderr,
        &["cascor is not started: /dev/nvidia2 is missing\nhint: "],
    )?;
    let none = "CUDA_VISIBLE_DEVICES= juniperctl gate exec --gpu --service cascor -- /bin/true";
    has(
        &exits(machine, none, 72)?.stderr,
        &["no GPU is given to it: none was known when its unit was written"],
    )?;
    // An install follows them, by the drop-ins alone.
    let told = exits(machine, "juniperctl install --yes", 0)?.stderr;
    has(
        &told,
        &[
            "rewrites juniper-cascor-worker@1.service.d/10-juniper-gpu.conf",
            "-DeviceAllow=/dev/nvidia1 rw\n+DeviceAllow=/dev/nvidia0 rw\n",
            "at its next restart: changes cascor, worker@1, worker@2, worker@3, worker@4",
        ],
    )
}

/// Drop-ins come and go with their instances, and leave nothing behind.
fn scaled_and_gone(machine: &Machine) -> Outcome {
    let told = exits(machine, "juniperctl scale worker=2", 0)?.stderr;
    has(
        &told,
        &["removes  juniper-cascor-worker@3.service.d/10-juniper-gpu.conf"],
    )?;
    let directories = "cd /etc/systemd/system; echo juniper*.d";
    let left = exits(machine, directories, 0)?.stdout;
    claim(
        left == "juniper-cascor-worker@1.service.d juniper-cascor-worker@2.service.d\n",
        &left,
    )?;
    let receipt = exits(machine, "cat /var/lib/juniperctl/receipt.json", 0)?.stdout;
    claim(
        receipt.contains("worker@2.service.d/") && !receipt.contains("worker@3.service.d/"),
        &receipt,
    )?;
    exits(machine, "juniperctl uninstall --yes", 0)?;
    let left = exits(machine, "ls /etc/systemd/system | grep juniper || true", 0)?.stdout;
    claim(left.is_empty(), &left)
}
