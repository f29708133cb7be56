//! Who may talk to whom: nobody, but along the edges of the stack, and everybody to the cluster's names.
//!
//! A connection that nothing depends on is not opened. Whoever looks at the dashboard from elsewhere uses
//! `kubectl port-forward`, which passes by policies, or publishes it (`host`).

use serde_json::{Value, json};

use crate::export::{Group, gate, sandbox};
use crate::spec::stack::{Managed, Service};

use super::{meta, object};

const DNS: u16 = 53;

/// Closes the whole group.
pub(super) fn closed() -> Value {
    let metadata = json!({ "labels": meta::of_group(), "name": "juniper-closed" });
    let selector = json!({ "matchLabels": meta::of_group() });
    policy(&metadata, &selector, None, None)
}

/// Opens the edges of a service.
pub(super) fn opened(service: &Service, managed: &Managed, group: Group<'_>) -> Value {
    let ingress = managed.endpoint.and_then(|endpoint| {
        let dependents = group.stack.dependents(&service.name);
        let peers: Vec<Value> = dependents
            .filter(|(other, _)| other.managed().is_some())
            .map(|(other, _)| peer(other))
            .collect();
        let published =
            managed.is_published() || managed.let_out.is_some_and(|out| !out.host.is_loopback());
        (published || !peers.is_empty()).then(|| {
            // Nobody named is everybody.
            let from = (!published).then_some(peers);
            json!([{ "from": from, "ports": [port("TCP", endpoint.port)] }])
        })
    });
    let mut egress = vec![names()];
    for (_, other, reached) in gate::edges(service, group) {
        if let Some(endpoint) = reached.endpoint {
            egress.push(json!({ "ports": [port("TCP", endpoint.port)], "to": [peer(other)] }));
        }
    }
    // Off in its unit, it is off here.
    if !sandbox::applies(managed, group.stack.network, "IPAddressDeny") {
        egress.push(json!({}));
    }
    policy(
        &meta::meta(service, service.name.as_str()),
        &meta::selector(service),
        Some(&egress),
        ingress.as_ref(),
    )
}

fn policy(
    metadata: &Value,
    selector: &Value,
    egress: Option<&[Value]>,
    ingress: Option<&Value>,
) -> Value {
    let spec = json!({
        "egress": egress,
        "ingress": ingress,
        "podSelector": selector,
        "policyTypes": ["Ingress", "Egress"],
    });
    object("networking.k8s.io/v1", "NetworkPolicy", metadata, &spec)
}

/// Lets it ask for the addresses of names.
fn names() -> Value {
    json!({
        "ports": [port("UDP", DNS), port("TCP", DNS)],
        "to": [{
            "namespaceSelector": {
                "matchLabels": { "kubernetes.io/metadata.name": "kube-system" },
            },
        }],
    })
}

fn peer(service: &Service) -> Value {
    json!({ "podSelector": meta::selector(service) })
}

fn port(protocol: &str, number: u16) -> Value {
    json!({ "port": number, "protocol": protocol })
}
