//! What the unit of one service says: ordering, gates, environment, directories, sandbox.
//!
//! One command line runs everything: the gate waits until the port is free and the dependencies
//! answer, and then becomes the service (the same process, no shell, nothing left behind). It is
//! not an `ExecStartPre=` because systemd builds the whole sandbox anew for each command line, 45 ms
//! measured on a small machine; here the wait costs a millisecond. The watcher is a command line of
//! its own, `ExecStartPost=`: its sandbox is built while the service itself starts.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use crate::hardening::Sandbox;
use crate::ordered::Ordered as _;
use crate::spec::stack::{Gate, Gpu, Managed, Member, Output, Service, Stack, WhenLost};

use super::budget::Budget;
use super::credentials::{Handed, handed};
use super::edges;
use super::facts::Facts;
use super::gpu::{self, GpuLines};
use super::manager::Manager;
use super::network;
use super::sandbox::{binds, hidden, others_ports, sandbox, shown};
use super::value::{Directories, argument, assignment, raw, span};
use super::version::SystemdVersion;

/// Everything a service's template shows, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields are the directives of the template, in its order"
)]
pub struct ServiceUnit {
    pub file_name: String,
    pub description: String,
    pub version: String,
    pub manager: Manager,
    pub isolated: bool,
    pub let_out: Option<String>,
    pub after: Vec<String>,
    pub part_of: Vec<String>,
    pub binds_to: Vec<String>,
    pub job_timeout: Option<String>,
    pub started: StartedBy,
    pub exec_start: Vec<String>,
    pub watch: Vec<String>,
    pub returned: Option<String>,
    pub returned_unit: Option<String>,
    pub lost: Option<String>,
    pub working_directory: String,
    pub environment: Vec<String>,
    pub credentials: Handed,
    pub runtime_directory: String,
    pub state_directory: String,
    pub logs_directory: String,
    pub cache_directory: String,
    pub temporary: Option<String>,
    pub binds: Vec<String>,
    pub unbound: Vec<String>,
    pub unmatched: Vec<String>,
    pub standard_output: &'static str,
    pub timeout_start: String,
    pub timeout_stop: String,
    pub restart_delay: String,
    pub restarts_directly: bool,
    pub memory_max: Option<u64>,
    pub gpu: Option<GpuLines>,
    pub gpu_gate: Option<&'static str>,
    pub others_ports: BTreeSet<u16>,
    pub hidden: Option<String>,
    pub shown: Vec<String>,
    pub sandbox: Sandbox,
    pub peers: Vec<String>,
}

/// By what systemd learns that a main process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartedBy {
    /// By looking for itself (`Type=exec`).
    Execution,
    /// By a word of the gate (`Type=notify`).
    Announcement,
}

impl StartedBy {
    /// 247 loses the pipe by which it looks where the process ends first and `ExecStopPost=` is to be
    /// run, and then reads from its closed end for ever. 252 closes it in time, and so does 249.11 of Ubuntu;
    /// which of those before it does not was not measured, and the gate's word costs nothing.
    #[must_use]
    pub fn on(version: SystemdVersion) -> Self {
        if version.has(252) {
            Self::Execution
        } else {
            Self::Announcement
        }
    }
}

/// What a unit is computed from, besides its service.
pub struct Surroundings<'s> {
    /// The stack it is part of.
    pub stack: &'s Stack,
    /// How long it may take.
    pub budget: Budget,
    /// The systemd it is for.
    pub version: SystemdVersion,
    /// What was found on the machine it is for.
    pub facts: &'s Facts,
    /// Addresses beyond loopback on which services of the stack listen.
    pub peers: &'s [String],
}

