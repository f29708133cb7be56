//! GPUs in the audit: who may use which, from the units; who does, from what processes hold open.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::gpu::assignment::Holder;
use crate::gpu::usage::{Measured, Process, Usage};
use crate::gpu::{FoundGpu, Gpus};

use super::style::size;

/// What is known of a machine's GPUs and their users.
pub struct Section {
    /// The GPUs.
    pub gpus: Gpus,
    /// Who is given which.
    pub holders: Vec<Holder>,
    /// Who holds which open; `None` for who may not look.
    pub processes: Option<Vec<Process>>,
    /// What the driver's library tells, by the number in `/dev/nvidiaN`.
    pub measured: BTreeMap<u32, Measured>,
}

/// Somebody who uses a GPU.
struct User {
    pid: u32,
    program: Option<String>,
    unit: Option<String>,
    label: Option<String>,
    memory: Option<u64>,
    computes: bool,
}

impl Section {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let Some(driver) = &self.gpus.driver else {
            return "\nGPUs: none, no NVIDIA driver is loaded\n".to_owned();
        };
        if self.gpus.are_none() {
            return format!("\nGPUs: none, the NVIDIA driver {driver} knows no GPU\n");
        }
        let mut text = format!("\nGPUs, NVIDIA driver {driver}\n");
        for gpu in &self.gpus.found {
            let _ = writeln!(text, "  {}", self.described(gpu));
            let may = self.may(gpu);
            if may.is_empty() {
                text.push_str("    nobody of the group may use it\n");
            } else {
                let _ = writeln!(text, "    may use it: {}", may.join(", "));
            }
            match self.users(gpu) {
                None => text.push_str("    who uses it is for root to see\n"),
                Some(users) if users.is_empty() => text.push_str("    nobody uses it now\n"),
                Some(users) => {
                    let users: Vec<String> = users.iter().map(User::told).collect();
                    let _ = writeln!(text, "    uses it: {}", users.join(", "));
                }
            }
        }
        text
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let gpus: Vec<Value> = self
            .gpus
            .found
            .iter()
            .map(|gpu| {
                let measured = self.measured.get(&gpu.minor);
                let users = self.users(gpu).map(|users| {
                    let users = users.iter().map(|user| {
                        json!({
                            "pid": user.pid,
                            "program": user.program,
                            "unit": user.unit,
                            "service": user.label,
                            "memory_bytes": user.memory,
                            "computes": user.computes,
                        })
                    });
                    users.collect::<Vec<_>>()
                });
                json!({
                    "uuid": gpu.uuid.as_ref().map(|uuid| format!("GPU-{uuid}")),
                    "model": gpu.model,
                    "bus": gpu.bus,
                    "node": gpu.node(),
                    "parts": self.gpus.parts_of(gpu.minor).count(),
                    "memory_bytes": measured.and_then(|measured| measured.total),
                    "free_bytes": measured.and_then(|measured| measured.free),
                    "temperature_celsius": measured.and_then(|measured| measured.temperature),
                    "may_use": self.may(gpu),
                    "uses": users,
                })
            })
            .collect();
        json!({ "driver": self.gpus.driver, "found": gpus })
    }

    fn described(&self, gpu: &FoundGpu) -> String {
        let name = gpu
            .uuid
            .as_ref()
            .map_or_else(|| gpu.node(), |uuid| format!("GPU-{uuid}"));
        let mut text = format!("{name}  {}, {}, {}", gpu.model, gpu.bus, gpu.node());
        let parts = self.gpus.parts_of(gpu.minor).count();
        if parts > 0 {
            let _ = write!(text, ", split into {parts}");
        }
        let measured = self.measured.get(&gpu.minor);
        if let Some((free, total)) = measured.and_then(|it| it.free.zip(it.total)) {
            let _ = write!(text, ", {} of {} free", size(free), size(total));
        }
        if let Some(temperature) = measured.and_then(|it| it.temperature) {
            let _ = write!(text, ", {temperature} °C");
        }
        text
    }

    fn may(&self, gpu: &FoundGpu) -> Vec<&str> {
        self.holders
            .iter()
            .filter(|holder| holder.assigned.reaches(gpu))
            .map(|holder| holder.label.as_str())
            .collect()
    }

    /// Those that hold its node, and those of which only the driver's library knows: of other containers.
    fn users(&self, gpu: &FoundGpu) -> Option<Vec<User>> {
        let processes = self.processes.as_ref()?;
        let computing = self.measured.get(&gpu.minor).map(|it| &it.processes);
        let memory = |pid: u32| computing.and_then(|it| it.get(&pid).copied().flatten());
        let mut users: Vec<User> = processes
            .iter()
            .filter(|process| process.gpus().contains(&gpu.minor))
            .map(|process| User {
                pid: process.pid,
                program: Some(process.program.clone()),
                unit: process.service().map(str::to_owned),
                label: self.label(process),
                memory: memory(process.pid),
                computes: process.computes
                    || computing.is_some_and(|it| it.contains_key(&process.pid)),
            })
            .collect();
        let others = computing.into_iter().flatten();
        for (pid, memory) in others {
            if users.iter().all(|user| user.pid != *pid) {
                users.push(User {
                    pid: *pid,
                    program: None,
                    unit: None,
                    label: None,
                    memory: *memory,
                    computes: true,
                });
            }
        }
        Some(users)
    }

    fn label(&self, process: &Process) -> Option<String> {
        self.holders
            .iter()
            .find(|holder| process.is_of(&holder.unit))
            .map(|holder| holder.label.clone())
    }
}

