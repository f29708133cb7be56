//! The command line of `gate`, which units call: types only, no behaviour.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::gpu::GpuName;

use super::{halves, span};

/// What the units call to wait for readiness
#[derive(Debug, Args)]
pub struct Gate {
    /// Which gate
    #[command(subcommand)]
    pub gate: GateCommand,
}

/// Which gate
#[derive(Debug, Subcommand)]
pub enum GateCommand {
    /// Wait for dependencies and a free port, then become the service's program
    Exec(GateExec),
    /// Watch a service beside its gate until it is ready: for the same unit, after its start
    Watch(GateWatch),
    /// Wait until services say that they are ready: for units that others write
    Ready {
        /// How long to wait
        #[arg(long, value_name = "SPAN", value_parser = span, default_value = "60s")]
        within: Duration,
        /// The instance; its port is PORT + N - 1
        #[arg(long, value_name = "N", default_value_t = 1)]
        instance: u16,
        /// What the answer must say
        #[arg(long, value_name = "PATH=TEXT", value_parser = expectation)]
        expect: Vec<(String, String)>,
        /// Services and their endpoints
        #[arg(required = true, value_name = "NAME=URL", value_parser = target)]
        targets: Vec<Target>,
    },
    /// Ask a service once: for engines that have no better health check
    Probe(GateProbe),
    /// Wait until units are active and say that they are ready; give up when one has failed
    Group(GateGroup),
    /// Make sure that no route leads out of this network
    Network,
    /// Wait for the NVIDIA driver, its device nodes and these GPUs; say what is missing
    Gpu(GateGpu),
    /// Have nvidia-modprobe(1) load the NVIDIA driver and make its device nodes, where it is there
    Nodes,
    /// Restart running dependents now that this service is gone; they wait for it in their gates
    Lost {
        /// Patterns of the dependents' units
        #[arg(required = true, value_name = "UNIT")]
        dependents: Vec<String>,
    },
    /// Restart dependents that had passed their gates before this service's present start
    Returned {
        /// The unit of this service
        #[arg(long)]
        unit: String,
        /// Patterns of the dependents' units
        #[arg(required = true, value_name = "UNIT")]
        dependents: Vec<String>,
    },
}

/// Wait for dependencies and a free port, then become the service's program
#[derive(Debug, Args)]
pub struct GateExec {
    /// The service, for messages
    #[arg(long)]
    pub service: String,
    /// Tell systemd first of all that the gate runs (`Type=notify`)
    #[arg(long)]
    pub announce: bool,
    /// The address that must be free
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: Option<SocketAddr>,
    /// The instance; its port is PORT + N - 1
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub instance: u16,
    /// How long to wait for the dependencies without progress
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "60s")]
    pub within: Duration,
    /// A dependency and the endpoint it must answer
    #[arg(long = "await", value_name = "NAME=URL", value_parser = target)]
    pub awaited: Vec<Target>,
    /// A unit that must have been started
    #[arg(long, value_name = "UNIT")]
    pub started: Vec<String>,
    /// Refuse to start where it may not open the GPUs that `$CUDA_VISIBLE_DEVICES` names (all, where unset),
    /// or while one of them has a fault that no restart cures
    #[arg(long)]
    pub gpu: bool,
    /// How long the program may take after that, which its unit needs time for
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "60s")]
    pub startup: Duration,
    /// Program and arguments
    #[arg(last = true, required = true)]
    pub command: Vec<OsString>,
}

/// Ask a service once: for engines that have no better health check
#[derive(Debug, Args)]
pub struct GateProbe {
    /// How long the answer may take
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "10s")]
    pub timeout: Duration,
    /// Any answer will do: only silence is a failure
    #[arg(long)]
    pub any_answer: bool,
    /// What the answer must say
    #[arg(long, value_name = "PATH=TEXT", value_parser = expectation)]
    pub expect: Vec<(String, String)>,
    /// Where to ask
    #[arg(value_name = "URL", value_parser = url)]
    pub url: String,
}

