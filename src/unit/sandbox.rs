//! What a service may touch: sandbox directives with their exceptions, devices, bound directories.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::hardening;
use crate::spec::bind::{self, BindTarget};
use crate::spec::stack::{Gpu, Managed, Stack};
use crate::spec::text::Line;

use super::facts::Facts;
use super::value::{Directories, raw};
use super::version::SystemdVersion;

/// Addresses beyond loopback on which services of the stack listen: whoever talks to them, the gates
/// included, needs them open.
pub(super) fn peers(stack: &Stack) -> Vec<String> {
    let addresses: BTreeSet<IpAddr> = stack
        .services
        .iter()
        .filter_map(|service| service.managed()?.endpoint)
        .map(|endpoint| endpoint.host)
        .filter(|host| !host.is_loopback() && !host.is_unspecified())
        .collect();
    addresses.iter().map(IpAddr::to_string).collect()
}

/// The NVIDIA device nodes of the GPUs it may use, as `DeviceAllow=` takes them.
pub(super) fn devices(gpu: &Gpu) -> Vec<String> {
    // Drivers from 570 on also need nvidia-uvm-tools; the group is called nvidia-frontend by older
    // and nvidia by current drivers.
    let shared = [
        "char-nvidia-uvm rw",
        "/dev/nvidiactl rw",
        "/dev/nvidia-modeset rw",
    ];
    match gpu {
        Gpu::None => Vec::new(),
        Gpu::All => ["char-nvidia rw", "char-nvidia-frontend rw"]
            .iter()
            .chain(&shared)
            .map(|device| (*device).to_owned())
            .collect(),
        Gpu::Only(numbers) => shared
            .iter()
            .map(|device| (*device).to_owned())
            .chain(
                numbers
                    .iter()
                    .map(|number| format!("/dev/nvidia{number} rw")),
            )
            .collect(),
    }
}

/// `BindPaths=` values, and the patterns that match nothing on the machine.
pub(super) fn binds(
    managed: &Managed,
    directories: &Directories,
    facts: &Facts,
) -> (Vec<String>, Vec<String>) {
    let mut binds = Vec::new();
    let mut unmatched = Vec::new();
    for bind in &managed.binds {
        let target = match &bind.target {
            BindTarget::Own(own) => bind::own(own).ok().and_then(|own| directories.of(&own)),
            BindTarget::Matching(pattern) => {
                facts.matches.get(pattern).map(|path| raw(path.as_str()))
            }
        };
        match (directories.of(&bind.source), target, &bind.target) {
            (Some(source), Some(target), _) => binds.push(format!("{source}:{target}")),
            (_, _, BindTarget::Matching(pattern)) => unmatched.push(pattern.as_str().to_owned()),
            _ => {}
        }
    }
    (binds, unmatched)
}

pub(super) type SandboxLines = (Vec<(&'static str, &'static str)>, Vec<(String, String)>);

/// The directives that apply, and those that do not with the reason.
pub(super) fn sandbox(managed: &Managed, version: SystemdVersion) -> SandboxLines {
    let mut applied = Vec::new();
    let mut relaxed: Vec<(String, String)> = Vec::new();
    for directive in hardening::known_to(version) {
        let reason = managed
            .relax
            .get(directive.name)
            .map(|reason: &Line| reason.as_str().to_owned());
        match reason.or_else(|| implied_relaxation(directive.name, managed)) {
            None => applied.push((directive.name, directive.value)),
            Some(reason) if relaxed.iter().any(|(name, _)| name == directive.name) => drop(reason),
            Some(reason) => relaxed.push((directive.name.to_owned(), reason)),
        }
    }
    (applied, relaxed)
}

/// What the configuration of a service itself rules out.
fn implied_relaxation(directive: &str, managed: &Managed) -> Option<String> {
    let published = managed
        .endpoint
        .is_some_and(|endpoint| !endpoint.host.is_loopback());
    match directive {
        "PrivateDevices" if managed.gpu != Gpu::None => Some(
            "the GPU's device nodes are needed; DevicePolicy=closed allows only those listed"
                .to_owned(),
        ),
        "ProcSubset" if managed.gpu != Gpu::None => {
            Some("CUDA reads /proc/driver/nvidia".to_owned())
        }
        "IPAddressDeny" | "IPAddressAllow" if published => {
            Some("the configuration publishes this service beyond this machine".to_owned())
        }
        _ => None,
    }
}
