//! Who really uses a GPU, told by the device nodes that processes hold open and the memory that they share with
//! it: the proof that a service runs on its GPU, or the warning that it does not.
//!
//! An open node alone proves nothing: who asks `torch.cuda.is_available()` has it open from then on, and may
//! work on the processor all the same. Who computes has memory of its own there, which it sees through
//! `/dev/nvidia-uvm` (both seen with driver 580, tests/gpu/SEEN.md). A service that has not trained yet has
//! none, and that is no fault. What each process holds comes in as values.

use std::collections::{BTreeMap, BTreeSet};

use super::assignment::Holder;
use super::driver::{FoundGpu, Gpus};
use crate::ordered::Ordered as _;

/// A process that holds device nodes of the driver open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The program that it runs.
    pub program: String,
    /// Where it is in the tree of control groups (`/proc/PID/cgroup`).
    pub control_group: String,
    /// What it holds.
    pub nodes: BTreeSet<String>,
    /// Whether it shares memory with a GPU, as whoever computes does.
    pub computes: bool,
}

/// What the driver's library tells of one GPU.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    /// Free memory in bytes.
    pub free: Option<u64>,
    /// All of its memory in bytes.
    pub total: Option<u64>,
    /// Degrees Celsius.
    pub temperature: Option<u32>,
    /// The processes that compute on it, with the memory that each has in bytes.
    pub processes: BTreeMap<u32, Option<u64>>,
}

/// How a member stands to its GPUs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Usage {
    /// It holds these, by the number in `/dev/nvidiaN`.
    Holds(BTreeSet<u32>),
    /// It has not computed on any so far.
    NotYet,
    /// It is at work and holds none: it works on the processor.
    OnProcessor,
}

/// The number of a GPU's own node: of `/dev/nvidia1`, but not of `/dev/nvidiactl`.
#[must_use]
pub fn minor_of(node: &str) -> Option<u32> {
    let number = node.strip_prefix("/dev/nvidia")?;
    number
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| number.parse().ok())?
}

/// Whether what a process has mapped (`/proc/PID/maps`) includes memory that it shares with a GPU.
#[must_use]
pub fn shares_memory(maps: &str) -> bool {
    maps.lines()
        .any(|line| line.split_whitespace().nth(5) == Some("/dev/nvidia-uvm"))
}

impl Process {
    /// Whether it belongs to a unit.
    #[must_use]
    pub fn is_of(&self, unit: &str) -> bool {
        self.control_group.split('/').any(|part| part == unit)
    }

    /// The unit that it belongs to, where that is a service.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.control_group
            .split('/')
            .rfind(|part| part.ends_with(".service"))
    }

    /// The GPUs that it holds.
    #[must_use]
    pub fn gpus(&self) -> BTreeSet<u32> {
        self.nodes
            .iter()
            .filter_map(|node| minor_of(node))
            .ordered()
    }
}

/// The control group in `/proc/PID/cgroup`: the unified tree's, or that of systemd's own.
#[must_use]
pub fn control_group(text: &str) -> Option<&str> {
    let of = |begins: &str| text.lines().find_map(|line| line.strip_prefix(begins));
    of("0::").filter(|path| *path != "/").or_else(|| {
        text.lines()
            .find_map(|line| line.split_once(":name=systemd:").map(|(_, path)| path))
    })
}

/// How a member stands to its GPUs; `at_work` is what it says of itself.
#[must_use]
pub fn of(unit: &str, processes: &[Process], at_work: bool) -> Usage {
    let held: BTreeSet<u32> = processes
        .iter()
        .filter(|process| process.computes && process.is_of(unit))
        .flat_map(Process::gpus)
        .ordered();
    match (held.is_empty(), at_work) {
        (false, _) => Usage::Holds(held),
        (true, true) => Usage::OnProcessor,
        (true, false) => Usage::NotYet,
    }
}

/// One sentence about a member.
#[must_use]
pub fn sentence(holder: &Holder, usage: &Usage, gpus: &Gpus) -> String {
    let label = &holder.label;
    match usage {
        Usage::Holds(held) => {
            let names: Vec<String> = held.iter().map(|minor| called(*minor, gpus)).collect();
            format!("{label} holds {}", names.join(", "))
        }
        Usage::NotYet => format!("{label} has not used its GPU yet"),
        Usage::OnProcessor => format!("{label} is at work and holds no GPU: it runs on the CPU"),
    }
}

