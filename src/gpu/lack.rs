//! What a start lacks: driver, device nodes, the very GPU; each told with what to do.
//!
//! What was seen comes in as values. CUDA itself says nothing: a service that cannot open one of these
//! nodes falls back to the processor without a word, so it is not started.

use std::collections::BTreeMap;
use std::fmt;

use super::driver::{GROUPS, Gpus};
use super::machine_faults::known;
use super::name::GpuName;

/// The nodes that whoever uses any GPU opens. CUDA with driver 580 computes without the last one (measured);
/// NVIDIA's own tools open it, and nvidia-modprobe(1) makes it with the one before.
pub const SHARED: [&str; 3] = ["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"];

/// The name of the group of the nodes for memory that processor and GPU share.
pub const UNIFIED_MEMORY: &str = "nvidia-uvm";

/// What lies where a device node belongs, as whoever asks may use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    /// A node that may be opened.
    Usable {
        /// Of the driver with this number.
        major: u32,
    },
    /// Nothing.
    Missing,
    /// Something else than a character device.
    Other,
    /// A node that the unit's `DeviceAllow=` does not list, or did not when the unit was started.
    NotAllowed,
    /// A node whose permissions keep the user out.
    NoPermission,
}

/// What was seen of the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Its GPUs.
    pub gpus: Gpus,
    /// The character devices that its kernel knows; empty where nobody looked.
    pub groups: BTreeMap<String, u32>,
    /// The nodes that were looked at.
    pub nodes: BTreeMap<String, Node>,
}

/// What a start needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Whatever GPUs there are, and one at least.
    Any,
    /// These.
    These(Vec<GpuName>),
}

/// One thing that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// No driver is loaded.
    Driver,
    /// The driver is loaded, and the kernel knows no devices of it.
    Group,
    /// The module for shared memory is not loaded.
    UnifiedMemory,
    /// The driver knows no GPU at all.
    AnyGpu,
    /// It was given none.
    None,
    /// The driver knows others.
    Gpu {
        /// The one that is wanted.
        name: GpuName,
        /// Those that there are.
        known: String,
    },
    /// A node is not as it must be.
    Node {
        /// Where.
        path: String,
        /// What is there.
        node: Node,
    },
    /// A node is of another driver than the one that is loaded.
    Stale {
        /// Where.
        path: String,
    },
}

/// The nodes to look at before it can be told what is lacking.
#[must_use]
pub fn nodes(wanted: &Wanted, gpus: &Gpus) -> Vec<String> {
    let shared = SHARED.iter().map(|path| (*path).to_owned());
    let own = match wanted {
        Wanted::Any => gpus.found.iter().map(super::FoundGpu::node).collect(),
        Wanted::These(names) => names
            .iter()
            .filter_map(|name| super::assignment::found(name, gpus))
            .flat_map(|given| given.nodes)
            .collect::<Vec<_>>(),
    };
    shared.chain(own).collect()
}

/// What is lacking, the causes before what follows from them.
#[must_use]
pub fn lacking(wanted: &Wanted, seen: &Seen) -> Vec<Lack> {
    if seen.gpus.driver.is_none() {
        return vec![Lack::Driver];
    }
    let mut lacks = Vec::new();
    if !seen.groups.is_empty() {
        if !GROUPS.iter().any(|group| seen.groups.contains_key(*group)) {
            lacks.push(Lack::Group);
        }
        if !seen.groups.contains_key(UNIFIED_MEMORY) {
            lacks.push(Lack::UnifiedMemory);
        }
    }
    match wanted {
        _ if seen.gpus.are_none() => lacks.push(Lack::AnyGpu),
        Wanted::These(names) if names.is_empty() => lacks.push(Lack::None),
        Wanted::These(names) => lacks.extend(
            names
                .iter()
                .filter(|name| is_unknown(name, &seen.gpus))
                .map(|name| Lack::Gpu {
                    name: name.clone(),
                    known: known(&seen.gpus),
                }),
        ),
        Wanted::Any => {}
    }
    for (path, node) in &seen.nodes {
        match node {
            Node::Usable { major } if is_stale(path, *major, &seen.groups) => {
                lacks.push(Lack::Stale { path: path.clone() });
            }
            Node::Usable { .. } => {}
            node => lacks.push(Lack::Node {
                path: path.clone(),
                node: *node,
            }),
        }
    }
    lacks
}

/// Parts are told apart by NVML alone, which no gate loads, and a GPU that nobody uses may not tell its
/// number: then it is not known whether one is missing.
fn is_unknown(name: &GpuName, gpus: &Gpus) -> bool {
    match name {
        GpuName::Device(_) => false,
        _ if gpus.found.iter().any(|gpu| gpu.uuid.is_none()) => false,
        name => super::assignment::found(name, gpus).is_none(),
    }
}

/// The number of the module for shared memory is another after each boot, and a node may be older.
fn is_stale(path: &str, major: u32, groups: &BTreeMap<String, u32>) -> bool {
    path.starts_with("/dev/nvidia-uvm")
        && groups
            .get(UNIFIED_MEMORY)
            .is_some_and(|known| *known != major)
}

