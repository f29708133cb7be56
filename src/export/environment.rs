//! A service's variables as it needs them under another engine.
//!
//! Literal ones stay as they are. Those that follow from where services are follow from where they then are: in
//! containers each has a name of its own and listens on all addresses of its container.

use std::collections::BTreeMap;

use crate::hardening::Profile;
use crate::ordered::Ordered as _;
use crate::spec::derived::Derived;
use crate::spec::name::ServiceName;
use crate::spec::stack::{Gpu, Managed, Service};

use super::Group;
use super::directories::{Directories, Value};
use super::secret;
use super::target::Target;

/// Services that refuse to listen beyond loopback unless they are told that nobody else can reach them there: in a
/// container they are reached by the group's network and by what this export opens, and by nothing else.
const ATTESTED: [(&str, &str); 2] = [
    ("cascor", "JUNIPER_CASCOR_LOOPBACK_PUBLISH_ATTESTED"),
    ("canopy", "JUNIPER_CANOPY_LOOPBACK_PUBLISH_ATTESTED"),
];

/// The variables of a service, or of one instance.
pub(super) fn variables(
    service: &Service,
    managed: &Managed,
    group: Group<'_>,
    target: Target,
    instance: u32,
) -> BTreeMap<String, Value> {
    let directories = Directories::of(service, managed, target, instance);
    let mut variables: BTreeMap<String, Value> = managed
        .environment
        .iter()
        .map(|(name, value)| (name.to_string(), directories.value(value)))
        .ordered();
    let mut set = |name: &str, value: String| {
        variables.insert(name.to_owned(), Value::Plain(value));
    };
    if target.is_containers() {
        let derived = group.derivations.get(&service.name);
        for (name, derived) in derived.into_iter().flatten() {
            if let Some(value) = contained(service, derived, group, target) {
                set(name.as_str(), value);
            }
        }
        for (name, variable) in ATTESTED {
            if service.name.as_str() == name && listens_everywhere(service, group) {
                set(variable, "true".to_owned());
            }
        }
    } else {
        if managed.instances.is_some() {
            set("JUNIPERCTL_INSTANCE", instance.to_string());
        }
        if let Some(names) = visible_gpus(managed, instance) {
            set("CUDA_VISIBLE_DEVICES", names);
        }
    }
    for (name, value) in secret::variables(managed, group, target) {
        set(&name, value);
    }
    variables
}

/// Whether its own address is told it by a variable, so that it can be told another one.
pub(super) fn listens_everywhere(service: &Service, group: Group<'_>) -> bool {
    let derived = group.derivations.get(&service.name);
    derived
        .into_iter()
        .flatten()
        .any(|(_, derived)| *derived == Derived::OwnHost)
}

/// What a derived variable comes to among containers; a directory stays what it is.
fn contained(
    service: &Service,
    derived: &Derived,
    group: Group<'_>,
    target: Target,
) -> Option<String> {
    let authority = |name: &ServiceName| {
        let other = group.stack.service(name)?;
        let endpoint = other.managed()?.endpoint?;
        Some(target.authority(other, endpoint, 1))
    };
    match derived {
        Derived::OwnHost => service
            .managed()?
            .endpoint
            .map(|_| std::net::Ipv4Addr::UNSPECIFIED.to_string()),
        Derived::OwnUrl => Some(format!("http://{}", authority(&service.name)?)),
        Derived::UrlOf(name) => Some(format!("http://{}", authority(name)?)),
        Derived::WebSocketOf(name, path) => Some(format!("ws://{}/{path}", authority(name)?)),
        Derived::OwnPort | Derived::OwnState(_) | Derived::OwnLogs(_) | Derived::OwnCache(_) => {
            None
        }
    }
}

/// Which GPUs CUDA is to see where nobody keeps it from the others; `None` says nothing.
fn visible_gpus(managed: &Managed, instance: u32) -> Option<String> {
    match &managed.gpu {
        Gpu::None => (managed.sandbox == Profile::MachineLearning).then(String::new),
        Gpu::Named(names) if managed.instances.is_some() => {
            let turn = usize::try_from(instance.saturating_sub(1)).unwrap_or_default();
            names
                .iter()
                .cycle()
                .nth(turn % names.len().max(1))
                .map(ToString::to_string)
        }
        Gpu::Named(names) => {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            Some(names.join(","))
        }
        Gpu::All | Gpu::Count(_) => None,
    }
}
