//! The pod of a service: who waits, what runs, what it may use.

use serde_json::{Map, Value, json};

use crate::export::directories::Directories;
use crate::export::image::{self, USER};
use crate::export::loss::seconds;
use crate::export::target::Target;
use crate::export::{Group, gate, sandbox};
use crate::spec::stack::{Gpu, Managed, Service};

use super::probes::{self, Probes};
use super::{meta, storage};

const TARGET: Target = Target::Kubernetes;

/// The name of a service's variables.
pub(super) fn variables(service: &Service) -> String {
    format!("{}-environment", service.name)
}

pub(super) fn template(service: &Service, managed: &Managed, group: Group<'_>) -> Value {
    json!({
        "metadata": { "labels": meta::of(service) },
        "spec": {
            // Nothing in the group talks to the cluster, nor reads its addresses from variables.
            "automountServiceAccountToken": false,
            "containers": [main(service, managed, group)],
            "enableServiceLinks": false,
            "initContainers": before(service, managed, group),
            "securityContext": {
                "fsGroup": USER,
                "runAsGroup": USER,
                "runAsNonRoot": true,
                "runAsUser": USER,
                "seccompProfile": default_filter(),
            },
            // The first process ignores signals that it does not handle; here it is not the service.
            "shareProcessNamespace": true,
            "terminationGracePeriodSeconds": seconds(managed.stop_timeout),
            "volumes": storage::volumes(service, managed, group),
        },
    })
}

/// What only some containers of a pod have.
#[derive(Default)]
struct Own {
    args: Value,
    command: Vec<String>,
    env_from: Value,
    ports: Value,
    probes: Probes,
    resources: Value,
    working_dir: Value,
}

fn main(service: &Service, managed: &Managed, group: Group<'_>) -> Value {
    let directories = Directories::of(service, managed, TARGET, 1);
    let words: Vec<String> = managed
        .command
        .iter()
        .map(|word| literal(word.as_str()))
        .collect();
    let (program, arguments) = words.split_at(words.len().min(1));
    let own = Own {
        args: json!(arguments),
        command: program.to_vec(),
        env_from: json!([{ "configMapRef": { "name": variables(service) } }]),
        ports: managed.endpoint.map_or(
            Value::Null,
            |endpoint| json!([{ "containerPort": endpoint.port, "name": "http" }]),
        ),
        probes: probes::of(managed),
        resources: resources(managed),
        working_dir: json!(directories.working(managed).text()),
    };
    container(service.name.as_str(), &own, service, managed, group)
}

/// Who makes the directories, and who waits for others.
fn before(service: &Service, managed: &Managed, group: Group<'_>) -> Vec<Value> {
    let directories = Directories::of(service, managed, TARGET, 1);
    let mut make = ["/bin/mkdir", "-p"].map(str::to_owned).to_vec();
    make.extend(directories.wanted(managed));
    let gate = gate::ready(service, group, TARGET).map(|words| ("gate", words));
    std::iter::once(("directories", make))
        .chain(gate)
        .map(|(name, command)| {
            let own = Own {
                command,
                ..Own::default()
            };
            container(name, &own, service, managed, group)
        })
        .collect()
}

/// A container, with what all of a pod have in common.
fn container(
    name: &str,
    own: &Own,
    service: &Service,
    managed: &Managed,
    group: Group<'_>,
) -> Value {
    let applies = |directive| sandbox::applies(managed, group.stack.network, directive);
    let dropped = applies("CapabilityBoundingSet").then(|| json!({ "drop": ["ALL"] }));
    json!({
        "args": own.args,
        "command": own.command,
        "envFrom": own.env_from,
        "image": image::name(service, managed),
        "imagePullPolicy": "IfNotPresent",
        "livenessProbe": own.probes.liveness,
        "name": name,
        "ports": own.ports,
        "readinessProbe": own.probes.readiness,
        "resources": own.resources,
        "securityContext": {
            "allowPrivilegeEscalation": !applies("NoNewPrivileges"),
            "capabilities": dropped,
            "readOnlyRootFilesystem": applies("ProtectSystem"),
            "runAsNonRoot": true,
            "seccompProfile": default_filter(),
        },
        "startupProbe": own.probes.startup,
        "volumeMounts": storage::mounts(service, managed, group),
        "workingDir": own.working_dir,
    })
}

fn default_filter() -> Value {
    json!({ "type": "RuntimeDefault" })
}

fn resources(managed: &Managed) -> Value {
    let gpus = match &managed.gpu {
        Gpu::None => None,
        Gpu::All => Some(1),
        Gpu::Count(count) => Some(*count),
        // Instances take them in turns, one each.
        Gpu::Named(_) if managed.instances.is_some() => Some(1),
        Gpu::Named(names) => u32::try_from(names.len()).ok(),
    };
    let mut limits = Map::new();
    if let Some(bytes) = managed.memory_max {
        limits.insert("memory".to_owned(), bytes.to_string().into());
    }
    if let Some(count) = gpus {
        limits.insert("nvidia.com/gpu".to_owned(), count.to_string().into());
    }
    if limits.is_empty() {
        Value::Null
    } else {
        json!({ "limits": limits })
    }
}

/// A word in which nothing is a variable: `$$` is a dollar sign.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}
