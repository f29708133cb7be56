//! The unit that follows what the kernel says of GPUs; only where a service has one.
//!
//! Reading the journal takes a group that may read all of it. The watchdog listens to the services and to
//! whoever asks for its page, so it is not given that group: this unit has it, and nobody can talk to this
//! unit. What it hands over is a file of a closed form, below `/run`, which a reboot takes away.

use crate::hardening::{Profile, Sandbox};
use crate::spec::network::Network;
use crate::spec::stack::{Gpu, Stack};

use super::act::USER;
use super::group::READY;
use super::manager::Manager;
use super::sandbox::own_sandbox;
use super::value::argument;
use super::version::SystemdVersion;

/// Its file.
pub const UNIT: &str = "juniper-kernel-log.service";

/// Its runtime directory, below systemd's own.
const DIRECTORY: &str = "juniper-kernel-log";

/// Where it keeps the faults.
pub const FILE: &str = "/run/juniper-kernel-log/gpu-faults.json";

/// What the template shows, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the directives of the template")]
pub struct KernelLogUnit {
    pub version: String,
    pub user: &'static str,
    pub ready: &'static str,
    pub directory: &'static str,
    pub program: String,
    pub sandbox: Sandbox,
}

/// Whether anybody has a GPU whose faults could be told.
#[must_use]
pub fn is_needed(stack: &Stack) -> bool {
    stack
        .services
        .iter()
        .filter_map(|service| service.managed())
        .any(|managed| managed.gpu != Gpu::None)
}

/// Computes the unit; `None` where nobody has a GPU.
#[must_use]
pub fn unit(stack: &Stack, version: SystemdVersion) -> Option<KernelLogUnit> {
    is_needed(stack).then(|| KernelLogUnit {
        version: version.to_string(),
        user: USER,
        ready: READY,
        directory: DIRECTORY,
        program: argument(stack.juniperctl.as_str()),
        sandbox: own_sandbox(Profile::KernelLog, version, Network::Host, &Manager::System),
    })
}