/// Computes the unit of a managed service.
#[must_use]
pub fn unit(service: &Service, managed: &Managed, around: &Surroundings<'_>) -> ServiceUnit {
    let directories = Directories {
        below: match managed.instances {
            None => format!("juniper/{}", service.name),
            Some(_) => format!("juniper/{}/%i", service.name),
        },
    };
    let state_directory = std::iter::once(directories.below.clone())
        .chain(
            managed
                .state_directories
                .iter()
                .map(|below| format!("{}/{below}", directories.below)),
        )
        .collect::<Vec<_>>()
        .join(" ");
    let temporary = network::temporary(around.stack, &directories, around.version);
    let under = &around.facts.manager;
    let (bound, unmatched) = binds(managed, &directories, around.facts);
    let (binds, unbound) = if under.mounts() {
        (bound, Vec::new())
    } else {
        (Vec::new(), bound)
    };
    ServiceUnit {
        file_name: file_name(managed),
        description: match managed.instances {
            None => raw(service.description.as_str()),
            Some(_) => format!("{} %i", raw(service.description.as_str())),
        },
        version: around.version.to_string(),
        manager: under.clone(),
        isolated: around.stack.network.is_isolated(),
        let_out: network::socket_of(managed),
        after: edges::units(service, around.stack, |edge, other| {
            edges::is_ordered(edge, other) || under.is_user() && edge.gate == Gate::Started
        }),
        part_of: edges::foreign(service, around.stack, WhenLost::Restart),
        binds_to: edges::foreign(service, around.stack, WhenLost::Stop),
        // From systemd 254 on a start is one job across its retries, which must not be waited for
        // without end.
        job_timeout: around
            .version
            .has(254)
            .then(|| span(around.budget.job_timeout())),
        started: StartedBy::on(around.version),
        exec_start: exec_start(service, managed, around),
        watch: watch(service, managed, around),
        returned: returned(service, around).filter(|_| !under.is_user()),
        returned_unit: super::returned::wanted(service, around.stack, under),
        lost: lost(service, around).filter(|_| !under.is_user()),
        working_directory: managed
            .working_directory
            .as_ref()
            .map_or_else(|| directories.state(None), |path| raw(path.as_str())),
        environment: environment(managed, &directories),
        credentials: handed(managed, around.version, around.facts),
        runtime_directory: directories.below.clone(),
        state_directory,
        logs_directory: directories.below.clone(),
        cache_directory: std::iter::once(directories.below.clone())
            .chain(temporary.clone())
            .collect::<Vec<_>>()
            .join(" "),
        temporary,
        binds,
        unbound,
        unmatched,
        standard_output: match managed.standard_output {
            Output::Journal => "journal",
            Output::Discard => "null",
        },
        timeout_start: span(around.budget.start_timeout()),
        timeout_stop: span(managed.stop_timeout),
        restart_delay: span(managed.restart_delay),
        restarts_directly: around.version.has(254),
        memory_max: managed.memory_max,
        gpu: gpu::lines(service, managed, around.stack, around.facts, &directories),
        gpu_gate: (managed.gpu != Gpu::None && !under.is_user()).then_some(gpu::GATE),
        hidden: hidden(service, managed, around.version, under),
        others_ports: others_ports(service, around.stack, around.version, under),
        shown: shown(managed, around.stack, under),
        peers: peers_of(managed, around.peers),
        sandbox: sandbox(managed, around.version, around.stack.network, under),
    }
}

/// `juniper-data.service`, or `juniper-cascor-worker@.service` for one with instances.
#[must_use]
pub fn file_name(managed: &Managed) -> String {
    match managed.instances {
        None => format!("{}.service", managed.unit),
        Some(_) => format!("{}@.service", managed.unit),
    }
}

/// The lines of the one command: the gate, then the service's own program and arguments.
fn exec_start(service: &Service, managed: &Managed, around: &Surroundings<'_>) -> Vec<String> {
    let mut gate = vec![
        format!(":{}", called(around)),
        format!("gate exec --service {}", service.name),
    ];
    if StartedBy::on(around.version) == StartedBy::Announcement {
        gate.push("--announce".to_owned());
    }
    if let Some(endpoint) = managed.endpoint {
        let address = SocketAddr::new(endpoint.host, endpoint.port).to_string();
        gate.push(format!("--listen {}", argument(&address)));
    }
    if managed.instances.is_some() {
        gate.push("--instance %i".to_owned());
    }
    if managed.gpu != Gpu::None {
        gate.push("--gpu".to_owned());
    }
    let awaited = awaited(service, around);
    let mut lines = vec![gate.join(" ")];
    if !awaited.is_empty() {
        lines.push(format!(
            "--within {} {}",
            span(around.budget.wait),
            awaited.join(" ")
        ));
    }
    lines.push(format!("--startup {}", span(around.budget.startup)));
    let program: Vec<String> = managed
        .command
        .iter()
        .map(|word| argument(word.as_str()))
        .collect();
    lines.push(format!("-- {}", program.join(" ")));
    lines
}

