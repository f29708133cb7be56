//! The command line of `provision`: types only, no behaviour.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::provision::LOCKS;
use crate::spec::ServiceName;

use super::said;

/// Make the Python environments of the services below /opt/juniper, from pinned and hashed packages
#[derive(Debug, Args)]
#[command(
    after_help = "Each environment is a directory of its own; the link `current` is led to it when it is finished and \
                  imports its service. Running services keep to theirs until they are restarted.\n\n\
                  Exit codes: 0 as asked, 1 not as asked (a wrong hash, a failed import, an environment in use), 2 usage, \
                  4 the machine refused (no room, no network, no fitting Python); what was in use still is."
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct Provision {
    /// Services (data); all of the profile where none is given
    #[arg(value_name = "SERVICE", value_parser = service)]
    pub services: Vec<ServiceName>,
    /// Replace what is in use where the lock file says something else, and what was made by hand
    #[arg(long, conflicts_with_all = ["rollback", "prune"])]
    pub upgrade: bool,
    /// Go back to the environment that was in use before
    #[arg(long, requires = "services", conflicts_with_all = ["prune", "wheelhouse", "python", "torch"])]
    pub rollback: bool,
    /// Remove environments that are not in use and that no process runs with
    #[arg(long, conflicts_with_all = ["wheelhouse", "python", "torch"])]
    pub prune: bool,
    /// Install from the wheels in this directory; no network is needed
    #[arg(long, value_name = "DIR")]
    pub wheelhouse: Option<PathBuf>,
    /// Make the environments with this Python
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// Which torch: for NVIDIA GPUs or for the processor; by whether the NVIDIA driver is there where nothing is said
    #[arg(long, value_name = "KIND")]
    pub torch: Option<Kind>,
    /// Where torch for the processor is fetched from, instead of the index that its lock file names
    #[arg(long, value_name = "URL", conflicts_with = "wheelhouse")]
    pub torch_index: Option<String>,
    /// Read the lock files in this directory
    #[arg(long, value_name = "DIR", default_value = LOCKS)]
    pub locks: PathBuf,
    /// Only show what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// Which torch
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// For NVIDIA GPUs
    Cuda,
    /// For the processor alone
    Cpu,
}

fn service(text: &str) -> Result<ServiceName, String> {
    ServiceName::parse(text).map_err(said)
}
