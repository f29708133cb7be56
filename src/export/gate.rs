//! The gate and the probe as command lines: how a service waits for others, and how it is asked, where an engine
//! cannot do it by itself.

use crate::spec::duration::written;
use crate::spec::probe::{Expectations, OnFailure, Probe};
use crate::spec::stack::{Edge, Gate, Managed, Service};
use crate::unit::budget;

use super::Group;
use super::target::Target;

/// Where `juniperctl` is in a container.
pub(super) const INSIDE: &str = "/usr/bin/juniperctl";

/// The edges to services that are exported, too.
pub(super) fn edges<'g>(
    service: &'g Service,
    group: Group<'g>,
) -> impl Iterator<Item = (&'g Edge, &'g Service, &'g Managed)> {
    service.depends_on.iter().filter_map(move |edge| {
        let other = group.stack.service(&edge.on)?;
        Some((edge, other, other.managed()?))
    })
}

/// Who must answer before the service starts, as `NAME=URL`.
pub(super) fn awaited(service: &Service, group: Group<'_>, target: Target) -> Vec<String> {
    let mut awaited = Vec::new();
    for (edge, other, managed) in edges(service, group) {
        let probe = match edge.gate {
            Gate::Started => None,
            Gate::Live => managed.liveness.as_ref(),
            Gate::Ready => managed.readiness.as_ref(),
        };
        let (Some(probe), Some(endpoint)) = (probe, managed.endpoint) else {
            continue;
        };
        for member in other.members() {
            let authority = target.authority(other, endpoint, member.instance.unwrap_or(1));
            let (label, path) = (member.label(), probe.path.as_str());
            awaited.push(format!("{label}=http://{authority}{path}"));
        }
    }
    awaited
}

/// A command line that waits for others and ends.
pub(super) fn ready(service: &Service, group: Group<'_>, target: Target) -> Option<Vec<String>> {
    let awaited = awaited(service, group, target);
    if awaited.is_empty() {
        return None;
    }
    let mut words = words([INSIDE, "gate", "ready", "--within"]);
    words.push(wait(service, group));
    words.extend(awaited);
    Some(words)
}

/// A command line that waits for others and becomes the service.
pub(super) fn exec(
    service: &Service,
    managed: &Managed,
    group: Group<'_>,
    target: Target,
    instance: u32,
) -> Vec<String> {
    let program = if target.is_containers() {
        INSIDE
    } else {
        group.stack.juniperctl.as_str()
    };
    let mut line = words([program, "gate", "exec", "--service", service.name.as_str()]);
    if let Some(endpoint) = managed.endpoint.filter(|_| !target.is_containers()) {
        line.push("--listen".to_owned());
        line.push(std::net::SocketAddr::new(endpoint.host, endpoint.port).to_string());
    }
    if managed.instances.is_some() && !target.is_containers() {
        line.push("--instance".to_owned());
        line.push(instance.to_string());
    }
    let awaited = awaited(service, group, target);
    if !awaited.is_empty() {
        line.push("--within".to_owned());
        line.push(wait(service, group));
        for one in awaited {
            line.push("--await".to_owned());
            line.push(one);
        }
    }
    line.push("--startup".to_owned());
    line.push(written(managed.startup.budget()));
    line.push("--".to_owned());
    line.extend(managed.command.iter().map(ToString::to_string));
    line
}

/// A command line that asks a service once, from beside it.
pub(super) fn probe(probe: &Probe, expectations: &Expectations, port: u16) -> Vec<String> {
    let mut line = words([INSIDE, "gate", "probe", "--timeout"]);
    line.push(written(probe.timeout));
    if probe.on_failure == OnFailure::AbortIfSilent {
        line.push("--any-answer".to_owned());
    }
    for (path, text) in expectations {
        line.push("--expect".to_owned());
        line.push(format!("{path}={text}"));
    }
    line.push(format!("http://127.0.0.1:{port}{}", probe.path.as_str()));
    line
}

/// Where everybody is asked from the machine itself, as `gate ready` takes it; nowhere where that reaches nobody.
pub(super) fn endpoints(group: Group<'_>, target: Target) -> String {
    let isolated = group.stack.network.is_isolated();
    let mut endpoints = Vec::new();
    for (service, managed) in super::managed(group).filter(|_| target != Target::Kubernetes) {
        let endpoint = if target.is_containers() {
            super::target::published(managed, isolated)
        } else {
            managed.endpoint
        };
        let probe = managed.readiness.as_ref().or(managed.liveness.as_ref());
        let (Some(endpoint), Some(probe)) = (endpoint, probe) else {
            continue;
        };
        for member in service.members() {
            let url = endpoint.url(member.instance.unwrap_or(1));
            endpoints.push(format!("{}={url}{}", member.label(), probe.path.as_str()));
        }
    }
    endpoints.join(" ")
}

/// How long it waits for others.
fn wait(service: &Service, group: Group<'_>) -> String {
    let budgets = budget::of(group.stack);
    written(budgets.get(&service.name).copied().unwrap_or_default().wait)
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}
