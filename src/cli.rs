//! The command line: types only, no behaviour. Help, completions and the man page come from here.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::spec::duration;
use crate::spec::name::Selector;
use crate::spec::stack::MAX_INSTANCES;
use crate::spec::{ProfileName, ServiceName, fault::Problem};
use crate::unit::SystemdVersion;

mod configuration;
mod export;
mod gate;
mod globals;
mod installed;
mod learn;
mod preflight;
mod provision;
mod secret;
mod watchdog;

pub use configuration::{Check, Explain};
pub use export::Export;
pub use globals::{Color, Globals};
pub use installed::Rollback;
pub use learn::Learn;
pub use preflight::{Doctor, Import};
pub use provision::{Kind as TorchKind, Provision};
pub use secret::{PutSecret, RemoveSecret, Secret, SecretAction};
pub use watchdog::{Act, Incidents, Notification, Pause, Resume, Told, Watch, Why};

pub use gate::{
    Gate, GateCommand, GateExec, GateGpu, GateGroup, GateProbe, GateWatch, GroupMember, Target,
};

/// Run the Juniper ML platform as hardened systemd units
#[derive(Debug, Parser)]
#[command(
    name = "juniperctl",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 as asked, 1 not as asked (a unit failed, a time ran out), 2 usage, \
                  3 configuration refused, 4 the machine refused (permission, no bus). \
                  `health` has its own: 0 ready, 1 degraded, 2 not ready, 3 down."
)]
pub struct Cli {
    /// Options that every command takes
    #[command(flatten)]
    pub globals: Globals,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Validate the configuration and report every fault
    Check(Check),
    /// Tell what the code of a fault means
    Explain(Explain),
    /// Print or write the unit files; needs no root and no bus
    Render(Render),
    /// Show what would change, then install the units and enable juniper.target
    Install(Install),
    /// Stop and remove everything that install brought
    Uninstall(Uninstall),
    /// Show what has become of the installed units, and what an install would change
    Diff,
    /// Show what was installed when, and what changed
    History,
    /// Go back to units that were installed before
    Rollback(Rollback),
    /// Start the group or some services, and wait until they answer
    Start(Lifecycle),
    /// Stop the group or some services
    Stop(Lifecycle),
    /// Restart the group or some services, and wait until they answer
    Restart(Lifecycle),
    /// Set how many instances of a service run, now and after every reboot
    Scale(Scale),
    /// Show the group at a glance
    Status(Look),
    /// Ask every endpoint; the root cause of trouble comes first
    Health(Look),
    /// Show who waits for whom, or what the last start waited for
    Graph(Graph),
    /// Show how exposed each unit is, against its budget, and what each does without
    Audit(Audit),
    /// Watch what the sandbox denies a service, and propose the least that would grant it
    Learn(Learn),
    /// Keep the keys of the services: set, list, rotate, remove
    Secret(Secret),
    /// Show the journal of all services as one stream
    Logs(Logs),
    /// Tell the story of a service's last failure
    Why(Why),
    /// Show what the watchdog saw and did
    Incidents(Incidents),
    /// Keep the watchdog from acting, on some services or on all
    Pause(Pause),
    /// Let the watchdog act again, also on what it had given up
    Resume(Resume),
    /// Look whether this machine can run the group, and what keeps it from that
    Doctor(Doctor),
    /// Make the Python environments of the services, from pinned and hashed packages
    Provision(Provision),
    /// Make a configuration of an existing installation: .env files, a Compose file, unit files
    Import(Import),
    /// Put the same stack into another engine's words: Kubernetes, Compose, quadlets, supervisord, a Procfile
    Export(Export),
    /// Watch the group; what juniper-watchdog.service runs
    #[command(hide = true)]
    Watchdog(Watch),
    /// Carry out one order of the watchdog; what juniper-act@.service runs
    #[command(hide = true)]
    Act(Act),
    /// Follow what the kernel says of GPUs; what juniper-kernel-log.service runs
    #[command(hide = true)]
    KernelLog,
    /// Tell somebody of an incident; what juniper-notification@.service runs
    #[command(hide = true)]
    Notification(Notification),
    /// What the units call to wait for readiness
    #[command(hide = true)]
    Gate(Gate),
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print a manual page in troff
    Man {
        /// Which
        #[arg(default_value = "juniperctl")]
        page: Page,
    },
    /// Print the JSON schema of the configuration, for editors
    Schema,
}

/// The manual pages that are written by the program itself
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Page {
    /// Every command and option: juniperctl(1)
    Juniperctl,
    /// Every key of the configuration: juniper.toml(5)
    #[value(name = "juniper.toml")]
    JuniperToml,
}

