//! What an engine cannot be told of a stack: every use of a feature that is lost there, by service.
//!
//! What is lost is said by the table of fates; here is only what a stack asks for.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::spec::name::ServiceName;
use crate::spec::probe::{OnFailure, Probe};
use crate::spec::stack::{Gate, Gpu, Managed, Output, Service, WhenLost};

use super::fate::{self, Fate, Feature};
use super::target::Target;
use super::{Group, environment, image, managed, sandbox, secret};

/// Something that an export does not say, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Whose it is, in start order.
    pub services: Vec<ServiceName>,
    /// What it is, with its key.
    pub what: String,
    /// What is instead.
    pub why: &'static str,
}

impl Loss {
    /// Its services, for people.
    #[must_use]
    pub fn owners(&self) -> String {
        let names: Vec<&str> = self.services.iter().map(ServiceName::as_str).collect();
        names.join(", ")
    }
}

/// All losses, in the order of the table, then by directive.
pub(super) fn losses(target: Target, group: Group<'_>) -> Vec<Loss> {
    let mut losses: BTreeMap<(usize, String, &'static str), Vec<ServiceName>> = BTreeMap::new();
    for (service, managed) in managed(group) {
        let mut note = |position: usize, what: &str, why| {
            let services = losses.entry((position, what.to_owned(), why)).or_default();
            services.push(service.name.clone());
        };
        let used = used(service, managed, group);
        for (position, row) in fate::TABLE.iter().enumerate() {
            let asked = used.contains(&row.feature) && !is_moot(row.feature, managed, target);
            if let (true, Fate::Lost(why)) = (asked, row.fate(target)) {
                note(position, row.what, why);
            }
        }
        for (what, why) in directives(target, managed, group) {
            note(usize::MAX, &what, why);
        }
    }
    losses
        .into_iter()
        .map(|((_, what, why), services)| Loss {
            services,
            what,
            why,
        })
        .collect()
}

/// Directives without a counterpart, each with what is instead.
fn directives(target: Target, managed: &Managed, group: Group<'_>) -> Vec<(String, &'static str)> {
    let network = group.stack.network;
    let lost: Vec<(String, &'static str)> = sandbox::applied(managed, network)
        .into_iter()
        .filter_map(
            |directive| match sandbox::fate(directive, target, network) {
                Fate::Lost(why) => Some((directive.to_owned(), why)),
                Fate::Kept(_) => None,
            },
        )
        .collect();
    match lost.first() {
        // Thirty lines that say the same help nobody.
        Some((_, why)) if !target.is_containers() => {
            vec![("sandbox, but for the umask".to_owned(), why)]
        }
        _ => lost,
    }
}

/// Uses that lose nothing though the feature does in general.
fn is_moot(feature: Feature, managed: &Managed, target: Target) -> bool {
    match feature {
        // Names are only lost where somebody would have taken them in turns, or where none are taken.
        Feature::GpuNamed => {
            matches!(target, Target::Compose | Target::Quadlet) && managed.instances.is_none()
        }
        // Without volumes of its own nothing is kept.
        Feature::Storage => target == Target::Kubernetes && managed.state_directories.is_empty(),
        Feature::InstanceStorage => managed.instances.is_none_or(|count| count < 2),
        _ => false,
    }
}

/// What a service asks for, in the order of the table.
fn used(service: &Service, managed: &Managed, group: Group<'_>) -> Vec<Feature> {
    let gates = |gate: Gate| {
        let gates = super::gate::edges(service, group);
        gates.into_iter().any(|(edge, _, _)| edge.gate == gate)
    };
    let policy = |policy: WhenLost| {
        let edges = &service.depends_on;
        edges.iter().any(|edge| edge.when_lost == policy)
    };
    let foreign = service.depends_on.iter().any(|edge| {
        let other = group.stack.service(&edge.on);
        other.is_some_and(|other| other.managed().is_none())
    });
    let liveness = |action: OnFailure| {
        let probe = managed.liveness.as_ref();
        probe.is_some_and(|probe| probe.on_failure == action)
    };
    let asked = managed.readiness.is_some() || managed.liveness.is_some();
    let asked_for = [
        (Feature::GateReady, gates(Gate::Ready)),
        (Feature::GateLive, gates(Gate::Live)),
        (Feature::GateStarted, gates(Gate::Started)),
        (Feature::GateForeign, foreign),
        (Feature::LostRestart, policy(WhenLost::Restart)),
        (Feature::LostStop, policy(WhenLost::Stop)),
        (Feature::Startup, asked),
        (Feature::Readiness, managed.readiness.is_some()),
        (
            Feature::SuccessThreshold,
            repeated(managed.readiness.as_ref()),
        ),
        (Feature::Expectations, !managed.expectations.is_empty()),
        (
            Feature::Liveness,
            liveness(OnFailure::Abort) || liveness(OnFailure::AbortIfSilent),
        ),
        (Feature::Silence, liveness(OnFailure::AbortIfSilent)),
        (Feature::Busy, is_busy(managed)),
        (Feature::RestartDelay, true),
        (Feature::StopTimeout, true),
        (Feature::Memory, managed.memory_max.is_some()),
        (Feature::GpuAll, managed.gpu == Gpu::All),
        (Feature::GpuCount, matches!(managed.gpu, Gpu::Count(_))),
        (Feature::GpuNamed, matches!(managed.gpu, Gpu::Named(_))),
        (Feature::Secrets, !secret::handed(managed, group).is_empty()),
        (Feature::Discard, managed.standard_output == Output::Discard),
        (Feature::Binds, !managed.binds.is_empty()),
        (Feature::Instances, managed.instances.is_some()),
        (Feature::Storage, true),
        (Feature::InstanceStorage, managed.instances.is_some()),
        (
            Feature::Loopback,
            managed.endpoint.is_some() && !environment::listens_everywhere(service, group),
        ),
        (
            Feature::OwnImage,
            image::Image::of(service, managed).is_none(),
        ),
        (
            Feature::SubSecond,
            spans(managed)
                .into_iter()
                .any(|span| span.subsec_nanos() > 0),
        ),
    ];
    let used = asked_for.into_iter().filter(|(_, used)| *used);
    used.map(|(feature, _)| feature).collect()
}

fn repeated(probe: Option<&Probe>) -> bool {
    probe.is_some_and(|probe| probe.success_threshold > 1)
}

/// Whether it may be silent while it works.
pub(super) fn is_busy(managed: &Managed) -> bool {
    let probe = managed.liveness.as_ref();
    probe.is_some_and(|probe| probe.on_failure != OnFailure::Nothing && !probe.busy_when.is_empty())
}

/// How often a liveness probe may fail: as long as it may be silent, where work looks like a hang.
pub(super) fn patience(probe: &Probe) -> u32 {
    if probe.busy_when.is_empty() {
        return probe.failure_threshold;
    }
    let interval = probe.interval.as_millis().max(1);
    let times = probe.busy_limit.as_millis().div_ceil(interval);
    u32::try_from(times)
        .unwrap_or(u32::MAX)
        .max(probe.failure_threshold)
}

/// The spans that Kubernetes and supervisord count in seconds.
fn spans(managed: &Managed) -> Vec<Duration> {
    let probes = [&managed.readiness, &managed.liveness];
    let of_probes = probes
        .into_iter()
        .flatten()
        .flat_map(|probe| [probe.interval, probe.timeout]);
    of_probes
        .chain([managed.startup.interval, managed.stop_timeout])
        .collect()
}

/// A span in whole seconds, rounded up, and at least one.
pub(super) fn seconds(span: Duration) -> u64 {
    let more = u64::from(span.subsec_nanos() > 0);
    span.as_secs().saturating_add(more).max(1)
}
