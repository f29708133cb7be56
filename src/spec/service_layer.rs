//! What one layer says about one service: every key optional, every value with its place.
//!
//! Reading only: whether the keys fit together is decided after merging, in `resolve`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use toml::de::DeValue;

use super::bind::{self, BindTarget};
use super::derived::{Derived, EnvironmentValue};
use super::duration;
use super::fault::{Faults, Problem};
use super::name::{EnvironmentName, ForeignUnit, ServiceName, UnitStem};
use super::probe::UrlPath;
use super::reader::{TableReader, number, scalar, string, strings, word};
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
    /// These, by the number in `/dev/nvidiaN`.
    Only(Vec<u32>),
}

/// Where standard output goes; standard error always goes to the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// To the journal.
    Journal,
    /// Nowhere: for a service that floods it and logs what matters to standard error.
    Discard,
}

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

/// One probe as a layer has it.
#[derive(Debug, Clone, Default)]
pub struct ProbeLayer {
    /// Where to ask.
    pub path: Option<Located<UrlPath>>,
    /// Time between two questions.
    pub interval: Option<Located<Duration>>,
    /// How long one answer may take.
    pub timeout: Option<Located<Duration>>,
    /// Failures in a row that count.
    pub failure_threshold: Option<Located<u64>>,
    /// Successes in a row that count.
    pub success_threshold: Option<Located<u64>>,
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
    pub instances: Option<Located<u64>>,
    pub gpu: Option<Located<Gpu>>,
    pub memory_max: Option<Located<u64>>,
    pub standard_output: Option<Located<Output>>,
    pub stop_timeout: Option<Located<Duration>>,
    pub restart_delay: Option<Located<Duration>>,
    pub state_directories: Option<Located<Vec<RelativePath>>>,
    pub bind_directories: BTreeMap<BindTarget, Located<EnvironmentValue>>,
    pub environment: BTreeMap<EnvironmentName, Located<Text>>,
    pub derived_environment: BTreeMap<EnvironmentName, Located<Derived>>,
    pub depends_on: BTreeMap<ServiceName, EdgeLayer>,
    pub startup: ProbeLayer,
    pub readiness: ProbeLayer,
    pub liveness: ProbeLayer,
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
        command: table.optional("command", faults, command),
        working_directory: table.optional("working_directory", faults, string(AbsolutePath::parse)),
        host: table.optional("host", faults, string(host)),
        port: table.optional("port", faults, number(1, 65_535)),
        instances: table.optional("instances", faults, number(1, 64)),
        gpu: table.optional("gpu", faults, gpu),
        memory_max: table.optional("memory_max", faults, string(bytes)),
        standard_output: table.optional(
            "standard_output",
            faults,
            word(&[("journal", Output::Journal), ("discard", Output::Discard)]),
        ),
        stop_timeout: table.optional("stop_timeout", faults, string(positive)),
        restart_delay: table.optional("restart_delay", faults, string(positive)),
        state_directories: table.optional(
            "state_directories",
            faults,
            strings(RelativePath::parse),
        ),
        bind_directories: table
            .table("bind_directories", faults)
            .map(|table| {
                named(&table, faults, BindTarget::parse, |value| {
                    string(bind::own)(value)
                })
            })
            .unwrap_or_default(),
        environment: table
            .table("environment", faults)
            .map(|table| environment(&table, faults))
            .unwrap_or_default(),
        derived_environment: table
            .table("derived_environment", faults)
            .map(|table| {
                named(&table, faults, EnvironmentName::parse, |value| {
                    string(Derived::parse)(value)
                })
            })
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
            .map(|table| probe(table, faults, Endpoint::With))
            .unwrap_or_default(),
        relax: table
            .table("relax", faults)
            .map(|table| {
                named(&table, faults, directive, |value| {
                    string(Line::parse)(value)
                })
            })
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
    named(table, faults, EnvironmentName::parse, scalar)
}

