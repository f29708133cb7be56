//! The objects of one service, in the order in which they are needed.

use serde_json::{Map, Value, json};

use crate::export::loss::is_busy;
use crate::export::target::Target;
use crate::export::{Group, environment};
use crate::spec::stack::{Managed, Service};

use super::{meta, network, object, pod, storage};

/// Where the description is kept.
const DESCRIPTION: &str = "juniperctl/description";

pub(in crate::export) fn objects(
    service: &Service,
    managed: &Managed,
    group: Group<'_>,
) -> Vec<Value> {
    let mut objects = vec![configuration(service, managed, group)];
    objects.extend(address(service, managed));
    objects.push(network::opened(service, managed, group));
    // Whoever works for hours is not evicted for somebody's convenience.
    if is_busy(managed) {
        objects.push(protected(service));
    }
    match managed.instances {
        None => {
            objects.push(storage::claim(service, managed));
            objects.push(deployment(service, managed, group));
        }
        Some(count) => objects.push(set(service, managed, count, group)),
    }
    objects
}

/// The variables; nothing in a `ConfigMap` is expanded.
fn configuration(service: &Service, managed: &Managed, group: Group<'_>) -> Value {
    let variables = environment::variables(service, managed, group, Target::Kubernetes, 1);
    let data: Map<String, Value> = variables
        .into_iter()
        .map(|(name, value)| (name, value.text().into()))
        .collect();
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "data": data,
        "metadata": meta::meta(service, &pod::variables(service)),
    })
}

/// The name under which others reach it; for instances, the names of all of them.
fn address(service: &Service, managed: &Managed) -> Option<Value> {
    let endpoint = managed.endpoint?;
    let spec = json!({
        "clusterIP": managed.instances.map(|_| "None"),
        "ports": [{ "name": "http", "port": endpoint.port, "targetPort": "http" }],
        // A gate that waits for an instance must find it before it is ready.
        "publishNotReadyAddresses": managed.instances.map(|_| true),
        "selector": meta::of(service),
    });
    Some(object("v1", "Service", &named(service), &spec))
}

fn protected(service: &Service) -> Value {
    let spec = json!({ "maxUnavailable": 0, "selector": meta::selector(service) });
    object("policy/v1", "PodDisruptionBudget", &named(service), &spec)
}

/// An object with the name of its service.
fn named(service: &Service) -> Value {
    meta::meta(service, service.name.as_str())
}

fn described(service: &Service) -> Value {
    json!({
        "annotations": { DESCRIPTION: service.description.as_str() },
        "labels": meta::of(service),
        "name": service.name.as_str(),
    })
}

/// One pod at a time: two would write to one directory.
fn deployment(service: &Service, managed: &Managed, group: Group<'_>) -> Value {
    let spec = json!({
        "replicas": 1,
        "selector": meta::selector(service),
        "strategy": { "type": "Recreate" },
        "template": pod::template(service, managed, group),
    });
    object("apps/v1", "Deployment", &described(service), &spec)
}

fn set(service: &Service, managed: &Managed, count: u32, group: Group<'_>) -> Value {
    let spec = json!({
        // None waits for another, as under systemd.
        "podManagementPolicy": "Parallel",
        "replicas": count,
        "selector": meta::selector(service),
        "serviceName": service.name.as_str(),
        "template": pod::template(service, managed, group),
        "volumeClaimTemplates": [storage::claim(service, managed)],
    });
    object("apps/v1", "StatefulSet", &described(service), &spec)
}
