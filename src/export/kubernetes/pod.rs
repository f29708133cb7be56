//! The pod of a service: who waits, what runs, what it may use.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, ConfigMapEnvSource, Container, ContainerPort, EnvFromSource, PodSecurityContext,
    PodSpec, PodTemplateSpec, ResourceRequirements, SeccompProfile, SecurityContext,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::export::directories::Directories;
use crate::export::image::{self, USER};
use crate::export::loss::seconds;
use crate::export::target::Target;
use crate::export::{Group, gate, sandbox};
use crate::spec::stack::{Gpu, Managed, Service};

use super::{meta, probes, storage};

const TARGET: Target = Target::Kubernetes;

/// The name of a service's variables.
pub(super) fn variables(service: &Service) -> String {
    format!("{}-environment", service.name)
}

pub(super) fn template(service: &Service, managed: &Managed, group: Group<'_>) -> PodTemplateSpec {
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(meta::of(service)),
            ..ObjectMeta::default()
        }),
        spec: Some(PodSpec {
            // Nothing in the group talks to the cluster, nor reads its addresses from variables.
            automount_service_account_token: Some(false),
            enable_service_links: Some(false),
            // The first process ignores signals that it does not handle; here it is not the service.
            share_process_namespace: Some(true),
            security_context: Some(PodSecurityContext {
                run_as_non_root: Some(true),
                run_as_user: Some(USER.into()),
                run_as_group: Some(USER.into()),
                fs_group: Some(USER.into()),
                seccomp_profile: Some(default_filter()),
                ..PodSecurityContext::default()
            }),
            termination_grace_period_seconds: i64::try_from(seconds(managed.stop_timeout)).ok(),
            init_containers: Some(before(service, managed, group)),
            containers: vec![main(service, managed, group)],
            volumes: Some(storage::volumes(service, managed, group)),
            ..PodSpec::default()
        }),
    }
}

fn main(service: &Service, managed: &Managed, group: Group<'_>) -> Container {
    let directories = Directories::of(service, managed, TARGET, 1);
    let words: Vec<String> = managed
        .command
        .iter()
        .map(|word| literal(word.as_str()))
        .collect();
    let (program, arguments) = words.split_at(words.len().min(1));
    let probes = probes::of(managed);
    Container {
        command: Some(program.to_vec()),
        args: Some(arguments.to_vec()),
        working_dir: Some(directories.working(managed).text().to_owned()),
        env_from: Some(vec![EnvFromSource {
            config_map_ref: Some(ConfigMapEnvSource {
                name: variables(service),
                optional: None,
            }),
            ..EnvFromSource::default()
        }]),
        ports: managed.endpoint.map(|endpoint| {
            vec![ContainerPort {
                name: Some("http".to_owned()),
                container_port: i32::from(endpoint.port),
                ..ContainerPort::default()
            }]
        }),
        startup_probe: probes.startup,
        readiness_probe: probes.readiness,
        liveness_probe: probes.liveness,
        resources: resources(managed),
        ..container(service.name.to_string(), service, managed, group)
    }
}

/// Who makes the directories, and who waits for others.
fn before(service: &Service, managed: &Managed, group: Group<'_>) -> Vec<Container> {
    let directories = Directories::of(service, managed, TARGET, 1);
    let mut make = ["/bin/mkdir", "-p"].map(str::to_owned).to_vec();
    make.extend(directories.wanted(managed));
    let gate = gate::ready(service, group, TARGET).map(|words| ("gate", words));
    std::iter::once(("directories", make))
        .chain(gate)
        .map(|(name, command)| Container {
            command: Some(command),
            ..container(name.to_owned(), service, managed, group)
        })
        .collect()
}

/// What all containers of a pod have in common.
fn container(name: String, service: &Service, managed: &Managed, group: Group<'_>) -> Container {
    let applies = |directive| sandbox::applies(managed, group.stack.network, directive);
    Container {
        name,
        image: Some(image::name(service, managed)),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(!applies("NoNewPrivileges")),
            capabilities: applies("CapabilityBoundingSet").then(|| Capabilities {
                drop: Some(vec!["ALL".to_owned()]),
                add: None,
            }),
            read_only_root_filesystem: Some(applies("ProtectSystem")),
            run_as_non_root: Some(true),
            seccomp_profile: Some(default_filter()),
            ..SecurityContext::default()
        }),
        volume_mounts: Some(storage::mounts(service, managed, group)),
        ..Container::default()
    }
}

fn default_filter() -> SeccompProfile {
    SeccompProfile {
        type_: "RuntimeDefault".to_owned(),
        localhost_profile: None,
    }
}

fn resources(managed: &Managed) -> Option<ResourceRequirements> {
    let memory = managed
        .memory_max
        .map(|bytes| ("memory", bytes.to_string()));
    let gpus = match &managed.gpu {
        Gpu::None => None,
        Gpu::All => Some(1),
        Gpu::Count(count) => Some(*count),
        // Instances take them in turns, one each.
        Gpu::Named(_) if managed.instances.is_some() => Some(1),
        Gpu::Named(names) => u32::try_from(names.len()).ok(),
    };
    let gpus = gpus.map(|count| ("nvidia.com/gpu", count.to_string()));
    let limits: BTreeMap<String, Quantity> = memory
        .into_iter()
        .chain(gpus)
        .map(|(name, quantity)| (name.to_owned(), Quantity(quantity)))
        .collect();
    (!limits.is_empty()).then(|| ResourceRequirements {
        limits: Some(limits),
        ..ResourceRequirements::default()
    })
}

/// A word in which nothing is a variable: `$$` is a dollar sign.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}
