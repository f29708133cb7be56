//! Who is given which GPU: the configuration's wishes and the machine's GPUs to one answer for each member.
//!
//! The same stack and the same GPUs give the same answer, and a service that is scaled moves nobody else.
//! Nothing here looks at the machine.

use crate::spec::stack::{Gpu, Stack};

use super::driver::{FoundGpu, Gpus};
use super::name::{GpuName, Uuid};

/// What a member is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assigned {
    /// Every GPU, those that come later included.
    Every,
    /// These.
    These {
        /// What it is given, in order.
        given: Vec<Given>,
        /// What it was to be given and is not there.
        lacking: Vec<Lacking>,
    },
}

/// One GPU, or a part of one, that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its name, as CUDA takes it.
    pub name: GpuName,
    /// The GPU itself, or the one that it is part of.
    pub gpu: FoundGpu,
    /// The device nodes besides those that all GPUs share.
    pub nodes: Vec<String>,
    /// Whether the nodes of the other parts of that GPU are among them, because the driver does not tell
    /// which are its own.
    pub with_others: bool,
}

/// What was asked for and is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lacking {
    /// No GPU has this name.
    Named(GpuName),
    /// So many more were asked for than there are.
    More(u32),
}

/// Who is given what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The member: `cascor`, `worker@2`.
    pub label: String,
    /// Its unit.
    pub unit: String,
    /// Which instance it is, where the service has any.
    pub instance: Option<u32>,
    /// What it is given.
    pub assigned: Assigned,
}

/// All members that are given GPUs, in start order.
///
/// A count is met in turns, in the order of the bus: each service goes on where the one before it ended,
/// and each instance where the one before it did. Services are counted once, however many instances they
/// have, so that scaling one does not move the next.
#[must_use]
pub fn assigned(stack: &Stack, gpus: &Gpus) -> Vec<Holder> {
    let whole: Vec<&FoundGpu> = gpus.undivided().collect();
    let mut holders = Vec::new();
    let mut turn: usize = 0;
    for service in &stack.services {
        let Some(managed) = service.managed() else {
            continue;
        };
        for member in service.members() {
            let before =
                usize::try_from(member.instance.unwrap_or(1).saturating_sub(1)).unwrap_or(0);
            let assigned = match &managed.gpu {
                Gpu::None => continue,
                Gpu::All => Assigned::Every,
                Gpu::Count(count) => {
                    let count = usize::try_from(*count).unwrap_or(usize::MAX);
                    in_turn(&whole, turn + before * count, count)
                }
                Gpu::Named(names) if member.instance.is_some() => {
                    let own = before.checked_rem(names.len()).and_then(|at| names.get(at));
                    named(own.into_iter(), gpus)
                }
                Gpu::Named(names) => named(names.iter(), gpus),
            };
            holders.push(Holder {
                label: member.label(),
                unit: member.unit(),
                instance: member.instance,
                assigned,
            });
        }
        if let Gpu::Count(count) = &managed.gpu {
            turn += usize::try_from(*count).unwrap_or(0);
        }
    }
    holders
}

/// So many from this one on; never one twice.
fn in_turn(whole: &[&FoundGpu], from: usize, count: usize) -> Assigned {
    let mut given = Vec::new();
    for offset in 0..count.min(whole.len()) {
        let gpu = (from + offset)
            .checked_rem(whole.len())
            .and_then(|at| whole.get(at));
        if let Some((gpu, uuid)) = gpu.and_then(|gpu| Some((*gpu, gpu.uuid.clone()?))) {
            given.push(Given {
                name: GpuName::Whole(uuid),
                nodes: vec![gpu.node()],
                gpu: gpu.clone(),
                with_others: false,
            });
        }
    }
    let missing = u32::try_from(count.saturating_sub(given.len())).unwrap_or(u32::MAX);
    let lacking = (missing > 0).then_some(Lacking::More(missing));
    Assigned::These {
        given,
        lacking: lacking.into_iter().collect(),
    }
}

fn named<'n>(names: impl Iterator<Item = &'n GpuName>, gpus: &Gpus) -> Assigned {
    let (mut given, mut lacking) = (Vec::new(), Vec::new());
    for name in names {
        match found(name, gpus) {
            Some(one) => given.push(one),
            None => lacking.push(Lacking::Named(name.clone())),
        }
    }
    Assigned::These { given, lacking }
}

