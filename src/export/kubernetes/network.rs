//! Who may talk to whom: nobody, but along the edges of the stack, and everybody to the cluster's names.
//!
//! A connection that nothing depends on is not opened. Whoever looks at the dashboard from elsewhere uses
//! `kubectl port-forward`, which passes by policies, or publishes it (`host`).

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
    NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::export::{Group, gate, sandbox};
use crate::spec::stack::{Managed, Service};

use super::meta;

const DNS: u16 = 53;

/// Closes the whole group.
pub(super) fn closed() -> NetworkPolicy {
    NetworkPolicy {
        metadata: ObjectMeta {
            name: Some("juniper-closed".to_owned()),
            labels: Some(meta::of_group()),
            ..ObjectMeta::default()
        },
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(LabelSelector {
                match_labels: Some(meta::of_group()),
                ..LabelSelector::default()
            }),
            policy_types: Some(both()),
            ..NetworkPolicySpec::default()
        }),
    }
}

/// Opens the edges of a service.
pub(super) fn opened(service: &Service, managed: &Managed, group: Group<'_>) -> NetworkPolicy {
    let ingress = managed.endpoint.and_then(|endpoint| {
        let dependents = group.stack.dependents(&service.name);
        let peers: Vec<NetworkPolicyPeer> = dependents
            .filter(|(other, _)| other.managed().is_some())
            .map(|(other, _)| peer(other))
            .collect();
        let published =
            managed.is_published() || managed.let_out.is_some_and(|out| !out.host.is_loopback());
        (published || !peers.is_empty()).then(|| {
            vec![NetworkPolicyIngressRule {
                // Nobody named is everybody.
                from: (!published).then_some(peers),
                ports: Some(vec![port("TCP", endpoint.port)]),
            }]
        })
    });
    let mut egress = vec![names()];
    for (_, other, reached) in gate::edges(service, group) {
        if let Some(endpoint) = reached.endpoint {
            egress.push(NetworkPolicyEgressRule {
                to: Some(vec![peer(other)]),
                ports: Some(vec![port("TCP", endpoint.port)]),
            });
        }
    }
    // Off in its unit, it is off here.
    if !sandbox::applies(managed, group.stack.network, "IPAddressDeny") {
        egress.push(NetworkPolicyEgressRule::default());
    }
    NetworkPolicy {
        metadata: meta::meta(service, service.name.to_string()),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(meta::selector(service)),
            policy_types: Some(both()),
            ingress,
            egress: Some(egress),
        }),
    }
}

/// The cluster's own resolver.
fn names() -> NetworkPolicyEgressRule {
    let name = "kubernetes.io/metadata.name".to_owned();
    let labels = BTreeMap::from([(name, "kube-system".to_owned())]);
    NetworkPolicyEgressRule {
        to: Some(vec![NetworkPolicyPeer {
            namespace_selector: Some(LabelSelector {
                match_labels: Some(labels),
                ..LabelSelector::default()
            }),
            ..NetworkPolicyPeer::default()
        }]),
        ports: Some(vec![port("UDP", DNS), port("TCP", DNS)]),
    }
}

fn peer(service: &Service) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        pod_selector: Some(meta::selector(service)),
        ..NetworkPolicyPeer::default()
    }
}

fn port(protocol: &str, number: u16) -> NetworkPolicyPort {
    NetworkPolicyPort {
        port: Some(IntOrString::Int(i32::from(number))),
        protocol: Some(protocol.to_owned()),
        ..NetworkPolicyPort::default()
    }
}

fn both() -> Vec<String> {
    ["Ingress", "Egress"].map(str::to_owned).to_vec()
}