/// Reads a table whose keys are names of one kind.
fn named<K: Ord, V>(
    table: &TableReader<'_>,
    faults: &mut Faults,
    parse_key: impl Fn(&str) -> Result<K, Problem>,
    parse_value: impl Fn(&DeValue<'_>) -> Result<V, Problem>,
) -> BTreeMap<K, Located<V>> {
    let mut read = BTreeMap::new();
    for (key, value) in table.entries() {
        match parse_key(key.value) {
            Ok(name) => {
                if let Some(value) = table.parsed(key.value, value, faults, &parse_value) {
                    read.insert(name, value);
                }
            }
            Err(problem) => table.refused_key(&key, problem, faults),
        }
    }
    read
}

fn edges(table: &TableReader<'_>, faults: &mut Faults) -> BTreeMap<ServiceName, EdgeLayer> {
    let mut edges = BTreeMap::new();
    for (key, value) in table.entries() {
        let name = match ServiceName::parse(key.value) {
            Ok(name) => name,
            Err(problem) => {
                table.refused_key(&key, problem, faults);
                continue;
            }
        };
        let Some(mut edge) = table.below(key.value, value, faults) else {
            continue;
        };
        let layer = EdgeLayer {
            gate: edge.optional(
                "gate",
                faults,
                word(&[
                    ("started", Gate::Started),
                    ("live", Gate::Live),
                    ("ready", Gate::Ready),
                ]),
            ),
            when_lost: edge.optional(
                "when_lost",
                faults,
                word(&[
                    ("keep", WhenLost::Keep),
                    ("restart", WhenLost::Restart),
                    ("stop", WhenLost::Stop),
                ]),
            ),
            expect: edge
                .table("expect", faults)
                .map(|table| {
                    named(&table, faults, body_path, |value| {
                        string(Text::parse)(value)
                    })
                })
                .unwrap_or_default(),
            at: Some(key.at),
        };
        edge.finish(faults);
        edges.insert(name, layer);
    }
    edges
}

/// Whether a probe has an address of its own.
#[derive(Clone, Copy)]
enum Endpoint {
    With,
    Without,
}

fn probe(mut table: TableReader<'_>, faults: &mut Faults, endpoint: Endpoint) -> ProbeLayer {
    let mut layer = ProbeLayer {
        interval: table.optional("interval", faults, string(positive)),
        failure_threshold: table.optional("failure_threshold", faults, number(1, 100_000)),
        ..ProbeLayer::default()
    };
    if let Endpoint::With = endpoint {
        layer.path = table.optional("path", faults, string(UrlPath::parse));
        layer.timeout = table.optional("timeout", faults, string(positive));
        layer.success_threshold = table.optional("success_threshold", faults, number(1, 1_000));
    }
    table.finish(faults);
    layer
}

/// A program and its arguments, without a shell.
fn command(value: &DeValue<'_>) -> Result<Vec<Text>, Problem> {
    let words = strings(Text::parse)(value)?;
    let Some(program) = words.first() else {
        return Err(Problem::invalid("must name a program"));
    };
    AbsolutePath::parse(program.as_str()).map_err(|problem| {
        problem.help("the first entry is the program, with its full path; no shell is involved")
    })?;
    Ok(words)
}

/// An IP address; names would make the start depend on a resolver.
fn host(text: &str) -> Result<Text, Problem> {
    match text.parse::<std::net::IpAddr>() {
        Ok(_) => Text::parse(text),
        Err(_) => Err(Problem::invalid("an IP address such as 127.0.0.1 or ::1")),
    }
}

fn gpu(value: &DeValue<'_>) -> Result<Gpu, Problem> {
    let problem =
        || Problem::invalid("\"none\", \"all\" or the numbers of the GPUs, such as [0, 1]");
    match value {
        DeValue::String(text) if text == "none" => Ok(Gpu::None),
        DeValue::String(text) if text == "all" => Ok(Gpu::All),
        DeValue::Array(items) if !items.is_empty() => {
            let mut numbers = Vec::new();
            for item in items {
                let index =
                    number(0, 255)(item.get_ref()).map_err(|problem| problem.at(item.span()))?;
                numbers.push(u32::try_from(index).map_err(|_| problem())?);
            }
            numbers.sort_unstable();
            numbers.dedup();
            Ok(Gpu::Only(numbers))
        }
        _ => Err(problem()),
    }
}

/// A size in bytes with systemd's suffixes, such as `8G`.
fn bytes(text: &str) -> Result<u64, Problem> {
    let problem = || {
        Problem::invalid("a size such as 512M or 8G")
            .help("suffixes are K, M, G and T, to base 1024")
    };
    let (number, shift) = match text.strip_suffix(['K', 'M', 'G', 'T']) {
        Some(number) if text.ends_with('K') => (number, 10),
        Some(number) if text.ends_with('M') => (number, 20),
        Some(number) if text.ends_with('G') => (number, 30),
        Some(number) => (number, 40),
        None => (text, 0),
    };
    let number: u64 = number.parse().map_err(|_| problem())?;
    number
        .checked_mul(1 << shift)
        .filter(|bytes| *bytes >= 1 << 20)
        .ok_or_else(|| Problem::invalid("must be from 1M to 16777215T"))
}

fn positive(text: &str) -> Result<Duration, Problem> {
    match duration::parse(text)? {
        span if span.is_zero() => Err(Problem::invalid("must be longer than nothing")),
        span => Ok(span),
    }
}

/// A dotted path into a readiness body: `details.mode`.
fn body_path(text: &str) -> Result<String, Problem> {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    if text.len() <= 200 && text.split('.').all(plain) {
        Ok(text.to_owned())
    } else {
        Err(Problem::invalid(
            "a path into the body such as details.mode",
        ))
    }
}

/// The name of a directive, as written in a unit file.
fn directive(text: &str) -> Result<String, Problem> {
    if !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_alphanumeric()) {
        Ok(text.to_owned())
    } else {
        Err(Problem::invalid(
            "the name of a directive such as MemoryDenyWriteExecute",
        ))
    }
}