impl User {
    fn told(&self) -> String {
        let who = match (&self.label, &self.unit) {
            (Some(label), _) => label.clone(),
            (None, Some(unit)) => format!("{unit}, not of the group"),
            (None, None) => "somebody not of the group".to_owned(),
        };
        let program = self.program.as_deref().unwrap_or("process");
        let memory = self
            .memory
            .map(|bytes| format!(", {}", size(bytes)))
            .or_else(|| (!self.computes).then(|| ", has it open and computes nothing".to_owned()))
            .unwrap_or_default();
        format!("{who} ({program} {}{memory})", self.pid)
    }
}

/// How a member stands to its GPUs, for programs.
#[must_use]
pub fn usage(usage: &Usage) -> Value {
    match usage {
        Usage::Holds(held) => {
            let held: Vec<String> = held
                .iter()
                .map(|minor| format!("/dev/nvidia{minor}"))
                .collect();
            json!({ "state": "holds", "held": held })
        }
        Usage::NotYet => json!({ "state": "not_yet", "held": [] }),
        Usage::OnProcessor => json!({ "state": "on_processor", "held": [] }),
    }
}

#[cfg(test)]
mod tests {
    use super::Section;
    use crate::gpu::assignment::assigned;
    use crate::gpu::assignment::tests::machine;
    use crate::gpu::usage::{Measured, Process};
    use crate::spec::builtin::stack_of;
    use std::collections::{BTreeMap, BTreeSet};

    fn section(processes: Option<Vec<Process>>) -> Section {
        let gpus = machine(2);
        let stack = stack_of(
            "[services.worker]\ngpu = 1\ninstances = 1\n[profiles.p]\nservices = [\"data\", \"cascor\", \"worker\"]\n",
            "p",
        );
        let measured = Measured {
            free: Some(60 << 30),
            total: Some(80 << 30),
            temperature: Some(34),
            processes: BTreeMap::from([(7, Some(5 << 30)), (9, Some(1 << 30))]),
        };
        Section {
            holders: assigned(&stack, &gpus),
            gpus,
            processes,
            measured: BTreeMap::from([(0, measured)]),
        }
    }

    fn process(pid: u32, unit: &str, node: &str) -> Process {
        Process {
            pid,
            program: "python".to_owned(),
            control_group: format!("/system.slice/{unit}"),
            nodes: BTreeSet::from([node.to_owned(), "/dev/nvidiactl".to_owned()]),
            computes: pid != 8,
        }
    }

    #[test]
    fn who_may_and_who_does_stand_beside_each_other() {
        let users = vec![
            process(7, "juniper-cascor-worker@1.service", "/dev/nvidia0"),
            process(8, "xdm.service", "/dev/nvidia0"),
        ];
        assert_eq!(
            section(Some(users)).text(),
            "\nGPUs, NVIDIA driver 535.183.01\n  \
             GPU-00000000-0000-0000-0000-000000000000  NVIDIA A100, 0000:00:00.0, /dev/nvidia0, 60.0 GiB of \
             80.0 GiB free, 34 °C\n    \
             may use it: worker@1\n    \
             uses it: worker@1 (python 7, 5.0 GiB), xdm.service, not of the group (python 8, has it open and computes nothing), somebody not of \
             the group (process 9, 1.0 GiB)\n  \
             GPU-11111111-1111-1111-1111-111111111111  NVIDIA A100, 0000:01:00.0, /dev/nvidia1\n    \
             nobody of the group may use it\n    \
             nobody uses it now\n"
        );
        let json = section(None).json();
        assert_eq!(json["found"][0]["may_use"][0], "worker@1");
        assert!(json["found"][0]["uses"].is_null());
    }

    #[test]
    fn without_a_gpu_it_is_one_line() {
        let mut none = section(None);
        none.gpus = crate::gpu::Gpus::default();
        assert_eq!(none.text(), "\nGPUs: none, no NVIDIA driver is loaded\n");
    }
}
