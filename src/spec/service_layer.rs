//! What one layer says about one service: every key optional, every value with its place.
//!
//! Reading only: whether the keys fit together is decided after merging, in `resolve`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::gpu::GpuName;
use crate::hardening::{Exposure, Profile};

use super::bind::{self, BindTarget};
use super::credential::{self, CredentialLayer};
use super::derived::{Derived, EnvironmentValue};
use super::fault::Faults;
use super::form::{Names, SCALAR, flag, number, string, strings, word};
use super::name::{EnvironmentName, ForeignUnit, HostName, SecretName, ServiceName, UnitStem};
use super::probe_layer::{Endpoint, ProbeLayer, probe};
use super::reader::TableReader;
use super::reserved::settable;
use super::service_value::{BODY_PATHS, BYTES, COMMAND, DIRECTIVES, HOST, exposure, gpu, positive};
use super::source::{Located, Location};
use super::text::{AbsolutePath, Line, RelativePath, Text};

/// What a dependent waits for before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// The other unit's process was started.
    Started,
    /// The other answers its liveness endpoint.
    Live,
    /// The other says it is ready.
    Ready,
}

/// What happens to a running dependent when the other side is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenLost {
    /// Nothing: it keeps running and finds the other again by itself.
    Keep,
    /// It is restarted with the other.
    Restart,
    /// It is stopped with the other.
    Stop,
}

/// Which GPUs a service may open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gpu {
    /// None: no device node but the harmless ones.
    None,
    /// Every NVIDIA GPU.
    All,
    /// So many, for each instance; which ones follows from what the machine has.
    Count(u32),
    /// These; instances take them in turns.
    Named(Vec<GpuName>),
}

/// Where standard output goes; standard error always goes to the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// To the journal.
    Journal,
    /// Nowhere: for a service that floods it and logs what matters to standard error.
    Discard,
}

/// The most instances that a service can have.
pub const MAX_INSTANCES: u32 = 64;

/// The profiles of the sandbox that a service can choose; with `gpu` it is always the GPU's.
const SANDBOXES: &[(&str, Profile)] = &[
    (Profile::Network.word(), Profile::Network),
    (Profile::MachineLearning.word(), Profile::MachineLearning),
];

/// The words for what is waited for.
const GATES: &[(&str, Gate)] = &[
    ("started", Gate::Started),
    ("live", Gate::Live),
    ("ready", Gate::Ready),
];

/// The words for what happens when the other side is lost.
const LOSSES: &[(&str, WhenLost)] = &[
    ("keep", WhenLost::Keep),
    ("restart", WhenLost::Restart),
    ("stop", WhenLost::Stop),
];

/// One dependency edge as a layer has it.
#[derive(Debug, Clone, Default)]
pub struct EdgeLayer {
    /// What is waited for.
    pub gate: Option<Located<Gate>>,
    /// What happens when it is lost.
    pub when_lost: Option<Located<WhenLost>>,
    /// What the dependent's readiness must say while this edge exists.
    pub expect: BTreeMap<String, Located<Text>>,
    /// Where the edge is written.
    pub at: Option<Location>,
}

/// One service as a layer has it; the field names are the keys.
#[derive(Debug, Clone, Default)]
#[expect(
    missing_docs,
    reason = "the fields are the configuration's keys, documented in juniper.toml(5)"
)]
pub struct ServiceLayer {
    pub at: Option<Location>,
    pub refused: BTreeSet<&'static str>,
    pub description: Option<Located<Line>>,
    pub unit: Option<Located<UnitStem>>,
    pub external_unit: Option<Located<ForeignUnit>>,
    pub command: Option<Located<Vec<Text>>>,
    pub working_directory: Option<Located<AbsolutePath>>,
    pub host: Option<Located<Text>>,
    pub port: Option<Located<u64>>,
    pub let_out: Option<Located<bool>>,
    pub instances: Option<Located<u64>>,
    pub hosts: BTreeMap<HostName, Located<u64>>,
    pub gpu: Option<Located<Gpu>>,
    pub memory_max: Option<Located<u64>>,
    pub standard_output: Option<Located<Output>>,
    pub stop_timeout: Option<Located<Duration>>,
    pub restart_delay: Option<Located<Duration>>,
    pub state_directories: Option<Located<Vec<RelativePath>>>,
    pub bind_directories: BTreeMap<BindTarget, Located<EnvironmentValue>>,
    pub environment: BTreeMap<EnvironmentName, Located<Text>>,
    pub derived_environment: BTreeMap<EnvironmentName, Located<Derived>>,
    pub credentials: BTreeMap<SecretName, CredentialLayer>,
    pub depends_on: BTreeMap<ServiceName, EdgeLayer>,
    pub startup: ProbeLayer,
    pub readiness: ProbeLayer,
    pub liveness: ProbeLayer,
    pub sandbox: Option<Located<Profile>>,
    pub exposure_budget: Option<Located<Exposure>>,
    pub relax: BTreeMap<String, Located<Line>>,
}

