//! The edges of one service: who is waited for, whether the gate can ever open, what a loss means.

use crate::spec::fault::{Code, Fault, Faults};
use crate::spec::name::ServiceName;
use crate::spec::probe_layer::ProbeLayer;
use crate::spec::service_layer::{EdgeLayer, Gate, ServiceLayer, WhenLost};
use crate::spec::stack::Edge;

use super::service::Context;
use super::unknown_service;

/// The edges to services of the profile; the others do not exist in it.
pub(super) fn edges(
    name: &ServiceName,
    layer: &ServiceLayer,
    context: &Context<'_>,
    faults: &mut Faults,
) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (on, edge) in &layer.depends_on {
        if !context.merged.services.contains_key(on) {
            faults.push(unknown_service(on, edge.at.clone(), context.merged));
            continue;
        }
        let Some(other) = context.layers.get(on) else {
            continue;
        };
        let answers = |probe: &ProbeLayer| probe.path.is_some() && other.external_unit.is_none();
        let gate = edge.gate.as_ref().map_or_else(
            || {
                if answers(&other.readiness) {
                    Gate::Ready
                } else {
                    Gate::Started
                }
            },
            |gate| gate.value,
        );
        let answerable = match gate {
            Gate::Started => true,
            Gate::Live => answers(&other.liveness),
            Gate::Ready => answers(&other.readiness),
        };
        if !answerable {
            faults.push(impossible_gate(name, on, edge, other));
        }
        edges.push(Edge {
            on: on.clone(),
            gate,
            when_lost: edge
                .when_lost
                .as_ref()
                .map_or(WhenLost::Keep, |policy| policy.value),
        });
    }
    edges
}

fn impossible_gate(
    name: &ServiceName,
    on: &ServiceName,
    edge: &EdgeLayer,
    other: &ServiceLayer,
) -> Fault {
    Fault {
        code: Code::ImpossibleGate,
        title: format!("`{name}` waits for an answer that `{on}` cannot give"),
        at: edge
            .gate
            .as_ref()
            .map(|gate| gate.at.clone())
            .or_else(|| edge.at.clone()),
        label: "this gate can never open".to_owned(),
        also: other
            .at
            .clone()
            .map(|at| (at, format!("`{on}` has no such probe"))),
        help: Some(if other.external_unit.is_some() {
            "write gate = \"started\": units that others ship are not asked".to_owned()
        } else {
            format!("write gate = \"started\", or give `{on}` the probe")
        }),
    }
}
