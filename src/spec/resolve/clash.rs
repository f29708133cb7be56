//! What cannot live side by side: services with one port or one unit name, a service and the
//! watchdog's page.

use std::collections::BTreeMap;

use crate::ordered::{self, Ordered as _};
use crate::spec::fault::{Code, Fault, Faults};
use crate::spec::listen::Listen;
use crate::spec::name::{ServiceName, UnitStem};
use crate::spec::service_layer::ServiceLayer;
use crate::spec::source::{Located, Location};
use crate::spec::stack::{Endpoint, Managed, Service};

/// A service whose unit we write.
type Named<'m> = (&'m ServiceName, &'m Managed);

/// The stems of the group's own units.
const RESERVED: [&str; 7] = [
    "juniper-act",
    "juniper-gpu",
    "juniper-kernel-log",
    "juniper-network",
    "juniper-notification",
    "juniper-ready",
    "juniper-watchdog",
];

/// Records each pair that clashes.
pub(super) fn record(
    services: &BTreeMap<ServiceName, Service>,
    layers: &BTreeMap<ServiceName, ServiceLayer>,
    faults: &mut Faults,
) {
    let managed: Vec<(&ServiceName, &Managed)> = services
        .iter()
        .filter_map(|(name, service)| Some((name, service.managed()?)))
        .collect();
    taken_by_a_proxy(&managed, layers, faults);
    for (earlier, later) in overlaps(&managed) {
        faults.extend(one_port(earlier, later, layers));
    }
    let mut units: BTreeMap<&UnitStem, &ServiceName> = BTreeMap::new();
    for (later_name, later) in &managed {
        past_the_last_port(later_name, later, layers, faults);
        reserved(later_name, later, layers, faults);
        if let Some(earlier_name) = units.insert(&later.unit, later_name) {
            // What a later file says is to blame, not what it ran into.
            let place = |name: &ServiceName| unit_place(name, layers).map(|at| at.source);
            let (other, blamed) = if place(earlier_name) > place(later_name) {
                (*later_name, earlier_name)
            } else {
                (earlier_name, *later_name)
            };
            faults.push(Fault {
                code: Code::Contradiction,
                title: format!(
                    "`{earlier_name}` and `{later_name}` would both be {}",
                    later.unit
                ),
                at: unit_place(blamed, layers),
                label: "one unit cannot be two services".to_owned(),
                also: unit_place(other, layers)
                    .map(|at| (at, format!("`{other}` is this unit, too"))),
                help: Some("give one of them another unit = \"juniper-...\"".to_owned()),
            });
        }
    }
}

/// Two services that share a port.
fn one_port(
    (earlier_name, earlier): Named<'_>,
    (later_name, later): Named<'_>,
    layers: &BTreeMap<ServiceName, ServiceLayer>,
) -> Option<Fault> {
    let port = shared_port(earlier, later)?;
    // What a later file says is to blame, not what it ran into.
    let place = |name: &ServiceName| port_place(name, layers).map(|at| at.source);
    let (earlier_name, later_name) = if place(earlier_name) > place(later_name) {
        (later_name, earlier_name)
    } else {
        (earlier_name, later_name)
    };
    Some(Fault {
        code: Code::PortClash,
        title: format!("`{earlier_name}` and `{later_name}` would both listen on port {port}"),
        at: port_place(later_name, layers),
        label: format!("`{later_name}` takes it here"),
        also: port_place(earlier_name, layers)
            .map(|at| (at, format!("`{earlier_name}` takes it here"))),
        help: Some("give one of them another port; an instance N takes port + N - 1".to_owned()),
    })
}

