//! Time-outs against each other: what ends before that which it waits for can have come.
//!
//! Only what the site has written is held to this. The built-in time-outs are the most that an answer may
//! take, and a start that is given a shorter time cuts them off by itself.

use std::time::Duration;

use crate::spec::builtin;
use crate::spec::duration::written;
use crate::spec::fault::{Code, Fault, Faults};
use crate::spec::name::ServiceName;
use crate::spec::probe::{Probe, Startup};
use crate::spec::probe_layer::ProbeLayer;
use crate::spec::service_layer::ServiceLayer;
use crate::spec::source::{Located, Location};

/// Records each time-out of a service that is too short for what it is about.
pub(super) fn record(
    name: &ServiceName,
    layer: &ServiceLayer,
    startup: Startup,
    (readiness, liveness): (Option<&Probe>, Option<&Probe>),
    faults: &mut Faults,
) {
    if let Some(readiness) = readiness {
        faults.extend(short_start(name, layer, startup, readiness));
    }
    if let Some(liveness) = liveness {
        faults.extend(short_limit(name, layer, liveness));
    }
}

/// A start that is given up before one answer may be there.
fn short_start(
    name: &ServiceName,
    layer: &ServiceLayer,
    startup: Startup,
    readiness: &Probe,
) -> Option<Fault> {
    let timeout = sites(layer.readiness.timeout.as_ref())?;
    let budget = startup.budget();
    if budget >= readiness.timeout {
        return None;
    }
    let start = patience(&layer.startup);
    Some(Fault {
        code: Code::ShortTimeout,
        title: format!("a start of `{name}` is given up before its readiness probe may have answered"),
        at: Some(timeout.clone()),
        label: format!("one answer may take {}", written(readiness.timeout)),
        also: start.map(|at| (at, format!("a start may take {} in all", written(budget)))),
        help: Some(
            "a start may take startup.interval times startup.failure_threshold: raise these, or lower \
             readiness.timeout"
                .to_owned(),
        ),
    })
}

/// A protection of work that ends before a failure would be noticed at all.
fn short_limit(name: &ServiceName, layer: &ServiceLayer, liveness: &Probe) -> Option<Fault> {
    let limit = sites(layer.liveness.busy_limit.as_ref())?;
    let noticed = liveness
        .interval
        .saturating_mul(liveness.failure_threshold)
        .saturating_add(liveness.timeout);
    if liveness.busy_limit >= noticed {
        return None;
    }
    let probe = patience(&layer.liveness).or_else(|| place(layer.liveness.timeout.as_ref()));
    Some(Fault {
        code: Code::ShortTimeout,
        title: format!("the `busy_limit` of `{name}` is over before a silence is noticed"),
        at: Some(limit.clone()),
        label: format!("ends after {}", written(liveness.busy_limit)),
        also: probe.map(|at| (at, format!("silence counts after {}", written(noticed)))),
        help: Some(format!(
            "write busy_limit = \"{}\" or more, or ask more often",
            written(noticed)
        )),
    })
}

/// Where the site has written a span.
fn sites(span: Option<&Located<Duration>>) -> Option<&Location> {
    let at = &span?.at;
    (at.source != builtin::source()).then_some(at)
}

/// Where it is said how long is waited: the later one of the two keys that make it.
fn patience(probe: &ProbeLayer) -> Option<Location> {
    let threshold = probe.failure_threshold.as_ref().map(|count| &count.at);
    let interval = probe.interval.as_ref().map(|span| &span.at);
    threshold
        .into_iter()
        .chain(interval)
        .max_by_key(|at| (at.source, at.span.start))
        .cloned()
}

fn place(span: Option<&Located<Duration>>) -> Option<Location> {
    span.map(|span| span.at.clone())
}
