//! Which services run on which machine, and whether those on other machines reach what they need.
//!
//! A service with `hosts` also runs on machines of `[hosts]`; everything else runs where the configuration
//! is at home, the head. On a machine that says `this_host` only what is placed there is resolved; the rest is
//! elsewhere, which is at the head.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::ordered::Ordered as _;
use crate::spec::fault::{Code, Fault, Faults};
use crate::spec::layer::Layer;
use crate::spec::name::{HostName, ServiceName};
use crate::spec::network::Network;
use crate::spec::service_layer::{Gate, ServiceLayer, WhenLost};
use crate::spec::source::{Located, Location};
use crate::spec::stack::{AwaitedElsewhere, Endpoint, Host};

use super::service::{endpoint_of, startup};
use super::unknown;

type Layers = BTreeMap<ServiceName, ServiceLayer>;

/// The services of the profile, by where they run.
pub(super) struct Placement {
    /// Those of this machine.
    pub(super) here: Layers,
    /// Those that are at the head, where this machine is another one.
    pub(super) elsewhere: Layers,
    /// The machines.
    pub(super) hosts: Vec<Host>,
}

/// Places the services of a profile.
pub(super) fn placed(
    merged: &Layer,
    layers: Layers,
    network: Network,
    stand_in: bool,
    faults: &mut Faults,
) -> Placement {
    check(merged, &layers, network, stand_in, faults);
    let hosts = merged
        .hosts
        .iter()
        .filter_map(|(name, layer)| {
            Some(Host {
                name: name.clone(),
                address: layer.address.as_ref()?.value.0,
                ssh: layer.ssh.as_ref().map(|target| target.value.clone()),
            })
        })
        .collect();
    let Some(this) = &merged.this_host else {
        return Placement {
            here: layers,
            elsewhere: Layers::new(),
            hosts,
        };
    };
    if !merged.hosts.contains_key(&this.value) {
        faults.push(no_host(&this.value, Some(this.at.clone()), merged));
    }
    let (mut here, mut elsewhere) = (Layers::new(), Layers::new());
    for (name, mut layer) in layers {
        match layer.hosts.get(&this.value).cloned() {
            Some(count) if count.value > 0 => {
                layer.instances = Some(count);
                here.insert(name, layer);
            }
            _ => {
                elsewhere.insert(name, layer);
            }
        }
    }
    Placement {
        here,
        elsewhere,
        hosts,
    }
}

/// How many of a service run on other machines.
pub(super) fn counts(layer: &ServiceLayer) -> BTreeMap<HostName, u32> {
    layer
        .hosts
        .iter()
        .map(|(host, count)| (host.clone(), u32::try_from(count.value).unwrap_or(0)))
        .ordered()
}

/// What a service of this machine waits for at the head.
pub(super) fn awaited(
    layer: &ServiceLayer,
    elsewhere: &Layers,
    network: Network,
) -> Vec<AwaitedElsewhere> {
    let mut awaited = Vec::new();
    for (on, edge) in &layer.depends_on {
        let Some((other, endpoint)) = elsewhere
            .get(on)
            .and_then(|other| Some((other, endpoint_of(other, network)?)))
        else {
            continue;
        };
        let path = |probe: &crate::spec::probe_layer::ProbeLayer| {
            probe.path.as_ref().map(|path| path.value.clone())
        };
        let ready = path(&other.readiness);
        let path = match edge.gate.as_ref().map(|gate| gate.value) {
            Some(Gate::Started) => None,
            Some(Gate::Live) => path(&other.liveness),
            Some(Gate::Ready) | None => ready,
        };
        awaited.push(AwaitedElsewhere {
            name: on.clone(),
            endpoint,
            path,
            startup: startup(other),
        });
    }
    awaited
}

/// The addresses of other machines from which services come that depend on this one.
pub(super) fn clients(name: &ServiceName, layers: &Layers, hosts: &[Host]) -> BTreeSet<IpAddr> {
    if hosts.is_empty() {
        // As with most groups: nobody needs to be looked at, for each of thousands of services.
        return BTreeSet::new();
    }
    layers
        .values()
        .filter(|layer| layer.depends_on.contains_key(name))
        .flat_map(|layer| &layer.hosts)
        .filter(|(_, count)| count.value > 0)
        .filter_map(|(host, _)| hosts.iter().find(|known| known.name == *host))
        .map(|host| host.address)
        .ordered()
}

