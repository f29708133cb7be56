//! What the unit of one service says: ordering, gates, environment, directories, sandbox.
//!
//! One command line runs everything: the gate waits until the port is free and the dependencies
//! answer, and then becomes the service (the same process, no shell, nothing left behind). It is
//! not an `ExecStartPre=` because systemd builds the whole sandbox anew for each command line, 45 ms
//! measured on a small machine; here the wait costs a millisecond.

use std::net::SocketAddr;

use crate::spec::stack::{Edge, Gate, Gpu, Managed, Output, Service, Stack, WhenLost};

use super::budget::Budget;
use super::facts::Facts;
use super::sandbox::{binds, devices, peers, sandbox};
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
    pub requires: Vec<String>,
    pub binds_to: Vec<String>,
    pub wants: Vec<String>,
    pub after: Vec<String>,
    pub exec_start: Vec<String>,
    pub exec_start_post: Option<String>,
    pub working_directory: String,
    pub environment: Vec<String>,
    pub state_directory: String,
    pub logs_directory: String,
    pub cache_directory: String,
    pub binds: Vec<String>,
    pub unmatched: Vec<String>,
    pub standard_output: &'static str,
    pub timeout_start: String,
    pub timeout_stop: String,
    pub restart_delay: String,
    pub restart_backs_off: bool,
    pub memory_max: Option<u64>,
    pub devices: Vec<String>,
    pub sandbox: Vec<(&'static str, &'static str)>,
    pub peers: Vec<String>,
    pub relaxed: Vec<(String, String)>,
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
    let (sandbox, relaxed) = sandbox(managed, around.version);
    let (binds, unmatched) = binds(managed, &directories, around.facts);
    ServiceUnit {
        file_name: file_name(managed),
        description: match managed.instances {
            None => raw(service.description.as_str()),
            Some(_) => format!("{} %i", raw(service.description.as_str())),
        },
        version: around.version.to_string(),
        requires: lost(service, around.stack, WhenLost::Restart),
        binds_to: lost(service, around.stack, WhenLost::Stop),
        wants: lost(service, around.stack, WhenLost::Keep),
        after: edges(service, around.stack, |_| true),
        exec_start: exec_start(service, managed, around),
        exec_start_post: exec_start_post(service, managed, around),
        working_directory: managed
            .working_directory
            .as_ref()
            .map_or_else(|| directories.state(None), |path| raw(path.as_str())),
        environment: environment(managed, &directories),
        state_directory,
        logs_directory: directories.below.clone(),
        cache_directory: directories.below.clone(),
        binds,
        unmatched,
        standard_output: match managed.standard_output {
            Output::Journal => "journal",
            Output::Discard => "null",
        },
        timeout_start: span(around.budget.start_timeout()),
        timeout_stop: span(managed.stop_timeout),
        restart_delay: span(managed.restart_delay),
        // RestartSteps= came with systemd 254.
        restart_backs_off: around.version.has(254),
        memory_max: managed.memory_max,
        devices: devices(&managed.gpu),
        peers: peers(around.stack),
        sandbox,
        relaxed,
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

fn lost(service: &Service, stack: &Stack, policy: WhenLost) -> Vec<String> {
    edges(service, stack, |edge| edge.when_lost == policy)
}

/// The units at the other end of the edges that `chosen` picks.
fn edges(service: &Service, stack: &Stack, chosen: impl Fn(&Edge) -> bool) -> Vec<String> {
    service
        .depends_on
        .iter()
        .filter(|edge| chosen(edge))
        .filter_map(|edge| stack.service(&edge.on))
        .flat_map(|other| {
            other
                .members()
                .iter()
                .map(crate::spec::stack::Member::unit)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The lines of the one command: the gate, then the service's own program and arguments.
fn exec_start(service: &Service, managed: &Managed, around: &Surroundings<'_>) -> Vec<String> {
    let mut gate = vec![
        format!(":{}", argument(around.stack.juniperctl.as_str())),
        format!("gate exec --service {}", service.name),
    ];
    if let Some(endpoint) = managed.endpoint {
        let address = SocketAddr::new(endpoint.host, endpoint.port).to_string();
        gate.push(format!("--listen {}", argument(&address)));
    }
    if managed.instances.is_some() {
        gate.push("--instance %i".to_owned());
    }
    let program: Vec<String> = managed
        .command
        .iter()
        .map(|word| argument(word.as_str()))
        .collect();
    let awaited = awaited(service, around.stack);
    let mut lines = vec![gate.join(" ")];
    if !awaited.is_empty() {
        lines.push(format!(
            "--within {} {}",
            span(around.budget.wait),
            awaited.join(" ")
        ));
    }
    lines.push(format!("-- {}", program.join(" ")));
    lines
}

/// `--await NAME=URL` for each dependency that answers questions.
fn awaited(service: &Service, stack: &Stack) -> Vec<String> {
    let mut awaited = Vec::new();
    for edge in &service.depends_on {
        let Some(other) = stack.service(&edge.on) else {
            continue;
        };
        for member in other.members() {
            let url = match edge.gate {
                Gate::Started => None,
                Gate::Live => member.liveness_url(),
                Gate::Ready => member.readiness_url(),
            };
            if let Some(url) = url {
                awaited.push(format!(
                    "--await {}",
                    argument(&format!("{}={url}", member.label()))
                ));
            }
        }
    }
    awaited
}

/// The command that holds the start job until the service answers.
fn exec_start_post(
    service: &Service,
    managed: &Managed,
    around: &Surroundings<'_>,
) -> Option<String> {
    let member = *service.members().first()?;
    let url = member.readiness_url().or_else(|| member.liveness_url())?;
    let mut command = vec![
        format!(":{}", argument(around.stack.juniperctl.as_str())),
        format!("gate ready --within {}", span(around.budget.ready)),
    ];
    if managed.instances.is_some() {
        command.push("--instance %i".to_owned());
    }
    for (path, text) in &managed.expectations {
        command.push(format!("--expect {}", argument(&format!("{path}={text}"))));
    }
    command.push(argument(&format!("{}={url}", service.name)));
    Some(command.join(" "))
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
    if let Gpu::Only(numbers) = &managed.gpu {
        let list: Vec<String> = numbers.iter().map(u32::to_string).collect();
        lines.push(format!("CUDA_VISIBLE_DEVICES={}", list.join(",")));
    }
    lines
}
