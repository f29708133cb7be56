//! Manifests for Kubernetes: a file for each service, one for the group, a kustomization.
//!
//! Names are those of the services, so that a service is reached as `http://data:8100`. Everything passes the published
//! pod security standard `restricted`. The objects are plain data, with null for what is not said; the types of
//! Kubernetes, which a test holds them to, would take 0.2 MB of the program.

mod meta;
mod network;
mod pod;
mod probes;
pub(in crate::export) mod service;
mod storage;
#[cfg(test)]
mod typed_tests;

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::target::Target;
use super::{File, Group, Loss, image, managed, readme, yaml};

pub(super) fn files(group: Group<'_>, losses: &[Loss]) -> Vec<File> {
    let mut names = vec!["00-group.yaml".to_owned()];
    let mut files = vec![File {
        name: "00-group.yaml".to_owned(),
        text: format!(
            "{}---\n{}",
            readme::head(Target::Kubernetes, losses),
            yaml::document(&network::closed())
        ),
    }];
    for (position, (service, managed)) in managed(group).enumerate() {
        let name = format!("{}-{}.yaml", (position + 1) * 10, service.name);
        let mut text =
            "# Written by `juniperctl export kubernetes`; README.md says how it is used.\n"
                .to_owned();
        for object in service::objects(service, managed, group) {
            text.push_str("---\n");
            text.push_str(&yaml::document(&object));
        }
        names.push(name.clone());
        files.push(File { name, text });
    }
    files.push(kustomization(&names, group));
    files
}

/// What `kubectl apply -k` takes: all files, and where images are renamed for a registry.
fn kustomization(names: &[String], group: Group<'_>) -> File {
    let mut text = "# Written by `juniperctl export kubernetes`; README.md says how it is used.\n\
         apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
        .to_owned();
    for name in names {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  - {name}");
    }
    text.push_str("# Where your registry is:\n# images:\n");
    for (name, _) in image::all(group) {
        let bare = name
            .rsplit_once(':')
            .map_or(name.as_str(), |(bare, _)| bare);
        let _ = writeln!(
            text,
            "#   - name: {bare}\n#     newName: registry.example.org/{bare}"
        );
    }
    File {
        name: "kustomization.yaml".to_owned(),
        text: text.replace("registry.example.org/localhost/", "registry.example.org/"),
    }
}

/// An object with what it is to be.
fn object(version: &str, kind: &str, metadata: &Value, spec: &Value) -> Value {
    let whole = json!({ "apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec });
    present(whole)
}

/// A value without what is not said.
fn present(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, present(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(present).collect(),
        plain => plain,
    }
}
