//! What is watched: a member of the group with its probes, taken from the stack.

use std::time::Duration;

use crate::spec::ServiceName;
use crate::spec::probe::{OnFailure, Probe};
use crate::spec::stack::{Gpu, Member, Stack};

/// One member of the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// `data`, `worker@2`.
    pub label: String,
    /// Its service.
    pub service: ServiceName,
    /// The unit that runs it.
    pub unit: String,
    /// The services it depends on.
    pub depends_on: Vec<ServiceName>,
    /// Whether it is alive.
    pub liveness: Option<Probe>,
    /// Whether it can work.
    pub readiness: Option<Probe>,
    /// Which GPUs it may open.
    pub gpu: Gpu,
}

impl Watched {
    /// All members of a stack whose units are ours.
    #[must_use]
    pub fn of(stack: &Stack) -> Vec<Self> {
        stack
            .members()
            .iter()
            .filter_map(|member| Self::member(*member, stack))
            .collect()
    }

    fn member(member: Member<'_>, stack: &Stack) -> Option<Self> {
        let managed = member.service.managed()?;
        let is_ours = |name: &&ServiceName| {
            stack
                .service(name)
                .is_some_and(|service| service.managed().is_some())
        };
        Some(Self {
            label: member.label(),
            service: member.service.name.clone(),
            unit: member.unit(),
            depends_on: member
                .service
                .depends_on
                .iter()
                .map(|edge| &edge.on)
                // What others ship is not asked, and the group can do without it.
                .filter(is_ours)
                .cloned()
                .collect(),
            liveness: managed.liveness.clone(),
            readiness: managed.readiness.clone(),
            gpu: managed.gpu.clone(),
        })
    }

    /// Whether a failed liveness probe has consequences.
    pub(super) fn acts(&self) -> bool {
        self.liveness
            .as_ref()
            .is_some_and(|probe| probe.on_failure != OnFailure::Nothing)
    }

    /// From the first unanswered question until the service counts as failed: as long as asking
    /// `failure_threshold` times would take, though only one question is ever under way.
    pub(super) fn patience(probe: &Probe) -> Duration {
        probe
            .interval
            .saturating_mul(probe.failure_threshold - probe.failure_threshold.min(1))
            + probe.timeout
    }
}
