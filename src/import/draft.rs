//! What was found out about one service, before it is written down.
//!
//! Each field is a key of `[services.NAME]`; nothing is there that was not said by a source.

use std::collections::{BTreeMap, BTreeSet};

use crate::spec::stack::Gate;

use super::Place;

/// One service.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    /// A service of the site's own: it has a command. The platform's own are laid over the built-in stack.
    pub(super) command: Option<Vec<String>>,
    pub(super) description: Option<String>,
    pub(super) working_directory: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) instances: Option<u32>,
    pub(super) gpu: Option<Gpus>,
    pub(super) memory_max: Option<String>,
    pub(super) stop_timeout: Option<String>,
    pub(super) restart_delay: Option<String>,
    pub(super) readiness: Probe,
    /// How long a start may take, in seconds.
    pub(super) startup: Option<u64>,
    pub(super) environment: BTreeMap<String, String>,
    /// Secrets of a service of the site's own, with the variable that names the file.
    pub(super) credentials: BTreeMap<String, String>,
    pub(super) depends_on: BTreeMap<String, Edge>,
    /// Directories that it writes to, by the path at which it looks for them.
    pub(super) directories: BTreeMap<String, String>,
}

/// Which GPUs.
#[derive(Debug, Clone)]
pub(super) enum Gpus {
    All,
    Count(u32),
    Named(Vec<String>),
}

/// How it is asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Probe {
    pub(super) path: Option<String>,
    pub(super) interval: Option<String>,
    pub(super) timeout: Option<String>,
    pub(super) failure_threshold: Option<u32>,
}

/// What it waits for.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) place: Place,
    pub(super) gate: Option<Gate>,
    pub(super) restart: bool,
}

/// A profile.
#[derive(Debug, Clone, Default)]
pub(super) struct ProfileDraft {
    pub(super) services: BTreeSet<String>,
    /// Variables that services have in this profile alone.
    pub(super) overrides: BTreeMap<String, BTreeMap<String, String>>,
}
