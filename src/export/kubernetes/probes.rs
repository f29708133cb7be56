//! Probes with the thresholds of the stack.
//!
//! Asked by the kubelet over HTTP; by `juniperctl gate probe` in the container where the status alone does not tell:
//! where the body must say something, or where any answer will do.

use k8s_openapi::api::core::v1::{ExecAction, HTTPGetAction, Probe as Asked};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::export::gate;
use crate::export::loss::{patience, seconds};
use crate::spec::probe::{Expectations, OnFailure, Probe};
use crate::spec::stack::Managed;

/// The three probes of a container.
#[derive(Debug, Default)]
pub(super) struct Probes {
    pub(super) startup: Option<Asked>,
    pub(super) readiness: Option<Asked>,
    pub(super) liveness: Option<Asked>,
}

pub(super) fn of(managed: &Managed) -> Probes {
    let Some(endpoint) = managed.endpoint else {
        return Probes::default();
    };
    let ask = |probe: &Probe, expectations| asked(probe, expectations, endpoint.port);
    let first = managed.readiness.as_ref().or(managed.liveness.as_ref());
    let none = Expectations::new();
    Probes {
        startup: first.map(|probe| Asked {
            period_seconds: Some(count(managed.startup.interval)),
            failure_threshold: i32::try_from(managed.startup.failure_threshold).ok(),
            // A start takes one.
            success_threshold: None,
            ..ask(probe, &managed.expectations)
        }),
        readiness: managed.readiness.as_ref().map(|probe| Asked {
            success_threshold: i32::try_from(probe.success_threshold).ok(),
            ..ask(probe, &managed.expectations)
        }),
        liveness: managed
            .liveness
            .as_ref()
            .filter(|probe| probe.on_failure != OnFailure::Nothing)
            .map(|probe| Asked {
                failure_threshold: i32::try_from(patience(probe)).ok(),
                ..ask(probe, &none)
            }),
    }
}

fn asked(probe: &Probe, expectations: &Expectations, port: u16) -> Asked {
    let plain = expectations.is_empty() && probe.on_failure != OnFailure::AbortIfSilent;
    let http = HTTPGetAction {
        path: Some(probe.path.as_str().to_owned()),
        port: IntOrString::Int(i32::from(port)),
        ..HTTPGetAction::default()
    };
    let exec = ExecAction {
        command: Some(gate::probe(probe, expectations, port)),
    };
    Asked {
        http_get: plain.then_some(http),
        exec: (!plain).then_some(exec),
        period_seconds: Some(count(probe.interval)),
        timeout_seconds: Some(count(probe.timeout)),
        failure_threshold: i32::try_from(probe.failure_threshold).ok(),
        ..Asked::default()
    }
}

fn count(span: std::time::Duration) -> i32 {
    i32::try_from(seconds(span)).unwrap_or(i32::MAX)
}
