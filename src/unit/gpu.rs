//! What units say of GPUs: the nodes that a service may open, which of them CUDA sees, the drop-in of each
//! instance, and the unit that sees to it that the driver and its nodes are there before any of that counts.
//!
//! systemd attaches the device policy when a unit's first command line starts, and it lists the nodes, and
//! the numbers of the groups, that are there at that moment: one that comes a second later stays closed until
//! the next start. So the wait for them is in a unit before, never in the service's own gate.

use std::time::Duration;

use crate::gpu::assignment::{Assigned, Given, Holder, assigned};
use crate::gpu::lack::SHARED;
use crate::hardening::{Profile, Sandbox};
use crate::ordered;
use crate::spec::network::Network;
use crate::spec::stack::{Gpu, Managed, Service, Stack};

use super::facts::Facts;
use super::manager::Manager;
use super::sandbox::own_sandbox;
use super::value::{Directories, argument, raw, span};
use super::version::SystemdVersion;

/// The unit that waits for the driver and its nodes.
pub const GATE: &str = "juniper-gpu.service";

/// The name of an instance's drop-in, in the directory of its unit.
pub const DROP_IN: &str = "10-juniper-gpu.conf";

/// How long it waits for the driver: longer than modules take to load on a machine that boots.
const DRIVER: Duration = Duration::from_mins(1);

/// How long it waits for what is there as soon as the driver is. Not shorter: five services that are tried
/// again and again within a minute are systemd's start limit.
const NODES: Duration = Duration::from_secs(15);

/// How long a start may take longer because of it.
pub const WAIT: Duration = Duration::from_secs(DRIVER.as_secs() + NODES.as_secs());

/// The groups of all nodes of the driver. Older drivers have the first under the second name;
/// systemd passes over the one that the kernel does not know.
const EVERY: [&str; 4] = [
    "char-nvidia",
    "char-nvidia-frontend",
    "char-nvidia-uvm",
    "char-nvidia-caps",
];

/// Where what is compiled for a GPU is kept, by the directory below the service's cache. The services' user has
/// no home: left to themselves Triton fails at `/.triton` (measured), CUDA compiles again at each start, and
/// torch's own are gone with the temporary files.
const CACHES: [(&str, &str); 3] = [
    ("CUDA_CACHE_PATH", "cuda"),
    ("TORCHINDUCTOR_CACHE_DIR", "inductor"),
    ("TRITON_CACHE_DIR", "triton"),
];

/// What a unit, or an instance's drop-in, says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GpuLines {
    /// What each is, for people.
    pub comments: Vec<String>,
    /// The nodes, as `DeviceAllow=` takes them.
    pub devices: Vec<String>,
    /// What CUDA and what compiles for it are told.
    pub environment: Vec<String>,
}

/// What the template of a drop-in shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the directives of the template")]
pub struct InstanceUnit {
    pub file_name: String,
    pub version: String,
    pub manager: Manager,
    pub gpu: GpuLines,
}

/// What the template of the gate shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the directives of the template")]
pub struct GateUnit {
    pub profile: String,
    pub version: String,
    pub program: String,
    pub driver: String,
    pub nodes: String,
    pub wanted: String,
    pub timeout: String,
    /// It talks to nobody.
    pub peers: Vec<String>,
    pub sandbox: Sandbox,
}

/// The gate, where anybody is given a GPU.
#[must_use]
pub fn gate(stack: &Stack, version: SystemdVersion, facts: &Facts) -> Option<GateUnit> {
    let holders = assigned(stack, &facts.gpus);
    let is_used = stack
        .services
        .iter()
        .filter_map(Service::managed)
        .any(|managed| managed.gpu != Gpu::None);
    // A user's manager has no device policy: there is nothing that must be there before it is attached.
    if !is_used || facts.manager.is_user() {
        return None;
    }
    let mut wanted: Vec<String> = holders
        .iter()
        .filter_map(|holder| holder.assigned.visible())
        .flat_map(|names| names.split(',').map(str::to_owned).collect::<Vec<_>>())
        .filter(|name| !name.is_empty())
        .map(|name| argument(&name))
        .collect();
    ordered::sort(&mut wanted);
    wanted.dedup();
    Some(GateUnit {
        profile: stack.profile.to_string(),
        version: version.to_string(),
        program: argument(stack.juniperctl.as_str()),
        driver: span(DRIVER),
        nodes: span(NODES),
        wanted: wanted.join(" "),
        timeout: span(DRIVER + NODES),
        peers: Vec::new(),
        sandbox: own_sandbox(Profile::Devices, version, Network::Host, &facts.manager),
    })
}

/// What the unit of a service says; of one with instances, what is the same for all of them.
#[must_use]
pub fn lines(
    service: &Service,
    managed: &Managed,
    stack: &Stack,
    facts: &Facts,
    directories: &Directories,
) -> Option<GpuLines> {
    let mut lines = told(service, managed, stack, facts)?.under(&facts.manager);
    if managed.gpu != Gpu::None {
        lines.environment.extend(caches(managed, directories));
    }
    Some(lines)
}

/// Those that the service is not told itself.
fn caches(managed: &Managed, directories: &Directories) -> Vec<String> {
    let own = directories.cache(None);
    CACHES
        .iter()
        .filter(|(told, _)| {
            managed
                .environment
                .keys()
                .all(|name| name.as_str() != *told)
        })
        .map(|(name, below)| format!("{name}={own}/{below}"))
        .collect()
}