/// Print or write the unit files; needs no root and no bus
#[derive(Debug, Args)]
pub struct Render {
    /// Write for this systemd (247 or newer)
    #[arg(long, value_name = "VERSION", value_parser = systemd_version)]
    pub systemd: Option<SystemdVersion>,
    /// Use this profile instead of the configured one
    #[arg(long, value_name = "PROFILE", value_parser = profile)]
    pub profile: Option<ProfileName>,
    /// Write files into this directory instead of printing them
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Show what would change, then install the units and enable juniper.target
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct Install {
    /// Use this profile instead of the configured one
    #[arg(long, value_name = "PROFILE", value_parser = profile)]
    pub profile: Option<ProfileName>,
    /// Write for this systemd; with --root, where none can be asked
    #[arg(long, value_name = "VERSION", value_parser = systemd_version)]
    pub systemd: Option<SystemdVersion>,
    /// Start what is new and restart what has changed afterwards
    #[arg(long, conflicts_with = "dry_run")]
    pub now: bool,
    /// Only show what would change
    #[arg(long)]
    pub dry_run: bool,
    /// Take over unit files that juniperctl did not write; uninstall puts them back
    #[arg(long)]
    pub replace: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Users and program are brought before this is done; what `-H` asks another machine for its plan with
    #[arg(long, hide = true, requires = "dry_run")]
    pub brought: bool,
    /// The plan was shown before
    #[arg(long, hide = true, conflicts_with = "dry_run")]
    pub shown: bool,
}

/// Stop and remove everything that install brought
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct Uninstall {
    /// Also remove secrets, state, logs and caches of the services
    #[arg(long)]
    pub purge: bool,
    /// Only show what would go
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// The plan was shown before
    #[arg(long, hide = true, conflicts_with = "dry_run")]
    pub shown: bool,
}

/// Start, stop or restart
#[derive(Debug, Args)]
pub struct Lifecycle {
    /// Services (data) or instances (worker@2); the whole group where none is given
    #[arg(value_name = "SERVICE", value_parser = selector)]
    pub services: Vec<Selector>,
    /// Return as soon as systemd has taken the job
    #[arg(long)]
    pub no_wait: bool,
}

/// Set how many instances of a service run, now and after every reboot
#[derive(Debug, Args)]
pub struct Scale {
    /// Services and how many instances of each are wanted (worker=4)
    #[arg(required = true, value_name = "SERVICE=N", value_parser = count)]
    pub counts: Vec<(ServiceName, u32)>,
}

/// Status or health
#[derive(Debug, Args)]
pub struct Look {
    /// Services (data) or instances (worker@2); all where none is given
    #[arg(value_name = "SERVICE", value_parser = selector)]
    pub services: Vec<Selector>,
    /// Look again every two seconds until interrupted
    #[arg(long)]
    pub watch: bool,
}

/// Show who waits for whom, or what the last start waited for
#[derive(Debug, Args)]
pub struct Graph {
    /// How to draw it
    #[arg(long, value_name = "FORMAT", default_value = "ascii")]
    pub format: GraphFormat,
    /// Show the critical chain of the last start instead
    #[arg(long, conflicts_with = "format")]
    pub chain: bool,
}

/// How a graph is drawn
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// A listing in start order, for a terminal
    Ascii,
    /// A flowchart for Mermaid
    Mermaid,
    /// A digraph for Graphviz
    Dot,
}

/// Show how exposed each unit is, against its budget, and what each does without
#[derive(Debug, Args)]
pub struct Audit {
    /// Use this profile instead of the configured one
    #[arg(long, value_name = "PROFILE", value_parser = profile)]
    pub profile: Option<ProfileName>,
    /// Compute for this systemd instead of the running one
    #[arg(long, value_name = "VERSION", value_parser = systemd_version)]
    pub systemd: Option<SystemdVersion>,
}

/// Show the journal of all services as one stream
#[derive(Debug, Args)]
pub struct Logs {
    /// Services (data) or instances (worker@2); all where none is given
    #[arg(value_name = "SERVICE", value_parser = selector)]
    pub services: Vec<Selector>,
    /// Go on with entries as they come
    #[arg(short, long)]
    pub follow: bool,
    /// Show the last N entries
    #[arg(short = 'n', long, value_name = "N")]
    pub lines: Option<u32>,
    /// Begin at this time, as journalctl reads it (`10min ago`, `today`)
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub since: Option<String>,
}

fn halves(text: &str) -> Option<(String, String)> {
    let (left, right) = text.split_once('=')?;
    Some((left.to_owned(), right.to_owned()))
}

fn count(text: &str) -> Result<(ServiceName, u32), String> {
    let (name, count) = halves(text).ok_or_else(|| "write SERVICE=N".to_owned())?;
    let name = ServiceName::parse(&name).map_err(said)?;
    match count.parse() {
        Ok(count) if count <= MAX_INSTANCES => Ok((name, count)),
        _ => Err(format!("the number of instances is 0 to {MAX_INSTANCES}")),
    }
}

fn said(problem: Problem) -> String {
    match problem.help {
        Some(help) => format!("{}; {help}", problem.label),
        None => problem.label,
    }
}

fn span(text: &str) -> Result<Duration, String> {
    duration::parse(text).map_err(said)
}

fn profile(text: &str) -> Result<ProfileName, String> {
    ProfileName::parse(text).map_err(said)
}

fn selector(text: &str) -> Result<Selector, String> {
    Selector::parse(text).map_err(said)
}

fn systemd_version(text: &str) -> Result<SystemdVersion, String> {
    match SystemdVersion::parse(text) {
        Some(version) if version >= SystemdVersion::OLDEST => Ok(version),
        Some(_) => Err(format!(
            "systemd {} is the oldest that is supported",
            SystemdVersion::OLDEST
        )),
        None => Err("a version is a number such as 252".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
