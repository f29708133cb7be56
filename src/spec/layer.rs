//! One configuration text, read: what it says, before it is merged with the others.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeTable;

use super::fault::{Code, Fault, Faults};
use super::form::{Names, flag, string, strings, word};
use super::host_layer::{self, HostLayer};
use super::name::{EnvironmentName, HostName, ProfileName, ServiceName};
use super::network::Network;
use super::reader::TableReader;
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
    /// Other machines by name.
    pub hosts: BTreeMap<HostName, HostLayer>,
    /// Which of them this machine is; none of them is the head.
    pub this_host: Option<Located<HostName>>,
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
    let mut found = Faults::default();
    let layer = document(TableReader::top(&table, id), &mut found);
    // What the parser made of a broken value is not what anybody wrote.
    let follows = |fault: &Fault| {
        let at = fault.at.as_ref().map(|at| &at.span);
        let broken = errors.iter().filter_map(toml::de::Error::span);
        at.is_some_and(|at| {
            let mut broken = broken;
            broken.any(|broken| at.start <= broken.end && broken.start <= at.end)
        })
    };
    faults.extend(found.iter().filter(|fault| !follows(fault)).cloned());
    layer
}

/// Reads the top table of one text.
pub(super) fn document(mut top: TableReader<'_>, faults: &mut Faults) -> Layer {
    let layer = Layer {
        profile: top.optional("profile", faults, string(ProfileName::parse)),
        juniperctl: top.optional("juniperctl", faults, string(AbsolutePath::parse)),
        network: top.optional("network", faults, word(Network::WORDS)),
        environment: top
            .table("environment", faults)
            .map(|table| service_layer::environment(&table, faults))
            .unwrap_or_default(),
        hosts: top
            .table("hosts", faults)
            .map(|table| host_layer::read(&table, faults))
            .unwrap_or_default(),
        this_host: top.optional("this_host", faults, string(HostName::parse)),
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
    let names = Names::of(ServiceName::parse);
    table.tables(
        faults,
        names,
        |_, _| None,
        |below, at, faults| ServiceLayer {
            at: Some(at),
            ..service_layer::read(below, faults)
        },
    )
}

fn profiles(table: &TableReader<'_>, faults: &mut Faults) -> BTreeMap<ProfileName, ProfileLayer> {
    let names = Names::of(ProfileName::parse);
    table.tables(faults, names, |_, _| None, profile)
}

fn profile(mut table: TableReader<'_>, at: Location, faults: &mut Faults) -> ProfileLayer {
    let mut layer = ProfileLayer {
        at: Some(at),
        refused: BTreeSet::new(),
        services: table.optional("services", faults, strings(ServiceName::parse)),
        stand_in: table.optional("stand_in", faults, flag),
        production: table.optional("production", faults, flag),
        overrides: table
            .table("overrides", faults)
            .map(|table| services(&table, faults))
            .unwrap_or_default(),
    };
    layer.refused = table.refused();
    table.finish(faults);
    layer
}
