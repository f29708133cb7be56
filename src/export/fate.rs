//! The table: what a stack can ask for, and what becomes of it under each engine.
//!
//! Losses, the README of an export and `packaging/doc/export.md` are made from it. Nothing here knows a stack.

use super::target::Target;

mod table;

pub(super) use table::TABLE;

/// What becomes of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is kept, by this.
    Kept(&'static str),
    /// It is not, or not wholly; what is instead.
    Lost(&'static str),
}

/// What a stack can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Feature {
    GateReady,
    GateLive,
    GateStarted,
    GateForeign,
    LostRestart,
    LostStop,
    Startup,
    Readiness,
    SuccessThreshold,
    Expectations,
    Liveness,
    Silence,
    Busy,
    RestartDelay,
    StopTimeout,
    Memory,
    GpuAll,
    GpuCount,
    GpuNamed,
    Secrets,
    Discard,
    Binds,
    Instances,
    Storage,
    InstanceStorage,
    Loopback,
    OwnImage,
    SubSecond,
}

/// One row.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) feature: Feature,
    /// What it is, with its key.
    pub(super) what: &'static str,
    /// In the order of [`Target::ALL`].
    fates: [Fate; 5],
}

impl Row {
    pub(super) fn fate(&self, target: Target) -> Fate {
        let [kubernetes, compose, quadlet, supervisord, procfile] = self.fates;
        match target {
            Target::Kubernetes => kubernetes,
            Target::Compose => compose,
            Target::Quadlet => quadlet,
            Target::Supervisord => supervisord,
            Target::Procfile => procfile,
        }
    }
}