/// Reads one `[services.NAME]` table.
pub fn read(mut table: TableReader<'_>, faults: &mut Faults) -> ServiceLayer {
    let mut layer = ServiceLayer {
        at: Some(table.location()),
        refused: BTreeSet::new(),
        description: table.optional("description", faults, string(Line::parse)),
        unit: table.optional("unit", faults, string(UnitStem::parse)),
        external_unit: table.optional("external_unit", faults, string(ForeignUnit::parse)),
        command: table.optional("command", faults, COMMAND),
        working_directory: table.optional("working_directory", faults, string(AbsolutePath::parse)),
        host: table.optional("host", faults, HOST),
        port: table.optional("port", faults, number(1, 65_535)),
        let_out: table.optional("let_out", faults, flag),
        instances: table.optional("instances", faults, number(0, MAX_INSTANCES.into())),
        hosts: table
            .table("hosts", faults)
            .map(|table| {
                let names = Names::of(HostName::parse);
                table.values(faults, names, number(0, MAX_INSTANCES.into()))
            })
            .unwrap_or_default(),
        gpu: table.optional("gpu", faults, gpu),
        memory_max: table.optional("memory_max", faults, BYTES),
        standard_output: table.optional(
            "standard_output",
            faults,
            word(&[("journal", Output::Journal), ("discard", Output::Discard)]),
        ),
        stop_timeout: table.optional("stop_timeout", faults, positive),
        restart_delay: table.optional("restart_delay", faults, positive),
        state_directories: table.optional(
            "state_directories",
            faults,
            strings(RelativePath::parse),
        ),
        bind_directories: table
            .table("bind_directories", faults)
            .map(|table| table.values(faults, Names::of(BindTarget::parse), string(bind::own)))
            .unwrap_or_default(),
        environment: table
            .table("environment", faults)
            .map(|table| environment(&table, faults))
            .unwrap_or_default(),
        derived_environment: table
            .table("derived_environment", faults)
            .map(|table| {
                let names = Names::of(settable);
                table.values(faults, names, string(Derived::parse))
            })
            .unwrap_or_default(),
        credentials: table
            .table("credentials", faults)
            .map(|table| credential::read(&table, faults))
            .unwrap_or_default(),
        depends_on: table
            .table("depends_on", faults)
            .map(|table| edges(&table, faults))
            .unwrap_or_default(),
        startup: table
            .table("startup", faults)
            .map(|table| probe(table, faults, Endpoint::Without))
            .unwrap_or_default(),
        readiness: table
            .table("readiness", faults)
            .map(|table| probe(table, faults, Endpoint::With))
            .unwrap_or_default(),
        liveness: table
            .table("liveness", faults)
            .map(|table| probe(table, faults, Endpoint::Acting))
            .unwrap_or_default(),
        sandbox: table.optional("sandbox", faults, word(SANDBOXES)),
        exposure_budget: table.optional("exposure_budget", faults, exposure),
        relax: table
            .table("relax", faults)
            .map(|table| table.values(faults, DIRECTIVES, string(Line::parse)))
            .unwrap_or_default(),
    };
    layer.refused = table.refused();
    table.finish(faults);
    layer
}

/// Reads a table of environment variables.
pub fn environment(
    table: &TableReader<'_>,
    faults: &mut Faults,
) -> BTreeMap<EnvironmentName, Located<Text>> {
    table.values(faults, Names::of(settable), SCALAR)
}

fn edges(table: &TableReader<'_>, faults: &mut Faults) -> BTreeMap<ServiceName, EdgeLayer> {
    let names = Names::of(ServiceName::parse);
    table.tables(faults, names, |_, _| None, edge)
}

fn edge(mut table: TableReader<'_>, at: Location, faults: &mut Faults) -> EdgeLayer {
    let layer = EdgeLayer {
        gate: table.optional("gate", faults, word(GATES)),
        when_lost: table.optional("when_lost", faults, word(LOSSES)),
        expect: table
            .table("expect", faults)
            .map(|table| table.values(faults, BODY_PATHS, string(Text::parse)))
            .unwrap_or_default(),
        at: Some(at),
    };
    table.finish(faults);
    layer
}