/// Wait for the NVIDIA driver, its device nodes and these GPUs; say what is missing
#[derive(Debug, Args)]
pub struct GateGpu {
    /// How long to wait
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "60s")]
    pub within: Duration,
    /// Wait for the driver alone
    #[arg(long)]
    pub driver: bool,
    /// The GPUs; where none is named, any will do
    #[arg(value_name = "GPU", value_parser = gpu)]
    pub gpus: Vec<GpuName>,
}

/// Watch a service beside its gate until it is ready: for the same unit, after its start
#[derive(Debug, Args)]
pub struct GateWatch {
    /// The service, for messages
    #[arg(long)]
    pub service: String,
    /// The instance; its port is PORT + N - 1
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub instance: u16,
    /// How long the program may take to its first ready answer without progress
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "60s")]
    pub startup: Duration,
    /// Where the program says that it is ready; without it that it runs is enough
    #[arg(long, value_name = "URL", value_parser = url)]
    pub ready: Option<String>,
    /// What the answer must say
    #[arg(long, value_name = "PATH=TEXT", value_parser = expectation)]
    pub expect: Vec<(String, String)>,
}

/// Wait until units are active and say that they are ready; give up when one has failed
#[derive(Debug, Args)]
pub struct GateGroup {
    /// How long to wait
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "60s")]
    pub within: Duration,
    /// The profile, for the record of the start
    #[arg(long, default_value = "")]
    pub profile: String,
    /// A member that comes after another, for the record of the start
    #[arg(long, value_name = "NAME=NAME", value_parser = pair)]
    pub after: Vec<(String, String)>,
    /// The socket at which a member is reached from outside of the group's network
    #[arg(long, value_name = "NAME=UNIT", value_parser = pair)]
    pub let_out: Vec<(String, String)>,
    /// Members with their units, and the endpoints of those that have one
    #[arg(required = true, value_name = "NAME:UNIT[=URL]", value_parser = member)]
    pub members: Vec<GroupMember>,
}

/// One member of the group, as the gate of the group is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// `data`, `worker@2`.
    pub label: String,
    /// Its unit.
    pub unit: String,
    /// Where to ask it.
    pub url: Option<String>,
}

/// A service and the endpoint it must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name, for messages.
    pub name: String,
    /// Where to ask.
    pub url: String,
}

fn target(text: &str) -> Result<Target, String> {
    match text.split_once('=') {
        Some((name, text)) => Ok(Target {
            name: name.to_owned(),
            url: url(text)?,
        }),
        None => Err("write NAME=http://HOST:PORT/PATH".to_owned()),
    }
}

fn member(text: &str) -> Result<GroupMember, String> {
    let (name, endpoint) = match text.split_once('=') {
        Some((name, endpoint)) => (name, Some(url(endpoint)?)),
        None => (text, None),
    };
    match name.split_once(':') {
        Some((label, unit)) => Ok(GroupMember {
            label: label.to_owned(),
            unit: unit.to_owned(),
            url: endpoint,
        }),
        None => Err("write NAME:UNIT, or NAME:UNIT=http://HOST:PORT/PATH".to_owned()),
    }
}

fn url(text: &str) -> Result<String, String> {
    if text.starts_with("http://") {
        Ok(text.to_owned())
    } else {
        Err("write http://HOST:PORT/PATH".to_owned())
    }
}

fn gpu(text: &str) -> Result<GpuName, String> {
    GpuName::parse(text).map_err(|problem| format!("write {}", problem.label))
}

fn expectation(text: &str) -> Result<(String, String), String> {
    halves(text).ok_or_else(|| "write PATH=TEXT".to_owned())
}

fn pair(text: &str) -> Result<(String, String), String> {
    halves(text).ok_or_else(|| "write NAME=NAME, or NAME=UNIT".to_owned())
}