/// `--await NAME=URL` for each dependency that answers questions, `--started UNIT` for each that only
/// must have been started.
fn awaited(service: &Service, around: &Surroundings<'_>) -> Vec<String> {
    let stack = around.stack;
    let mut awaited = Vec::new();
    for (edge, other) in edges::of(service, stack) {
        for member in other.members() {
            let url = match edge.gate {
                Gate::Started if edges::is_ordered(edge, other) => continue,
                Gate::Started => None,
                Gate::Live => member.liveness_url(),
                Gate::Ready => member.readiness_url(),
            };
            awaited.push(match url {
                // From inside of a user's sandbox its manager cannot be asked: the order has to do.
                None if around.facts.manager.is_user() => continue,
                Some(url) => format!("--await {}", argument(&format!("{}={url}", member.label()))),
                None => format!("--started {}", argument(&member.unit())),
            });
        }
    }
    for other in service
        .managed()
        .into_iter()
        .flat_map(|managed| &managed.elsewhere)
    {
        if let Some(path) = &other.path {
            let url = format!("{}{}", other.endpoint.url(1), path.as_str());
            awaited.push(format!(
                "--await {}",
                argument(&format!("{}={url}", other.name))
            ));
        }
    }
    awaited
}

/// The addresses beyond loopback that it may talk to: the group's, those of the head where it waits for
/// something there, and those of other machines whose services talk to it.
fn peers_of(managed: &Managed, group: &[String]) -> Vec<String> {
    let elsewhere = managed
        .elsewhere
        .iter()
        .map(|other| other.endpoint.host.to_string());
    let clients = managed.clients.iter().map(ToString::to_string);
    let all: BTreeSet<String> = group
        .iter()
        .cloned()
        .chain(elsewhere)
        .chain(clients)
        .ordered();
    all.into_iter().collect()
}

/// The lines of the command beside it: until when the start lasts.
fn watch(service: &Service, managed: &Managed, around: &Surroundings<'_>) -> Vec<String> {
    let mut call = format!(":{} gate watch --service {}", called(around), service.name);
    if managed.instances.is_some() {
        call.push_str(" --instance %i");
    }
    let mut lines = vec![call];
    let first = Member {
        service,
        instance: managed.instances.map(|_| 1),
    };
    let Some(url) = first.readiness_url().or_else(|| first.liveness_url()) else {
        return lines;
    };
    lines.push(format!(
        "--startup {} --ready {}",
        span(around.budget.startup),
        argument(&url)
    ));
    for (path, text) in &managed.expectations {
        lines.push(format!("--expect {}", argument(&format!("{path}={text}"))));
    }
    lines
}

/// What takes dependents back into their gates when the service is gone.
fn lost(service: &Service, around: &Surroundings<'_>) -> Option<String> {
    let units = edges::dependents(service, around.stack, &[WhenLost::Stop]);
    let juniperctl = called(around);
    (!units.is_empty()).then(|| format!("{juniperctl} gate lost {}", arguments(&units)))
}

/// What restarts dependents once the service is ready. Those that were to be stopped are among them:
/// the kernel may kill the line for the loss together with the service (cgroup.kill).
fn returned(service: &Service, around: &Surroundings<'_>) -> Option<String> {
    let units = edges::dependents(service, around.stack, &[WhenLost::Restart, WhenLost::Stop]);
    let juniperctl = called(around);
    (!units.is_empty())
        .then(|| format!("{juniperctl} gate returned --unit %n {}", arguments(&units)))
}

/// The program with what it must be told of its manager.
fn called(around: &Surroundings<'_>) -> String {
    format!(
        "{}{}",
        argument(around.stack.juniperctl.as_str()),
        around.facts.manager.option()
    )
}

fn arguments(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| argument(word)).collect();
    words.join(" ")
}

fn environment(managed: &Managed, directories: &Directories) -> Vec<String> {
    let mut lines: Vec<String> = managed
        .environment
        .iter()
        .map(|(name, value)| assignment(name, value, directories))
        .collect();
    if managed.instances.is_some() {
        lines.push("JUNIPERCTL_INSTANCE=%i".to_owned());
    }
    lines
}
