//! Merged layers to a [`Stack`] for one profile: everything that takes more than one key to judge.
//!
//! Faults that lie in a single value were found while reading. Here are the ones between keys:
//! unknown names, cycles, clashing ports, gates that nobody can answer.

use std::collections::{BTreeMap, BTreeSet};

use super::builtin;
use super::fault::{Code, Fault, Faults};
use super::layer::{Layer, ProfileLayer};
use super::listen::Listen;
use super::merge::Overlay as _;
use super::name::{ProfileName, ServiceName};
use super::order::{Cycle, start_order};
use super::service_layer::ServiceLayer;
use super::source::Location;
use super::stack::{Service, Stack};
use super::suggestion::nearest;
use super::text::Text;
use crate::ordered::Ordered as _;

mod clash;
mod credential_clash;
mod credentials;
mod derivation;
mod edges;
mod environment;
mod network;
mod patience;
mod placement;
mod service;

pub use derivation::{Derivations, derivations};

/// What is known besides the configuration.
#[derive(Debug, Clone, Default)]
pub struct Circumstances {
    /// The profile asked for on the command line.
    pub profile: Option<ProfileName>,
    /// Whether the environment of juniperctl has `JUNIPER_ENV=production`.
    pub production: bool,
}

/// Resolves merged layers for one profile.
///
/// `None` means that at least one fault was recorded.
#[must_use]
pub fn resolve(
    merged: &Layer,
    circumstances: &Circumstances,
    faults: &mut Faults,
) -> Option<Stack> {
    let before = faults.len();
    let name = chosen_profile(merged, circumstances, faults)?;
    let profile = merged.profiles.get(&name)?;
    refuse_in_production(merged, &name, profile, circumstances, faults);
    let layers = selected(merged, &name, profile, faults);
    let network = merged
        .network
        .as_ref()
        .map(|network| network.value)
        .unwrap_or_default();
    let stand_in = profile.stand_in.as_ref().is_some_and(|flag| flag.value);
    let placement::Placement {
        here: layers,
        elsewhere,
        hosts,
    } = placement::placed(merged, layers, network, stand_in, faults);
    let names: BTreeSet<ServiceName> = layers.keys().cloned().ordered();
    let context = service::Context {
        merged,
        network,
        layers: &layers,
        elsewhere: &elsewhere,
        hosts: &hosts,
        stand_in,
    };
    let mut services: BTreeMap<ServiceName, Service> = BTreeMap::new();
    for name in &names {
        if let Some(service) = service::resolved(name, &context, faults) {
            services.insert(name.clone(), service);
        }
    }
    let platform_ports = builtin::SERVICES
        .iter()
        .filter_map(|name| {
            let name = ServiceName::parse(name).ok()?;
            let layer = layers.get(&name).or_else(|| merged.services.get(&name))?;
            service::endpoint_of(layer, network).map(|endpoint| endpoint.port)
        })
        .ordered();
    clash::record(&services, &layers, faults);
    clash::record_page(&services, &layers, merged.watchdog.listen.as_ref(), faults);
    let order = order(&services, &layers, faults);
    let notification = merged.watchdog.notification.resolved(faults);
    if faults.len() > before {
        return None;
    }
    let services = order?
        .into_iter()
        .filter_map(|name| services.remove(&name))
        .collect();
    let this_host = merged.this_host.as_ref().map(|this| this.value.clone());
    let juniperctl = merged.juniperctl.as_ref()?.value.clone();
    let listen = merged.watchdog.listen.as_ref();
    Some(
        Stack::new(name, juniperctl, services)
            .restrained(merged.watchdog.resolved())
            .beside(platform_ports)
            .within(network)
            .among(hosts, this_host)
            .notifying(notification)
            .shown_at(listen.map_or(Listen::Nowhere, |listen| listen.value)),
    )
}

fn chosen_profile(
    merged: &Layer,
    circumstances: &Circumstances,
    faults: &mut Faults,
) -> Option<ProfileName> {
    let (name, at) = match (&circumstances.profile, &merged.profile) {
        (Some(name), _) => (name, None),
        (None, Some(located)) => (&located.value, Some(located.at.clone())),
        (None, None) => return None,
    };
    if merged.profiles.contains_key(name) {
        return Some(name.clone());
    }
    let known: Vec<&str> = merged.profiles.keys().map(ProfileName::as_str).collect();
    faults.push(unknown("profile", name.as_str(), at, &known));
    None
}

