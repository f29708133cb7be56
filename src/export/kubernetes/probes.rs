//! Probes with the thresholds of the stack.
//!
//! Asked by the kubelet over HTTP; by `juniperctl gate probe` in the container where the status alone does not tell:
//! where the body must say something, or where any answer will do.

use std::time::Duration;

use serde_json::{Value, json};

use crate::export::gate;
use crate::export::loss::{patience, seconds};
use crate::spec::probe::{Expectations, OnFailure, Probe};
use crate::spec::stack::Managed;

/// The three probes of a container; null where there is none.
#[derive(Debug, Default)]
pub(super) struct Probes {
    pub(super) startup: Value,
    pub(super) readiness: Value,
    pub(super) liveness: Value,
}

/// How often a probe is asked, and how many answers count.
struct Counts {
    period: Duration,
    failures: u32,
    successes: Option<u32>,
}

pub(super) fn of(managed: &Managed) -> Probes {
    let Some(endpoint) = managed.endpoint else {
        return Probes::default();
    };
    let ask =
        |probe: &Probe, expectations, counts| asked(probe, expectations, endpoint.port, &counts);
    let first = managed.readiness.as_ref().or(managed.liveness.as_ref());
    let none = Expectations::new();
    let startup = first.map(|probe| {
        let counts = Counts {
            period: managed.startup.interval,
            failures: managed.startup.failure_threshold,
            // A start takes one.
            successes: None,
        };
        ask(probe, &managed.expectations, counts)
    });
    let readiness = managed.readiness.as_ref().map(|probe| {
        let counts = Counts {
            period: probe.interval,
            failures: probe.failure_threshold,
            successes: Some(probe.success_threshold),
        };
        ask(probe, &managed.expectations, counts)
    });
    let liveness = managed
        .liveness
        .as_ref()
        .filter(|probe| probe.on_failure != OnFailure::Nothing)
        .map(|probe| {
            let counts = Counts {
                period: probe.interval,
                failures: patience(probe),
                successes: None,
            };
            ask(probe, &none, counts)
        });
    Probes {
        startup: startup.unwrap_or_default(),
        readiness: readiness.unwrap_or_default(),
        liveness: liveness.unwrap_or_default(),
    }
}

fn asked(probe: &Probe, expectations: &Expectations, port: u16, counts: &Counts) -> Value {
    let plain = expectations.is_empty() && probe.on_failure != OnFailure::AbortIfSilent;
    let http = plain.then(|| json!({ "path": probe.path.as_str(), "port": port }));
    let exec = (!plain).then(|| json!({ "command": gate::probe(probe, expectations, port) }));
    json!({
        "exec": exec,
        "failureThreshold": counts.failures,
        "httpGet": http,
        "periodSeconds": seconds(counts.period),
        "successThreshold": counts.successes,
        "timeoutSeconds": seconds(probe.timeout),
    })
}
