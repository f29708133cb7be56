//! One service of a Compose file.

use std::time::Duration;

use crate::ordered::Ordered as _;
use crate::spec::stack::{Gate, Gpu, Managed, Service as Exported, WhenLost};

use crate::export::directories::{Directories, Kind};
use crate::export::image::USER;
use crate::export::target::{Target, published};
use crate::export::{Group, environment, gate, image, sandbox, secret};

use super::file::{
    Count, Dependency, Deploy, Device, HealthCheck, Limits, Reservations, Resources, Service,
};
use super::{GROUP, OUTSIDE, literal};

const TARGET: Target = Target::Compose;

pub(super) fn service(service: &Exported, managed: &Managed, group: Group<'_>) -> Service {
    let directories = Directories::of(service, managed, TARGET, 1);
    let isolated = group.stack.network.is_isolated();
    let published = published(managed, isolated);
    let applies = |directive| sandbox::applies(managed, group.stack.network, directive);
    let variables = environment::variables(service, managed, group, TARGET, 1);
    Service {
        image: image::name(service, managed),
        build: image::folder(service, managed).map(|folder| format!("./{folder}")),
        command: managed
            .command
            .iter()
            .map(|word| literal(word.as_str()))
            .collect(),
        working_dir: literal(directories.working(managed).text()),
        environment: variables
            .iter()
            .map(|(name, value)| (name.clone(), literal(value.text())))
            .ordered(),
        depends_on: gate::edges(service, group)
            .map(|(edge, other, _)| {
                let condition = match edge.gate {
                    Gate::Started => "service_started",
                    Gate::Live | Gate::Ready => "service_healthy",
                };
                let restart = edge.when_lost == WhenLost::Restart;
                (other.name.to_string(), Dependency { condition, restart })
            })
            .ordered(),
        healthcheck: health_check(managed),
        ports: published
            .map(|outside| {
                let inside = managed.endpoint.unwrap_or(outside).port;
                format!("{}:{}:{inside}", host(outside.host), outside.port)
            })
            .into_iter()
            .collect(),
        networks: if isolated && published.is_some() {
            vec![GROUP, OUTSIDE]
        } else {
            vec![GROUP]
        },
        volumes: Kind::ALL
            .map(|kind| {
                let path = directories.text(kind, None);
                // What has a name is shared by all containers of a service.
                match managed.instances {
                    None => format!("{}-{}:{path}", service.name, kind.word()),
                    Some(_) => path,
                }
            })
            .to_vec(),
        tmpfs: vec!["/tmp"],
        secrets: secret::handed(managed, group)
            .iter()
            .map(|credential| credential.secret.to_string())
            .collect(),
        init: true,
        restart: "on-failure",
        stop_grace_period: span(managed.stop_timeout),
        user: format!("{USER}:{USER}"),
        read_only: applies("ProtectSystem"),
        cap_drop: applies("CapabilityBoundingSet")
            .then_some("ALL")
            .into_iter()
            .collect(),
        security_opt: applies("NoNewPrivileges")
            .then_some("no-new-privileges:true")
            .into_iter()
            .collect(),
        deploy: deploy(managed),
    }
}

/// An address of the machine, as Compose has it before a port.
fn host(address: std::net::IpAddr) -> String {
    match address {
        std::net::IpAddr::V4(address) => address.to_string(),
        std::net::IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// Asks readiness, or liveness where that is all there is. Compose calls a service unhealthy after `start_period` and
/// `retries` times `interval`: together that is the budget of a start.
fn health_check(managed: &Managed) -> Option<HealthCheck> {
    let probe = managed.readiness.as_ref().or(managed.liveness.as_ref())?;
    let port = managed.endpoint?.port;
    let mut test = vec!["CMD".to_owned()];
    let words = gate::probe(probe, &managed.expectations, port);
    test.extend(words.iter().map(|word| literal(word)));
    let asked = probe.interval.saturating_mul(probe.failure_threshold);
    Some(HealthCheck {
        test,
        interval: span(probe.interval),
        timeout: span(probe.timeout),
        retries: probe.failure_threshold,
        start_period: span(managed.startup.budget().saturating_sub(asked)),
        start_interval: span(managed.startup.interval),
    })
}

fn deploy(managed: &Managed) -> Option<Deploy> {
    let limits = managed.memory_max.map(|bytes| Limits {
        memory: bytes.to_string(),
    });
    let device = |count, ids| Device {
        driver: "nvidia",
        capabilities: vec!["gpu"],
        count,
        ids,
    };
    let device = match &managed.gpu {
        Gpu::None => None,
        Gpu::All => Some(device(Some(Count::All), Vec::new())),
        Gpu::Count(count) => Some(device(Some(Count::So(*count)), Vec::new())),
        Gpu::Named(names) => {
            let names = names.iter().map(ToString::to_string).collect();
            Some(device(None, names))
        }
    };
    let reservations = device.map(|device| Reservations {
        devices: vec![device],
    });
    let resources = (limits.is_some() || reservations.is_some()).then_some(Resources {
        limits,
        reservations,
    });
    let replicas = managed.instances;
    (replicas.is_some() || resources.is_some()).then_some(Deploy {
        replicas,
        resources,
    })
}

/// A span as Compose reads it.
fn span(span: Duration) -> String {
    if span.subsec_millis() > 0 {
        format!("{}ms", span.as_millis())
    } else {
        format!("{}s", span.as_secs())
    }
}