fn told(service: &Service, managed: &Managed, stack: &Stack, facts: &Facts) -> Option<GpuLines> {
    let order = "CUDA_DEVICE_ORDER=PCI_BUS_ID".to_owned();
    if managed.gpu == Gpu::None {
        // Who runs torch and has none is told so, before torch looks for one that it may not open.
        let told = "CUDA_VISIBLE_DEVICES";
        let says_itself = managed.environment.keys().any(|name| name.as_str() == told);
        return (managed.sandbox == Profile::MachineLearning && !says_itself).then(|| GpuLines {
            comments: vec!["torch is not to look for a GPU: it may open none.".to_owned()],
            environment: vec![format!("{told}=")],
            ..GpuLines::default()
        });
    }
    if managed.gpu == Gpu::All {
        return Some(GpuLines {
            comments: vec!["Every GPU, by the groups of the driver's nodes.".to_owned()],
            devices: EVERY.map(allowed).to_vec(),
            environment: vec![order],
        });
    }
    let shared = SHARED.map(allowed).to_vec();
    if managed.instances.is_some() {
        return Some(GpuLines {
            comments: vec![format!(
                "Which GPU an instance may open, and CUDA sees, is in its own drop-in, {DROP_IN}."
            )],
            devices: shared,
            environment: vec![order, "CUDA_VISIBLE_DEVICES=".to_owned()],
        });
    }
    let holders = assigned(stack, &facts.gpus);
    let holder = holders
        .iter()
        .find(|holder| holder.label == service.name.as_str())?;
    let own = given(holder);
    Some(GpuLines {
        comments: own.comments,
        devices: shared.into_iter().chain(own.devices).collect(),
        environment: std::iter::once(order).chain(own.environment).collect(),
    })
}

/// The drop-ins of all instances.
#[must_use]
pub fn instances(stack: &Stack, version: SystemdVersion, facts: &Facts) -> Vec<InstanceUnit> {
    assigned(stack, &facts.gpus)
        .iter()
        .filter(|holder| holder.instance.is_some() && holder.assigned != Assigned::Every)
        .map(|holder| InstanceUnit {
            file_name: drop_in(&holder.unit),
            version: version.to_string(),
            manager: facts.manager.clone(),
            gpu: given(holder).under(&facts.manager),
        })
        .collect()
}

impl GpuLines {
    /// As a manager can have it: which nodes may be opened is root's to say.
    fn under(mut self, manager: &Manager) -> Self {
        if manager.is_user() && !self.devices.is_empty() {
            self.devices.clear();
            self.comments.push(
                "DeviceAllow= is left out: a user's manager has no device policy. Which GPU CUDA sees is told all the same."
                    .to_owned(),
            );
        }
        self
    }
}

/// Where the drop-in of an instance lies, below systemd's directory.
#[must_use]
pub fn drop_in(unit: &str) -> String {
    format!("{unit}.d/{DROP_IN}")
}

/// What is a member's own.
fn given(holder: &Holder) -> GpuLines {
    let Assigned::These { given, lacking } = &holder.assigned else {
        return GpuLines::default();
    };
    let mut comments: Vec<String> = given.iter().map(comment).collect();
    if !lacking.is_empty() {
        comments.push(
            "Not all that it is to have was there when this was written: install again once it is."
                .to_owned(),
        );
    }
    let mut devices = Vec::new();
    for node in given.iter().flat_map(|given| &given.nodes) {
        let line = allowed(node);
        if !devices.contains(&line) {
            devices.push(line);
        }
    }
    GpuLines {
        comments,
        devices,
        environment: holder
            .assigned
            .visible()
            .map(|names| format!("CUDA_VISIBLE_DEVICES={names}"))
            .into_iter()
            .collect(),
    }
}

fn comment(given: &Given) -> String {
    let whole = format!("{}, {}", raw(&given.gpu.model), raw(&given.gpu.bus));
    let others = if given.with_others {
        "; its other parts, too: the driver does not tell which is this one"
    } else {
        ""
    };
    if given.name.is_part() {
        format!("{}: part of {whole}{others}", given.name)
    } else {
        format!("{}: {whole}", given.name)
    }
}

fn allowed(node: impl AsRef<str>) -> String {
    format!("{} rw", node.as_ref())
}

#[cfg(test)]
mod tests {
    use crate::spec::builtin::stack_of;
    use crate::unit::{Facts, SystemdVersion};

    /// What the unit of cascor says with these lines in its table.
    fn environment(lines: &str) -> Vec<String> {
        let text = format!(
            "[services.cascor]\n{lines}\n[profiles.p]\nservices = [\"data\", \"cascor\"]\n"
        );
        let stack = stack_of(&text, "p");
        let files =
            crate::unit::rendered(&stack, SystemdVersion::NEWEST, &Facts::default()).unwrap();
        let unit = files
            .iter()
            .find(|file| file.name == "juniper-cascor.service")
            .unwrap();
        let lines = unit
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("Environment="));
        lines.map(str::to_owned).collect()
    }

    #[test]
    fn what_is_compiled_for_a_gpu_has_a_place() {
        let own = |environment: &[String]| {
            let caches = environment.iter().filter(|line| line.contains("_CACHE_"));
            caches.cloned().collect::<Vec<_>>()
        };
        assert_eq!(
            own(&environment("gpu = true")),
            [
                "CUDA_CACHE_PATH=%C/juniper/cascor/cuda",
                "TORCHINDUCTOR_CACHE_DIR=%C/juniper/cascor/inductor",
                "TRITON_CACHE_DIR=%C/juniper/cascor/triton",
            ]
        );
        assert_eq!(
            own(&environment(
                "gpu = true\nenvironment.TRITON_CACHE_DIR = \"/fast/triton\""
            )),
            [
                "TRITON_CACHE_DIR=/fast/triton",
                "CUDA_CACHE_PATH=%C/juniper/cascor/cuda",
                "TORCHINDUCTOR_CACHE_DIR=%C/juniper/cascor/inductor",
            ]
        );
        assert!(own(&environment("gpu = false")).is_empty());
    }
}