/// The pairs whose ports overlap on whatever address, by name: found by walking the ports upwards, because
/// there may be thousands of services.
fn overlaps<'m>(managed: &[Named<'m>]) -> Vec<(Named<'m>, Named<'m>)> {
    let mut ranges: Vec<(u32, u32, Named<'m>)> = managed
        .iter()
        .filter_map(|named| ports(named.1).map(|(first, last)| (first, last, *named)))
        .collect();
    ordered::sort_by_key(&mut ranges, |(first, last, (name, _))| {
        (*first, *last, *name)
    });
    let mut pairs = Vec::new();
    let mut open: Vec<(u32, Named<'m>)> = Vec::new();
    for (first, last, named) in ranges {
        open.retain(|(end, _)| *end >= first);
        for (_, other) in &open {
            let (earlier, later) = if other.0 < named.0 {
                (*other, named)
            } else {
                (named, *other)
            };
            pairs.push((earlier, later));
        }
        open.push((last, named));
    }
    ordered::sort_by_key(&mut pairs, |((earlier, _), (later, _))| (*later, *earlier));
    pairs
}

/// A proxy's unit is nobody else's.
fn taken_by_a_proxy(
    managed: &[(&ServiceName, &Managed)],
    layers: &BTreeMap<ServiceName, ServiceLayer>,
    faults: &mut Faults,
) {
    let proxies: BTreeMap<String, &ServiceName> = managed
        .iter()
        .filter(|(_, other)| other.let_out.is_some())
        .map(|(owner, other)| (format!("{}-proxy", other.unit), *owner))
        .ordered();
    for (name, service) in managed {
        if let Some(owner) = proxies.get(service.unit.as_str()) {
            faults.push(Fault {
                code: Code::Contradiction,
                title: format!("`{name}` would be the unit that lets `{owner}` out of the network"),
                at: unit_place(name, layers),
                label: format!("{}.service is taken", service.unit),
                also: layers
                    .get(*owner)
                    .and_then(|layer| layer.let_out.as_ref())
                    .map(|wish| (wish.at.clone(), format!("`{owner}` is let out here"))),
                help: Some("give it another name, or another unit = \"juniper-...\"".to_owned()),
            });
        }
    }
}

/// Records each service that would take the port of the watchdog's page.
pub(super) fn record_page(
    services: &BTreeMap<ServiceName, Service>,
    layers: &BTreeMap<ServiceName, ServiceLayer>,
    listen: Option<&Located<Listen>>,
    faults: &mut Faults,
) {
    let Some((address, page)) =
        listen.and_then(|listen| Some((listen.value.address()?, listen.at.clone())))
    else {
        return;
    };
    let endpoint = Endpoint {
        host: address.ip(),
        port: address.port(),
    };
    for (name, managed) in services
        .iter()
        .filter_map(|(name, service)| Some((name, service.managed()?)))
    {
        let taken = ports(managed).zip(managed.endpoint);
        if !taken.is_some_and(|((first, last), other)| {
            is_same_host(endpoint, other) && (first..=last).contains(&u32::from(endpoint.port))
        }) {
            continue;
        }
        let service = (port_place(name, layers), format!("`{name}` takes it here"));
        let page = (Some(page.clone()), "the page takes it here".to_owned());
        // What a later file says is to blame, not what it ran into.
        let source = |place: &(Option<Location>, String)| place.0.as_ref().map(|at| at.source);
        let (first, second) = if source(&page) > source(&service) {
            (page, service)
        } else {
            (service, page)
        };
        faults.push(Fault {
            code: Code::PortClash,
            title: format!(
                "`{name}` and the watchdog's page would both listen on port {}",
                endpoint.port
            ),
            at: first.0,
            label: first.1,
            also: second.0.map(|at| (at, second.1)),
            help: Some(
                "give one of them another port: `port` of the service, `listen` below [watchdog]"
                    .to_owned(),
            ),
        });
    }
}

/// The unit that asks whether the group answers is nobody's service.
fn reserved(
    name: &ServiceName,
    managed: &Managed,
    layers: &BTreeMap<ServiceName, ServiceLayer>,
    faults: &mut Faults,
) {
    let stem = managed.unit.to_string();
    if RESERVED.contains(&stem.as_str()) {
        faults.push(Fault {
            code: Code::Contradiction,
            title: format!("`{name}` would be {stem}.service, which the group itself needs"),
            at: unit_place(name, layers),
            label: "this unit is taken".to_owned(),
            also: None,
            help: Some("give it another name, or another unit = \"juniper-...\"".to_owned()),
        });
    }
}

fn past_the_last_port(
    name: &ServiceName,
    managed: &Managed,
    layers: &BTreeMap<ServiceName, ServiceLayer>,
    faults: &mut Faults,
) {
    let Some((_, last)) = ports(managed) else {
        return;
    };
    if last > u32::from(u16::MAX) {
        faults.push(Fault {
            code: Code::Contradiction,
            title: format!("the instances of `{name}` run past port 65535"),
            at: port_place(name, layers),
            label: format!("the last instance would need port {last}"),
            also: None,
            help: Some("choose a lower port".to_owned()),
        });
    }
}

/// First and last port of all instances; `None` where there is no instance.
fn ports(managed: &Managed) -> Option<(u32, u32)> {
    let first = u32::from(managed.endpoint?.port);
    let beyond = managed.instances.unwrap_or(1).checked_sub(1)?;
    Some((first, first + beyond))
}

fn shared_port(left: &Managed, right: &Managed) -> Option<u32> {
    let ((left_first, left_last), (right_first, right_last)) = (ports(left)?, ports(right)?);
    let first = left_first.max(right_first);
    (is_same_host(left.endpoint?, right.endpoint?) && first <= left_last.min(right_last))
        .then_some(first)
}

fn is_same_host(left: Endpoint, right: Endpoint) -> bool {
    left.host == right.host || left.host.is_unspecified() || right.host.is_unspecified()
}

fn port_place(
    name: &ServiceName,
    layers: &BTreeMap<ServiceName, ServiceLayer>,
) -> Option<Location> {
    let layer = layers.get(name)?;
    layer
        .port
        .as_ref()
        .map(|port| port.at.clone())
        .or_else(|| layer.at.clone())
}

/// Where it is said which unit a service is: its key, or its name.
fn unit_place(
    name: &ServiceName,
    layers: &BTreeMap<ServiceName, ServiceLayer>,
) -> Option<Location> {
    let layer = layers.get(name)?;
    let unit = layer.unit.as_ref().map(|unit| unit.at.clone());
    unit.or_else(|| layer.at.clone())
}