/// Everything that keeps a placement from working.
fn check(merged: &Layer, layers: &Layers, network: Network, stand_in: bool, faults: &mut Faults) {
    for (name, host) in &merged.hosts {
        if host.address.is_none() && !host.refused.contains("address") {
            faults.push(Fault {
                code: Code::MissingKey,
                title: format!("host `{name}` has no address"),
                at: host.at.clone(),
                label: "`address` is missing here".to_owned(),
                also: None,
                help: Some(
                    "write address = \"10.0.0.11\": where its services come from".to_owned(),
                ),
            });
        }
    }
    let mut unreachable: BTreeSet<&ServiceName> = BTreeSet::new();
    // Whether the real ones are started by this configuration, and not on another machine by its own.
    let is_theirs = !stand_in && merged.this_host.is_none();
    for (name, layer) in layers {
        let Some((_, first)) = layer.hosts.iter().next() else {
            continue;
        };
        for (host, count) in &layer.hosts {
            if !merged.hosts.contains_key(host) {
                faults.push(no_host(host, Some(count.at.clone()), merged));
            }
        }
        if layer.instances.is_none() {
            faults.push(contradiction(
                format!("service `{name}` has no instances and cannot be placed on hosts"),
                first.at.clone(),
                "only a service with instances runs in more than one place",
                layer
                    .at
                    .clone()
                    .map(|at| (at, "`instances` is missing here".to_owned())),
                format!("write services.{name}.instances = 0 where none is to run on this machine"),
            ));
        }
        if let (true, Some(isolated)) = (network.is_isolated(), &merged.network) {
            faults.push(contradiction(
                format!("service `{name}` is placed on hosts, but the network is isolated"),
                first.at.clone(),
                "nothing in it could be reached from there",
                Some((
                    isolated.at.clone(),
                    "the group's network is its own".to_owned(),
                )),
                "write network = \"host\"".to_owned(),
            ));
            continue;
        }
        for (on, edge) in &layer.depends_on {
            let Some(other) = layers.get(on).filter(|other| other.external_unit.is_none()) else {
                continue;
            };
            if let Some(loss) = edge
                .when_lost
                .as_ref()
                .filter(|loss| loss.value != WhenLost::Keep)
            {
                faults.push(contradiction(
                    format!("`{name}` on another host cannot follow the loss of `{on}`"),
                    loss.at.clone(),
                    "systemd there does not hear of it",
                    Some((first.at.clone(), "it is placed on a host here".to_owned())),
                    "write when_lost = \"keep\"".to_owned(),
                ));
            }
            if unreachable.insert(on) {
                faults.extend(reachable(name, first, (on, other), network, is_theirs));
            }
        }
    }
}

/// Why a service cannot be reached from other machines.
fn reachable(
    name: &ServiceName,
    placed: &Located<u64>,
    (on, other): (&ServiceName, &ServiceLayer),
    network: Network,
    is_theirs: bool,
) -> Option<Fault> {
    let Endpoint { host, .. } = endpoint_of(other, network)?;
    let at = other.host.as_ref().map(|host| host.at.clone());
    let is_placed = |at: &Option<Location>| {
        let placed = (
            placed.at.clone(),
            format!("`{name}` is placed on a host here"),
        );
        at.is_some().then_some(placed)
    };
    let blamed = at.clone().unwrap_or_else(|| placed.at.clone());
    if host.is_loopback() {
        return Some(contradiction(
            format!("`{name}` on another host cannot reach `{on}`, which listens on {host} alone"),
            blamed,
            "only this machine reaches it",
            is_placed(&at),
            format!(
                "write services.{on}.host = \"ADDRESS\", an address of this machine that the hosts reach"
            ),
        ));
    }
    if host.is_unspecified() {
        return Some(contradiction(
            format!("`{name}` on another host cannot tell where `{on}` is"),
            blamed,
            "every address is none that can be told",
            is_placed(&at),
            format!("write services.{on}.host = \"ADDRESS\", the one that the hosts reach"),
        ));
    }
    let attested = other.environment.iter().any(|(variable, value)| {
        variable.as_str().ends_with("_ATTESTED") && value.value.as_str() == "true"
    });
    // These refuse to listen beyond their machine unless somebody answers for it (measured).
    let asks = ["data", "cascor", "canopy"].contains(&on.as_str()) && is_theirs;
    (asks && !attested).then(|| {
        let upper = on.as_str().to_uppercase();
        contradiction(
            format!("`{on}` refuses to start where others reach it, unless that is attested"),
            blamed,
            format!("{host} is reached from beyond this machine"),
            is_placed(&at),
            format!(
                "set its key (juniperctl secret set), keep strangers out of that network, and write \
                 services.{on}.environment.JUNIPER_{upper}_LOOPBACK_PUBLISH_ATTESTED = true"
            ),
        )
    })
}

fn contradiction(
    title: String,
    at: Location,
    label: impl Into<String>,
    also: Option<(Location, String)>,
    help: String,
) -> Fault {
    Fault {
        code: Code::Contradiction,
        title,
        at: Some(at),
        label: label.into(),
        also,
        help: Some(help),
    }
}

fn no_host(name: &HostName, at: Option<Location>, merged: &Layer) -> Fault {
    let known: Vec<&str> = merged.hosts.keys().map(HostName::as_str).collect();
    unknown("host", name.as_str(), at, &known)
}