/// What to do about one that works without its GPU.
#[must_use]
pub fn hint(holder: &Holder) -> String {
    let label = &holder.label;
    format!(
        "it must move its work to CUDA itself, which juniper-cascor 0.12.0 does not (gpus.md); its torch must be \
         built for CUDA (torch.version.cuda) and for a driver no newer than this one; `juniperctl logs {label}` may \
         tell more; then: sudo juniperctl restart {label}"
    )
}

/// A GPU, for people.
#[must_use]
pub fn called(minor: u32, gpus: &Gpus) -> String {
    let gpu = gpus.found.iter().find(|gpu| gpu.minor == minor);
    match gpu {
        Some(FoundGpu {
            uuid: Some(uuid), ..
        }) => format!("GPU-{uuid} (/dev/nvidia{minor})"),
        _ => format!("/dev/nvidia{minor}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Process, Usage, control_group, minor_of, of, shares_memory};
    use std::collections::BTreeSet;

    // The lines that a process had of the driver which had only asked, and of one that computed.
    const ASKED: &str = "7fc112590000-7fc1125a0000 -w-s 00000000 00:24 19                         /dev/nvidia0\n7fc114655000-7fc114656000 r--s 00000000 00:24 20                         /dev/nvidiactl\n";
    const COMPUTED: &str = "204800000-204a00000 rw-s 00000000 00:24 20                               /dev/nvidiactl\n204a00000-204c00000 rw-s 204a00000 00:24 17                              /dev/nvidia-uvm\n";

    #[test]
    fn who_only_asked_has_no_memory_there() {
        for (maps, shares) in [
            (ASKED, false),
            (COMPUTED, true),
            ("", false),
            ("7f00-7f01 r--s 0 00:24 1 /dev/nvidia-uvm-tools\n", false),
            ("7f00-7f01 r--s 0 00:24 1 /tmp/a /dev/nvidia-uvm\n", false),
        ] {
            assert_eq!(shares_memory(maps), shares, "{maps}");
        }
        let unit = "juniper-cascor.service";
        let mut asked = process("/system.slice/juniper-cascor.service", &["/dev/nvidia0"]);
        asked.computes = false;
        let mut processes = vec![asked];
        assert_eq!(of(unit, &processes, true), Usage::OnProcessor);
        assert_eq!(of(unit, &processes, false), Usage::NotYet);
        processes[0].computes = true;
        assert_eq!(
            of(unit, &processes, true),
            Usage::Holds(BTreeSet::from([0]))
        );
    }

    fn process(group: &str, nodes: &[&str]) -> Process {
        Process {
            pid: 1,
            program: "python".to_owned(),
            control_group: group.to_owned(),
            nodes: nodes.iter().map(|node| (*node).to_owned()).collect(),
            computes: true,
        }
    }

    #[test]
    fn a_gpu_is_held_by_its_own_node() {
        assert_eq!(minor_of("/dev/nvidia12"), Some(12));
        for node in [
            "/dev/nvidiactl",
            "/dev/nvidia-uvm",
            "/dev/nvidia",
            "/dev/null",
        ] {
            assert_eq!(minor_of(node), None, "{node}");
        }
    }

    #[test]
    fn three_states_are_told_apart() {
        let slice = "/system.slice/system-juniper\\x2dcascor\\x2dworker.slice";
        let unit = "juniper-cascor-worker@1.service";
        let shared = process(
            &format!("{slice}/{unit}"),
            &["/dev/nvidiactl", "/dev/nvidia-uvm"],
        );
        let other = process(
            &format!("{slice}/juniper-cascor-worker@11.service"),
            &["/dev/nvidia0"],
        );
        let mut processes = vec![shared, other];
        assert_eq!(of(unit, &processes, false), Usage::NotYet);
        assert_eq!(of(unit, &processes, true), Usage::OnProcessor);
        processes.push(process(
            &format!("{slice}/{unit}/below"),
            &["/dev/nvidia1", "/dev/nvidiactl"],
        ));
        assert_eq!(
            of(unit, &processes, true),
            Usage::Holds(BTreeSet::from([1]))
        );
        assert_eq!(
            processes[1].service(),
            Some("juniper-cascor-worker@11.service")
        );
    }

    #[test]
    fn the_control_group_is_found_in_both_trees() {
        for (text, found) in [
            (
                "0::/system.slice/a.service\n",
                Some("/system.slice/a.service"),
            ),
            (
                "12:devices:/x\n1:name=systemd:/system.slice/a.service\n0::/\n",
                Some("/system.slice/a.service"),
            ),
            ("", None),
        ] {
            assert_eq!(control_group(text), found);
        }
    }
}
