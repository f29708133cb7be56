//! One configuration text, read: what it says, before it is merged with the others.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeTable;

use super::fault::{Code, Fault, Faults};
use super::name::{EnvironmentName, ProfileName, ServiceName};
use super::network::Network;
use super::reader::{TableReader, flag, string, strings, word};
use super::restraint::{self, RestraintLayer};
use super::service_layer::{self, ServiceLayer};
use super::source::{Located, Location, Source, SourceId};
use super::text::{AbsolutePath, Text};

/// What one layer says about one profile.
#[derive(Debug, Clone, Default)]
pub struct ProfileLayer {
    /// Where it is defined.
    pub at: Option<Location>,
    /// Keys that are there but were refused.
    pub refused: BTreeSet<&'static str>,
    /// The services that belong to it.
    pub services: Option<Located<Vec<ServiceName>>>,
    /// Whether the stand-in takes every service's place.
    pub stand_in: Option<Located<bool>>,
    /// Whether it may run where `JUNIPER_ENV=production`.
    pub production: Option<Located<bool>>,
    /// What this profile changes about services.
    pub overrides: BTreeMap<ServiceName, ServiceLayer>,
}

/// What one configuration text says.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// The profile to install where none is named.
    pub profile: Option<Located<ProfileName>>,
    /// Where the `juniperctl` program is that the units call.
    pub juniperctl: Option<Located<AbsolutePath>>,
    /// Whose network the group lives in.
    pub network: Option<Located<Network>>,
    /// Variables for every service.
    pub environment: BTreeMap<EnvironmentName, Located<Text>>,
    /// How restrained the watchdog is.
    pub watchdog: RestraintLayer,
    /// Services by name.
    pub services: BTreeMap<ServiceName, ServiceLayer>,
    /// Profiles by name.
    pub profiles: BTreeMap<ProfileName, ProfileLayer>,
}

/// Reads one text; faults are recorded, what is sound is returned.
#[must_use]
pub fn read(id: SourceId, source: &Source, faults: &mut Faults) -> Layer {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in &errors {
        faults.push(Fault {
            code: Code::Syntax,
            title: "this is not TOML".to_owned(),
            at: error.span().map(|span| Location { source: id, span }),
            label: error.message().to_owned(),
            also: None,
            help: None,
        });
    }
    let mut top = TableReader::top(&table, id);
    let layer = Layer {
        profile: top.optional("profile", faults, string(ProfileName::parse)),
        juniperctl: top.optional("juniperctl", faults, string(AbsolutePath::parse)),
        network: top.optional("network", faults, word(Network::WORDS)),
        environment: top
            .table("environment", faults)
            .map(|table| service_layer::environment(&table, faults))
            .unwrap_or_default(),
        watchdog: top
            .table("watchdog", faults)
            .map(|table| restraint::read(table, faults))
            .unwrap_or_default(),
        services: top
            .table("services", faults)
            .map(|table| services(&table, faults))
            .unwrap_or_default(),
        profiles: top
            .table("profiles", faults)
            .map(|table| profiles(&table, faults))
            .unwrap_or_default(),
    };
    top.finish(faults);
    layer
}

fn services(table: &TableReader<'_>, faults: &mut Faults) -> BTreeMap<ServiceName, ServiceLayer> {
    let mut services = BTreeMap::new();
    for (key, value) in table.entries() {
        match ServiceName::parse(key.value) {
            Ok(name) => {
                if let Some(below) = table.below(key.value, value, faults) {
                    let mut layer = service_layer::read(below, faults);
                    layer.at = Some(key.at);
                    services.insert(name, layer);
                }
            }
            Err(problem) => table.refused_key(&key, problem, faults),
        }
    }
    services
}

fn profiles(table: &TableReader<'_>, faults: &mut Faults) -> BTreeMap<ProfileName, ProfileLayer> {
    let mut profiles = BTreeMap::new();
    for (key, value) in table.entries() {
        let name = match ProfileName::parse(key.value) {
            Ok(name) => name,
            Err(problem) => {
                table.refused_key(&key, problem, faults);
                continue;
            }
        };
        let Some(mut below) = table.below(key.value, value, faults) else {
            continue;
        };
        let mut layer = ProfileLayer {
            at: Some(key.at),
            refused: BTreeSet::new(),
            services: below.optional("services", faults, strings(ServiceName::parse)),
            stand_in: below.optional("stand_in", faults, flag),
            production: below.optional("production", faults, flag),
            overrides: below
                .table("overrides", faults)
                .map(|table| services(&table, faults))
                .unwrap_or_default(),
        };
        layer.refused = below.refused();
        below.finish(faults);
        profiles.insert(name, layer);
    }
    profiles
}