/// Profiles of make-believe must not end up where people rely on results.
fn refuse_in_production(
    merged: &Layer,
    name: &ProfileName,
    profile: &ProfileLayer,
    circumstances: &Circumstances,
    faults: &mut Faults,
) {
    let configured = merged.environment.iter().find(|(name, value)| {
        name.as_str() == "JUNIPER_ENV" && value.value.as_str() == "production"
    });
    let allowed = profile.production.as_ref().is_none_or(|flag| flag.value);
    if allowed || !(circumstances.production || configured.is_some()) {
        return;
    }
    faults.push(Fault {
        code: Code::NotInProduction,
        title: format!("profile `{name}` is refused where JUNIPER_ENV=production"),
        at: configured.map(|(_, value)| value.at.clone()),
        label: if configured.is_some() {
            "production is declared here".to_owned()
        } else {
            "JUNIPER_ENV=production is set in the environment".to_owned()
        },
        also: None,
        help: Some("choose a profile with the real services, such as `full`".to_owned()),
    });
}

/// The layers of the profile's services with the profile's changes on top.
fn selected(
    merged: &Layer,
    profile_name: &ProfileName,
    profile: &ProfileLayer,
    faults: &mut Faults,
) -> BTreeMap<ServiceName, ServiceLayer> {
    let mut layers = BTreeMap::new();
    let Some(services) = &profile.services else {
        if profile.refused.contains("services") {
            return layers;
        }
        let known: Vec<&str> = merged.services.keys().map(ServiceName::as_str).collect();
        faults.push(Fault {
            code: Code::MissingKey,
            title: format!("profile `{profile_name}` names no services"),
            at: profile.at.clone(),
            label: "`services` is missing here".to_owned(),
            also: None,
            help: Some(format!(
                "write services = [...] with some of {}",
                known.join(", ")
            )),
        });
        return layers;
    };
    for name in &services.value {
        match merged.services.get(name) {
            Some(layer) => {
                let mut layer = layer.clone();
                if let Some(changes) = profile.overrides.get(name) {
                    let at = layer.at.clone();
                    layer.overlay(changes.clone());
                    layer.at = at;
                }
                layers.insert(name.clone(), layer);
            }
            None => faults.push(unknown_service(name, Some(services.at.clone()), merged)),
        }
    }
    for (name, changes) in &profile.overrides {
        if !merged.services.contains_key(name) {
            faults.push(unknown_service(name, changes.at.clone(), merged));
        }
    }
    layers
}

fn order(
    services: &BTreeMap<ServiceName, Service>,
    layers: &BTreeMap<ServiceName, ServiceLayer>,
    faults: &mut Faults,
) -> Option<Vec<ServiceName>> {
    let depends_on = services
        .iter()
        .map(|(name, service)| {
            let on = service
                .depends_on
                .iter()
                .map(|edge| edge.on.clone())
                .ordered();
            (name.clone(), on)
        })
        .ordered();
    match start_order(&depends_on) {
        Ok(order) => Some(order),
        Err(cycles) => {
            for Cycle(path) in cycles {
                faults.extend(cycle(&path, layers));
            }
            None
        }
    }
}

fn cycle(path: &[ServiceName], layers: &BTreeMap<ServiceName, ServiceLayer>) -> Option<Fault> {
    let place = |from: &ServiceName, on: &ServiceName| -> Option<Location> {
        layers.get(from)?.depends_on.get(on)?.at.clone()
    };
    let (first, last) = (path.first()?, path.last()?);
    let names: Vec<&str> = path
        .iter()
        .chain([first])
        .map(ServiceName::as_str)
        .collect();
    let second = path.get(1).and_then(|second| {
        place(first, second).map(|at| (at, format!("`{first}` waits for `{second}` here")))
    });
    Some(Fault {
        code: Code::Cycle,
        title: format!("services wait for each other: {}", names.join(" -> ")),
        at: place(last, first),
        label: format!("`{last}` waits for `{first}` here"),
        also: second,
        help: Some("take one of these dependencies out".to_owned()),
    })
}

/// A service that nothing defines.
fn unknown_service(name: &ServiceName, at: Option<Location>, merged: &Layer) -> Fault {
    let known: Vec<&str> = merged.services.keys().map(ServiceName::as_str).collect();
    unknown("service", name.as_str(), at, &known)
}

/// A name that nothing defines.
fn unknown(what: &str, name: &str, at: Option<Location>, known: &[&str]) -> Fault {
    let help = nearest(name, known.iter().copied()).map_or_else(
        || format!("known: {}", known.join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    Fault {
        code: Code::UnknownName,
        title: format!("there is no {what} `{name}`"),
        label: if at.is_some() {
            format!("not a {what}")
        } else {
            String::new()
        },
        at,
        also: None,
        help: Some(help),
    }
}

/// The stand-in's own name for a service, if it can take its place.
#[must_use]
pub fn stand_in_command(service: &ServiceName) -> Option<Vec<Text>> {
    let known = ["data", "cascor", "canopy", "worker"];
    if !known.contains(&service.as_str()) {
        return None;
    }
    ["/usr/bin/juniper-standin", service.as_str()]
        .into_iter()
        .map(|word| Text::parse(word).ok())
        .collect()
}
