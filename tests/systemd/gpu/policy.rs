//! Which nodes a unit may open, on a kernel that enforces the device policy.
//!
//! Opening a node that is allowed fails there with "No such device or address", because nobody is behind
//! it; opening one that is not with "Operation not permitted".

use std::time::Duration;

use juniper_lab::Suite;
use juniper_lab::vm::{Image, Vm};
use libtest_mimic::Failed;

use super::super::lab::{self, Outcome, claim, has};
use super::{CONFIGURATION, DRIVER, FIRST, NODES, SECOND};

/// An emulated machine is ten times slower than a real one.
const VIRTUAL: Duration = Duration::from_mins(3);

/// A shell function that tries to open nodes as a process of a unit, and says what comes of each.
const OPENS: &str = r#"opens() {
    unit=$1; shift
    group=/sys/fs/cgroup$(systemctl show -p ControlGroup --value $unit)
    sh -c 'echo $$ >$0/cgroup.procs; for node; do
        if said=$( (exec 3<>/dev/$node) 2>&1); then echo "$node opened"; else echo "$node ${said##*: }"; fi
    done' $group "$@"
}
"#;

/// What it says of a node that is allowed, and of one that is not.
const ALLOWED: &str = "No such device or address";
const DENIED: &str = "Operation not permitted";

/// One worker for each GPU is enough, and so are those who are asked: an emulated machine is slow.
pub(super) fn own_gpus() -> Outcome {
    let disk = Image::prepare(Suite::Trixie)?.disk(|tree| {
        lab::packages(tree)?;
        let text = CONFIGURATION.replace("instances = 4", "instances = 2");
        std::fs::write(tree.join("etc/juniper/juniper.toml"), text).unwrap();
        Ok(())
    })?;
    let machine = Stage(Vm::boot(&disk, VIRTUAL)?);
    machine.0.wait_until_settled(VIRTUAL)?;
    machine.succeed(&format!("{DRIVER}juniperctl install --yes --quiet"))?;
    comes_late(&machine)?;
    comes_very_late(&machine)?;
    opens_its_own(&machine)?;
    both_names_of_the_group(&machine)?;
    machine.0.power_off()?;
    Ok(())
}

/// The machine, and what is asked of it.
struct Stage(Vm);

impl Stage {
    fn succeed(&self, line: &str) -> Result<String, Failed> {
        Ok(self.0.succeed(line, VIRTUAL)?)
    }

    /// Asks until the answer has this in it.
    fn until(&self, line: &str, part: &str) -> Outcome {
        let waiting = format!(
            "for look in $(seq 600); do said=$({line}); case $said in *'{part}'*) exit 0;; esac; sleep 0.1; done; \
             echo \"$said\" >&2; exit 1"
        );
        self.succeed(&waiting).map(drop)
    }

    /// Asks until the gate of a unit has found its GPUs and waits for another service.
    fn waits_for_another(&self, unit: &str) -> Outcome {
        let status = format!("systemctl show -p StatusText --value {unit}");
        self.until(&status, "waiting: ")
    }

    fn opens(&self, unit: &str, nodes: &[&str]) -> Result<String, Failed> {
        self.succeed(&format!("{OPENS}opens {unit} {}", nodes.join(" ")))
    }
}

/// Nodes come while `juniper-gpu.service` waits for them, and so before any policy. Nobody starts what
/// the services depend on: an emulated machine is slow, and a gate that waits has the policy of its unit.
fn comes_late(machine: &Stage) -> Outcome {
    machine.succeed("systemctl start --no-block juniper-cascor.service")?;
    machine.until(
        "systemctl show -p StatusText --value juniper-gpu.service",
        "waiting for a GPU: /dev/nvidia-uvm is missing",
    )?;
    machine.succeed(NODES)?;
    machine.waits_for_another("juniper-cascor.service")?;
    let restarts = "systemctl show -p NRestarts --value juniper-cascor.service";
    claim(
        machine.succeed(restarts)?.trim() == "0",
        "it was tried twice",
    )
}

