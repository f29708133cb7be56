//! The objects of one service, in the order in which they are needed.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentSpec, DeploymentStrategy, StatefulSet, StatefulSetSpec,
};
use k8s_openapi::api::core::v1::{ConfigMap, Service as Address, ServicePort, ServiceSpec};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::Value;

use crate::export::loss::is_busy;
use crate::export::target::Target;
use crate::export::{Group, environment};
use crate::spec::stack::{Managed, Service};

use super::{meta, network, pod, storage, value};

/// Where the description is kept.
const DESCRIPTION: &str = "juniperctl/description";

pub(in crate::export) fn objects(
    service: &Service,
    managed: &Managed,
    group: Group<'_>,
) -> Vec<Value> {
    let mut objects = vec![value(&configuration(service, managed, group))];
    if let Some(address) = address(service, managed) {
        objects.push(value(&address));
    }
    objects.push(value(&network::opened(service, managed, group)));
    // Whoever works for hours is not evicted for somebody's convenience.
    if is_busy(managed) {
        objects.push(value(&protected(service)));
    }
    match managed.instances {
        None => {
            objects.push(value(&storage::claim(service, managed)));
            objects.push(value(&deployment(service, managed, group)));
        }
        Some(count) => objects.push(value(&set(service, managed, count, group))),
    }
    objects
}

/// The variables; nothing in a `ConfigMap` is expanded.
fn configuration(service: &Service, managed: &Managed, group: Group<'_>) -> ConfigMap {
    let variables = environment::variables(service, managed, group, Target::Kubernetes, 1);
    let data: BTreeMap<String, String> = variables
        .into_iter()
        .map(|(name, value)| (name, value.text().to_owned()))
        .collect();
    ConfigMap {
        metadata: meta::meta(service, pod::variables(service)),
        data: Some(data),
        ..ConfigMap::default()
    }
}

/// The name under which others reach it; for instances, the names of all of them.
fn address(service: &Service, managed: &Managed) -> Option<Address> {
    let endpoint = managed.endpoint?;
    Some(Address {
        metadata: meta::meta(service, service.name.to_string()),
        spec: Some(ServiceSpec {
            selector: Some(meta::of(service)),
            cluster_ip: managed.instances.map(|_| "None".to_owned()),
            // A gate that waits for an instance must find it before it is ready.
            publish_not_ready_addresses: managed.instances.map(|_| true),
            ports: Some(vec![ServicePort {
                name: Some("http".to_owned()),
                port: i32::from(endpoint.port),
                target_port: Some(IntOrString::String("http".to_owned())),
                ..ServicePort::default()
            }]),
            ..ServiceSpec::default()
        }),
        status: None,
    })
}

fn protected(service: &Service) -> PodDisruptionBudget {
    PodDisruptionBudget {
        metadata: meta::meta(service, service.name.to_string()),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(0)),
            selector: Some(meta::selector(service)),
            ..PodDisruptionBudgetSpec::default()
        }),
        status: None,
    }
}

fn described(service: &Service) -> k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
    let description = service.description.to_string();
    k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
        annotations: Some(BTreeMap::from([(DESCRIPTION.to_owned(), description)])),
        ..meta::meta(service, service.name.to_string())
    }
}

/// One pod at a time: two would write to one directory.
fn deployment(service: &Service, managed: &Managed, group: Group<'_>) -> Deployment {
    Deployment {
        metadata: described(service),
        spec: Some(DeploymentSpec {
            replicas: Some(1),
            selector: meta::selector(service),
            strategy: Some(DeploymentStrategy {
                type_: Some("Recreate".to_owned()),
                rolling_update: None,
            }),
            template: pod::template(service, managed, group),
            ..DeploymentSpec::default()
        }),
        status: None,
    }
}

fn set(service: &Service, managed: &Managed, count: u32, group: Group<'_>) -> StatefulSet {
    StatefulSet {
        metadata: described(service),
        spec: Some(StatefulSetSpec {
            replicas: i32::try_from(count).ok(),
            service_name: Some(service.name.to_string()),
            // None waits for another, as under systemd.
            pod_management_policy: Some("Parallel".to_owned()),
            selector: meta::selector(service),
            template: pod::template(service, managed, group),
            volume_claim_templates: Some(vec![storage::claim(service, managed)]),
            ..StatefulSetSpec::default()
        }),
        status: None,
    }
}