/// The GPU of a name with its nodes.
pub(super) fn found(name: &GpuName, gpus: &Gpus) -> Option<Given> {
    let of = |gpu: &Uuid| gpus.whole(gpu).cloned();
    let (gpu, parts, with_others) = match name {
        GpuName::Whole(uuid) => (of(uuid)?, Vec::new(), false),
        GpuName::Place {
            gpu,
            gpu_instance,
            compute_instance,
        } => {
            let gpu = of(gpu)?;
            let part = gpus.parts_of(gpu.minor).find(|part| {
                part.gpu_instance == *gpu_instance && part.compute_instance == *compute_instance
            })?;
            (gpu, part.nodes().to_vec(), false)
        }
        GpuName::Device(uuid) => {
            let gpu = of(gpus.devices.get(uuid)?)?;
            let parts: Vec<_> = gpus.parts_of(gpu.minor).collect();
            let nodes = parts.iter().flat_map(|part| part.nodes()).collect();
            (gpu, nodes, parts.len() > 1)
        }
    };
    let mut nodes = vec![gpu.node()];
    for node in parts {
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    Some(Given {
        name: name.clone(),
        gpu,
        nodes,
        with_others,
    })
}

impl Assigned {
    /// What CUDA is told to look at: `None` for everything that it may open.
    #[must_use]
    pub fn visible(&self) -> Option<String> {
        let Self::These { given, lacking } = self else {
            return None;
        };
        // A name that is not there now may be there at the start; the gate sees to it.
        let lacking = lacking.iter().filter_map(|lacking| match lacking {
            Lacking::Named(name) => Some(name),
            Lacking::More(_) => None,
        });
        let names: Vec<String> = given
            .iter()
            .map(|given| &given.name)
            .chain(lacking)
            .map(GpuName::to_string)
            .collect();
        Some(names.join(","))
    }

    /// Whether it may open this GPU, or a part of it.
    #[must_use]
    pub fn reaches(&self, gpu: &FoundGpu) -> bool {
        match self {
            Self::Every => true,
            Self::These { given, .. } => given.iter().any(|given| given.gpu.minor == gpu.minor),
        }
    }
}

/// What several services were given by name: they share its memory, which nobody divides between them.
#[must_use]
pub fn shared(holders: &[Holder]) -> Vec<(GpuName, Vec<String>)> {
    let mut shared: Vec<(GpuName, Vec<String>)> = Vec::new();
    for holder in holders {
        let Assigned::These { given, .. } = &holder.assigned else {
            continue;
        };
        for one in given {
            match shared.iter_mut().find(|(name, _)| *name == one.name) {
                Some((_, labels)) => labels.push(holder.label.clone()),
                None => shared.push((one.name.clone(), vec![holder.label.clone()])),
            }
        }
    }
    // Instances of one service share theirs by design.
    let service = |label: &String| label.split('@').next().map(str::to_owned);
    shared.retain(|(_, labels)| {
        let first = labels.first().and_then(service);
        labels.iter().any(|label| service(label) != first)
    });
    shared
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Assigned, Lacking, assigned, shared};
    use crate::gpu::driver::{FoundGpu, Gpus, Partition};
    use crate::gpu::name::Uuid;
    use crate::spec::builtin::stack_of;
    use std::collections::BTreeMap;

    pub(crate) fn uuid(digit: u32) -> Uuid {
        let digits = |count: usize| digit.to_string().repeat(count);
        let text = [8, 4, 4, 4, 12].map(digits).join("-");
        Uuid::parse(&text).unwrap()
    }

    pub(crate) fn machine(count: u32) -> Gpus {
        Gpus {
            driver: Some("535.183.01".to_owned()),
            found: (0..count)
                .map(|minor| FoundGpu {
                    bus: format!("0000:0{minor}:00.0"),
                    minor,
                    model: "NVIDIA A100".to_owned(),
                    uuid: Some(uuid(minor)),
                })
                .collect(),
            ..Gpus::default()
        }
    }

    fn minors(text: &str, gpus: &Gpus) -> BTreeMap<String, Vec<u32>> {
        let text = format!("{text}[profiles.p]\nservices = [\"data\", \"cascor\", \"worker\"]\n");
        assigned(&stack_of(&text, "p"), gpus)
            .into_iter()
            .map(|holder| {
                let minors = match holder.assigned {
                    Assigned::Every => vec![99],
                    Assigned::These { given, .. } => {
                        given.iter().map(|given| given.gpu.minor).collect()
                    }
                };
                (holder.label, minors)
            })
            .collect()
    }

    #[test]
    fn instances_are_spread_and_scaling_moves_nobody_else() {
        let text = "[services.cascor]\ngpu = 1\n[services.worker]\ngpu = 1\ninstances = 4\n";
        let two = minors(text, &machine(2));
        assert_eq!(two["cascor"], [0]);
        let workers: Vec<u32> = (1..=4).map(|n| two[&format!("worker@{n}")][0]).collect();
        assert_eq!(workers, [1, 0, 1, 0]);
        let fewer = minors(&text.replace("= 4", "= 2"), &machine(2));
        for label in ["cascor", "worker@1", "worker@2"] {
            assert_eq!(fewer[label], two[label], "{label}");
        }
        let pairs = minors("[services.worker]\ngpu = 2\ninstances = 2\n", &machine(4));
        assert_eq!(
            (&pairs["worker@1"][..], &pairs["worker@2"][..]),
            (&[0, 1][..], &[2, 3][..])
        );
        assert!(!two.contains_key("data"));
    }

    #[test]
    fn names_go_round_among_instances_and_all_go_to_one() {
        let list = format!("[\"GPU-{}\", \"GPU-{}\"]", uuid(1), uuid(0));
        let text = format!(
            "[services.cascor]\ngpu = {list}\n[services.worker]\ngpu = {list}\ninstances = 3\n"
        );
        let given = minors(&text, &machine(2));
        assert_eq!(given["cascor"], [1, 0]);
        assert_eq!(
            (
                given["worker@1"][0],
                given["worker@2"][0],
                given["worker@3"][0]
            ),
            (1, 0, 1)
        );
        assert_eq!(
            minors("[services.cascor]\ngpu = true\n", &machine(2))["cascor"],
            [99]
        );
    }

    #[test]
    fn what_is_not_there_is_lacking_and_never_given_twice() {
        let stack = stack_of(
            &format!(
                "[services.cascor]\ngpu = 3\n[services.worker]\ngpu = [\"GPU-{}\"]\n[profiles.p]\nservices = [\"data\", \"cascor\", \"worker\"]\n",
                uuid(7)
            ),
            "p",
        );
        let holders = assigned(&stack, &machine(2));
        let Assigned::These { given, lacking } = &holders[0].assigned else {
            panic!("{holders:?}");
        };
        assert_eq!(
            (given.len(), lacking.as_slice()),
            (2, &[Lacking::More(1)][..])
        );
        assert_eq!(
            holders[1].assigned.visible(),
            Some(format!("GPU-{}", uuid(7)))
        );
        // Nothing is known without a driver, and nothing is made up.
        let nothing = assigned(&stack, &Gpus::default());
        assert_eq!(nothing[0].assigned.visible(), Some(String::new()));
        assert!(shared(&holders).is_empty());
    }

    #[test]
    fn a_part_comes_with_its_nodes_alone() {
        let mut gpus = machine(2);
        for (number, capability) in [(1, 12), (2, 21)] {
            gpus.partitions.push(Partition {
                minor: 0,
                gpu_instance: number,
                compute_instance: 0,
                capabilities: [capability, capability + 1],
            });
        }
        gpus.devices.insert(uuid(5), uuid(0));
        let of = |gpu: &str| {
            let text = format!(
                "[services.cascor]\ngpu = {gpu}\n[profiles.p]\nservices = [\"data\", \"cascor\"]\n"
            );
            let holders = assigned(&stack_of(&text, "p"), &gpus);
            match &holders[0].assigned {
                Assigned::These { given, .. } => (given[0].nodes.clone(), given[0].with_others),
                Assigned::Every => panic!("every GPU"),
            }
        };
        let (nodes, with_others) = of(&format!("[\"MIG-GPU-{}/2/0\"]", uuid(0)));
        assert_eq!(
            nodes,
            [
                "/dev/nvidia0",
                "/dev/nvidia-caps/nvidia-cap21",
                "/dev/nvidia-caps/nvidia-cap22"
            ]
        );
        assert!(!with_others);
        let (nodes, with_others) = of(&format!("[\"MIG-{}\"]", uuid(5)));
        assert!(with_others && nodes.len() == 5, "{nodes:?}");
        // What is split up is not handed out as a whole.
        assert_eq!(of("1").0, ["/dev/nvidia1"]);
    }
}