/// Each unit opens what all share and its own, and is denied the other's; one without a GPU has nothing.
fn opens_its_own(machine: &Stage) -> Outcome {
    // Started without cascor, workers wait for it in their gates.
    machine.succeed(
        "systemctl stop juniper-cascor.service; \
         systemctl start --no-block juniper-cascor-worker@1.service juniper-cascor-worker@2.service",
    )?;
    let first = (
        "juniper-cascor-worker@1.service",
        "nvidia1",
        "nvidia0",
        FIRST,
    );
    let second = (
        "juniper-cascor-worker@2.service",
        "nvidia0",
        "nvidia1",
        SECOND,
    );
    for (unit, own, other, name) in [first, second] {
        machine.waits_for_another(unit)?;
        let came = machine.opens(
            unit,
            &["nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", own, other],
        )?;
        let expected = ["nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", own]
            .map(|node| format!("{node} {ALLOWED}\n"))
            .concat();
        claim(came == format!("{expected}{other} {DENIED}\n"), &came)?;
        let environment = machine.succeed(&format!(
            "tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value {unit})/environ"
        ))?;
        has(&environment, &[&format!("CUDA_VISIBLE_DEVICES={name}\n")])?;
    }
    // Of one that is given none.
    let without = machine.succeed(
        "systemd-run --quiet --wait --pipe -p \"$(sed -n /^DevicePolicy=/p /etc/systemd/system/juniper-data.service)\" \
         sh -c 'for node in nvidiactl nvidia0; do (exec 3<>/dev/$node) 2>&1; done; true'",
    )?;
    claim(without.matches(DENIED).count() == 2, &without)
}

/// `gpu = true` goes by the group of the nodes, whichever of its two names the kernel knows.
fn both_names_of_the_group(machine: &Stage) -> Outcome {
    let rendered = machine.succeed(
        "printf 'profile = \"mock\"\\n[services.cascor]\\ngpu = true\\n' >/run/all.toml; \
         juniperctl --config /run/all.toml render | sed -n '/^DeviceAllow=/p'",
    )?;
    let properties: Vec<String> = rendered
        .lines()
        .map(|line| format!("-p '{line}'"))
        .collect();
    claim(properties.len() == 4, &rendered)?;
    for name in ["nvidia-frontend", "nvidia"] {
        let came = machine.succeed(&format!(
            "sed -i 's/^195 .*/195 {name}/' /run/devices; \
             systemd-run --quiet --wait --pipe -p DevicePolicy=closed {} \
             sh -c 'for node in nvidia0 nvidia1 nvidiactl nvidia-uvm; do (exec 3<>/dev/$node) 2>&1; done; true'",
            properties.join(" ")
        ))?;
        claim(
            came.matches(ALLOWED).count() == 4 && !came.contains(DENIED),
            format!("{name}: {came}"),
        )?;
    }
    Ok(())
}

/// A node that comes after everybody has ceased to wait for it: the service was not started without it,
/// says so, and is allowed it in the end.
fn comes_very_late(machine: &Stage) -> Outcome {
    machine.succeed(
        "systemctl stop juniper-cascor.service; rm /dev/nvidia0; \
         mkdir -p /run/systemd/system/juniper-gpu.service.d; \
         printf '[Service]\\nExecStartPre=\\nExecStart=\\nExecStart=:/usr/bin/juniperctl gate gpu --within 1s\\n' \
         >/run/systemd/system/juniper-gpu.service.d/short.conf; systemctl daemon-reload; \
         systemctl start --no-block juniper-cascor.service",
    )?;
    machine.until(
        "journalctl -b -o cat -u juniper-cascor.service",
        "cascor is not started: /dev/nvidia0 is missing",
    )?;
    machine.succeed("mknod -m 666 /dev/nvidia0 c 195 0")?;
    machine.waits_for_another("juniper-cascor.service")?;
    let came = machine.opens("juniper-cascor.service", &["nvidia0", "nvidia1"])?;
    claim(
        came == format!("nvidia0 {ALLOWED}\nnvidia1 {DENIED}\n"),
        &came,
    )
}
