//! Volumes of a pod: the state claimed, logs, caches and temporary files with the pod, secrets as files.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    EmptyDirVolumeSource, KeyToPath, PersistentVolumeClaim, PersistentVolumeClaimSpec,
    PersistentVolumeClaimVolumeSource, ProjectedVolumeSource, SecretProjection, Volume,
    VolumeMount, VolumeProjection, VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::export::directories::{Directories, Kind};
use crate::export::target::Target;
use crate::export::{Group, secret};
use crate::spec::stack::{Managed, Service};

use super::meta;

/// The stack does not say how much; whoever knows changes it.
const SIZE: &str = "10Gi";
const SECRETS: &str = "secrets";
const TEMPORARY: &str = "tmp";

/// What is claimed for a service's state; a `StatefulSet` claims it for each instance.
pub(super) fn claim(service: &Service, managed: &Managed) -> PersistentVolumeClaim {
    let name = match managed.instances {
        None => format!("{}-state", service.name),
        Some(_) => Kind::State.word().to_owned(),
    };
    let storage = BTreeMap::from([("storage".to_owned(), Quantity(SIZE.to_owned()))]);
    PersistentVolumeClaim {
        metadata: meta::meta(service, name),
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
            resources: Some(VolumeResourceRequirements {
                requests: Some(storage),
                limits: None,
            }),
            ..PersistentVolumeClaimSpec::default()
        }),
        status: None,
    }
}

/// The volumes of a pod, but for those that a `StatefulSet` claims.
pub(super) fn volumes(service: &Service, managed: &Managed, group: Group<'_>) -> Vec<Volume> {
    let empty = |name: &str| Volume {
        name: name.to_owned(),
        empty_dir: Some(EmptyDirVolumeSource::default()),
        ..Volume::default()
    };
    let mut volumes = vec![
        empty(Kind::Logs.word()),
        empty(Kind::Cache.word()),
        empty(TEMPORARY),
    ];
    if managed.instances.is_none() {
        volumes.push(Volume {
            name: Kind::State.word().to_owned(),
            persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
                claim_name: format!("{}-state", service.name),
                read_only: None,
            }),
            ..Volume::default()
        });
    }
    let handed = secret::handed(managed, group);
    if !handed.is_empty() {
        let sources = handed.iter().map(|credential| VolumeProjection {
            secret: Some(SecretProjection {
                name: secret::object(&credential.secret),
                items: Some(vec![KeyToPath {
                    key: "value".to_owned(),
                    path: credential.secret.to_string(),
                    mode: None,
                }]),
                optional: None,
            }),
            ..VolumeProjection::default()
        });
        volumes.push(Volume {
            name: SECRETS.to_owned(),
            projected: Some(ProjectedVolumeSource {
                default_mode: Some(0o440),
                sources: Some(sources.collect()),
            }),
            ..Volume::default()
        });
    }
    volumes
}

/// Where they are seen.
pub(super) fn mounts(service: &Service, managed: &Managed, group: Group<'_>) -> Vec<VolumeMount> {
    let directories = Directories::of(service, managed, Target::Kubernetes, 1);
    let mount = |name: &str, path: String, read_only: Option<bool>| VolumeMount {
        name: name.to_owned(),
        mount_path: path,
        read_only,
        ..VolumeMount::default()
    };
    let mut mounts: Vec<VolumeMount> = Kind::ALL
        .iter()
        .map(|kind| mount(kind.word(), directories.text(*kind, None), None))
        .collect();
    mounts.push(mount(TEMPORARY, "/tmp".to_owned(), None));
    if !secret::handed(managed, group).is_empty() {
        let directory = secret::directory(Target::Kubernetes).to_owned();
        mounts.push(mount(SECRETS, directory, Some(true)));
    }
    mounts
}