impl Lack {
    /// What to do now.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Driver | Self::Group => {
                "`modprobe nvidia` loads it or says why not; `dmesg` tells of Secure Boot, and of nouveau"
                    .to_owned()
            }
            Self::UnifiedMemory => {
                "`modprobe nvidia-uvm` loads it; have it loaded at boot: a line in /etc/modules-load.d"
                    .to_owned()
            }
            Self::AnyGpu | Self::Gpu { .. } => {
                "`nvidia-smi -L` lists those that work, `dmesg` tells of others; then: sudo juniperctl install"
                    .to_owned()
            }
            Self::None => "let the driver be loaded, then: sudo juniperctl install".to_owned(),
            Self::Node { node: Node::NotAllowed, .. } => {
                "where the node came late the next try is allowed it; where GPUs were added or removed: sudo \
                 juniperctl install"
                    .to_owned()
            }
            Self::Node { node: Node::NoPermission, path } => format!(
                "`ls -l {path}` shows whom it is open to; the driver makes it for everybody (NVreg_DeviceFileMode)"
            ),
            Self::Node { .. } | Self::Stale { .. } => {
                "`nvidia-modprobe -c 0` and `nvidia-modprobe -u -c 0` make nodes (package nvidia-modprobe)"
                    .to_owned()
            }
        }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Driver => formatter.write_str(
                "the NVIDIA driver is not loaded: there is no /proc/driver/nvidia/version",
            ),
            Self::Group => formatter.write_str(
                "/proc/devices lists neither nvidia nor nvidia-frontend: the driver has no devices",
            ),
            Self::UnifiedMemory => {
                formatter.write_str("/proc/devices lists no nvidia-uvm: that module is not loaded")
            }
            Self::AnyGpu => formatter.write_str("the driver is loaded and knows no GPU"),
            Self::None => formatter
                .write_str("no GPU is given to it: none was known when its unit was written"),
            Self::Gpu { name, known } => {
                write!(formatter, "this machine has no {name}; there are: {known}")
            }
            Self::Node { path, node } => match node {
                Node::Missing => write!(formatter, "{path} is missing"),
                Node::Other => write!(formatter, "{path} is no device node"),
                Node::NotAllowed => write!(formatter, "its unit does not allow {path}"),
                Node::NoPermission => {
                    write!(formatter, "the user juniper may not open {path}")
                }
                Node::Usable { .. } => write!(formatter, "{path} can be opened"),
            },
            Self::Stale { path } => {
                write!(
                    formatter,
                    "{path} is of a driver that is not loaded any more"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lack, Node, SHARED, Seen, Wanted, lacking, nodes};
    use crate::gpu::assignment::tests::{machine, uuid};
    use crate::gpu::{GpuName, Gpus};

    fn seen(gpus: Gpus, groups: &[(&str, u32)], missing: &[&str], wanted: &Wanted) -> Seen {
        let looked = nodes(wanted, &gpus);
        let node = |path: &String| {
            let node = if missing.contains(&path.as_str()) {
                Node::Missing
            } else if path.contains("uvm") {
                Node::Usable { major: 511 }
            } else {
                Node::Usable { major: 195 }
            };
            (path.clone(), node)
        };
        Seen {
            nodes: looked.iter().map(node).collect(),
            groups: groups
                .iter()
                .map(|(name, major)| ((*name).to_owned(), *major))
                .collect(),
            gpus,
        }
    }

    fn told(lacks: &[Lack]) -> Vec<String> {
        lacks.iter().map(Lack::to_string).collect()
    }

    const NEW: [(&str, u32); 2] = [("nvidia", 195), ("nvidia-uvm", 511)];

    #[test]
    fn both_names_of_the_group_will_do() {
        for group in ["nvidia", "nvidia-frontend"] {
            let groups = [(group, 195), ("nvidia-uvm", 511)];
            let seen = seen(machine(2), &groups, &[], &Wanted::Any);
            assert_eq!(lacking(&Wanted::Any, &seen), []);
        }
    }

    #[test]
    fn each_lack_is_told_by_its_name() {
        let wanted = Wanted::These(vec![GpuName::Whole(uuid(1))]);
        for (gpus, groups, missing, expected) in [
            (
                Gpus::default(),
                &NEW[..],
                &SHARED[..],
                vec!["the NVIDIA driver is not loaded: there is no /proc/driver/nvidia/version"],
            ),
            (
                machine(2),
                &NEW[1..],
                &[][..],
                vec![
                    "/proc/devices lists neither nvidia nor nvidia-frontend: the driver has no devices",
                ],
            ),
            (
                machine(2),
                &NEW[..1],
                &["/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"][..],
                vec![
                    "/proc/devices lists no nvidia-uvm: that module is not loaded",
                    "/dev/nvidia-uvm is missing",
                    "/dev/nvidia-uvm-tools is missing",
                ],
            ),
            (
                machine(2),
                &NEW[..],
                &["/dev/nvidia1"][..],
                vec!["/dev/nvidia1 is missing"],
            ),
            // Another's node is nobody's business.
            (machine(2), &NEW[..], &["/dev/nvidia0"][..], vec![]),
            (
                machine(1),
                &NEW[..],
                &[][..],
                vec![
                    "this machine has no GPU-11111111-1111-1111-1111-111111111111; there are: GPU-00000000-0000-0000-0000-000000000000 (NVIDIA A100)",
                ],
            ),
            (
                Gpus {
                    driver: Some("570.1".to_owned()),
                    ..Gpus::default()
                },
                &NEW[..],
                &[][..],
                vec!["the driver is loaded and knows no GPU"],
            ),
        ] {
            let seen = seen(gpus, groups, missing, &wanted);
            assert_eq!(told(&lacking(&wanted, &seen)), expected);
        }
    }

    #[test]
    fn a_node_of_an_earlier_boot_is_told() {
        let wanted = Wanted::Any;
        let seen = seen(
            machine(1),
            &[("nvidia", 195), ("nvidia-uvm", 508)],
            &[],
            &wanted,
        );
        assert_eq!(
            told(&lacking(&wanted, &seen)),
            [
                "/dev/nvidia-uvm is of a driver that is not loaded any more",
                "/dev/nvidia-uvm-tools is of a driver that is not loaded any more"
            ]
        );
        let nothing = Wanted::These(Vec::new());
        assert_eq!(lacking(&nothing, &seen)[0], Lack::None);
    }
}
