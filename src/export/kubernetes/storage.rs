//! Volumes of a pod: the state claimed, logs, caches and temporary files with the pod, secrets as files.

use serde_json::{Value, json};

use crate::export::directories::{Directories, Kind};
use crate::export::target::Target;
use crate::export::{Group, secret};
use crate::spec::stack::{Managed, Service};

use super::{meta, object};

/// The stack does not say how much; whoever knows changes it.
const SIZE: &str = "10Gi";
const SECRETS: &str = "secrets";
const TEMPORARY: &str = "tmp";

/// What is claimed for a service's state; a `StatefulSet` claims it for each instance.
pub(super) fn claim(service: &Service, managed: &Managed) -> Value {
    let name = match managed.instances {
        None => format!("{}-state", service.name),
        Some(_) => Kind::State.word().to_owned(),
    };
    let spec = json!({
        "accessModes": ["ReadWriteOnce"],
        "resources": { "requests": { "storage": SIZE } },
    });
    object(
        "v1",
        "PersistentVolumeClaim",
        &meta::meta(service, &name),
        &spec,
    )
}

/// The volumes of a pod, but for those that a `StatefulSet` claims.
pub(super) fn volumes(service: &Service, managed: &Managed, group: Group<'_>) -> Vec<Value> {
    let empty = |name: &str| json!({ "emptyDir": {}, "name": name });
    let mut volumes = vec![
        empty(Kind::Logs.word()),
        empty(Kind::Cache.word()),
        empty(TEMPORARY),
    ];
    if managed.instances.is_none() {
        let claim = format!("{}-state", service.name);
        volumes.push(json!({
            "name": Kind::State.word(),
            "persistentVolumeClaim": { "claimName": claim },
        }));
    }
    let sources: Vec<Value> = secret::handed(managed, group)
        .iter()
        .map(|credential| {
            json!({
                "secret": {
                    "items": [{ "key": "value", "path": credential.secret.as_str() }],
                    "name": secret::object(&credential.secret),
                },
            })
        })
        .collect();
    if !sources.is_empty() {
        volumes.push(json!({
            "name": SECRETS,
            "projected": { "defaultMode": 0o440, "sources": sources },
        }));
    }
    volumes
}

/// Where they are seen.
pub(super) fn mounts(service: &Service, managed: &Managed, group: Group<'_>) -> Vec<Value> {
    let directories = Directories::of(service, managed, Target::Kubernetes, 1);
    let mut mounts: Vec<Value> = Kind::ALL
        .iter()
        .map(|kind| json!({ "mountPath": directories.text(*kind, None), "name": kind.word() }))
        .collect();
    mounts.push(json!({ "mountPath": "/tmp", "name": TEMPORARY }));
    if !secret::handed(managed, group).is_empty() {
        let directory = secret::directory(Target::Kubernetes);
        mounts.push(json!({ "mountPath": directory, "name": SECRETS, "readOnly": true }));
    }
    mounts
}
