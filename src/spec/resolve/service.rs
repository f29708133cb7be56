//! One service's merged keys to a [`Service`]: what is missing, what contradicts, what is derived.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::hardening::{self, Profile};
use crate::ordered::Ordered as _;
use crate::spec::bind::Bind;
use crate::spec::fault::{Code, Fault, Faults};
use crate::spec::layer::Layer;
use crate::spec::name::{ServiceName, UnitStem};
use crate::spec::network::Network;
use crate::spec::probe::{Expectations, OnFailure, Probe, Startup};
use crate::spec::probe_layer::ProbeLayer;
use crate::spec::service_layer::{Gpu, Output, ServiceLayer};
use crate::spec::source::Located;
use crate::spec::stack::{Endpoint, Host, Kind, Managed, Service};
use crate::spec::suggestion::nearest;
use crate::spec::text::Line;

use super::credentials::credentials;
use super::edges::edges;
use super::environment::environment;
use super::network::{inside, outside};
use super::patience;
use super::placement;
use super::stand_in_command;

use std::time::Duration;

/// How a probe is asked where nothing is written.
struct Pace {
    interval: Duration,
    timeout: Duration,
}

/// Why these numbers is worked out in `builtin.toml`.
const LIVENESS: Pace = Pace {
    interval: Duration::from_secs(3),
    timeout: Duration::from_secs(6),
};
const READINESS: Pace = Pace {
    interval: Duration::from_secs(5),
    timeout: Duration::from_secs(10),
};
const FAILURES: u32 = 3;
const BUSY_LIMIT: Duration = Duration::from_mins(10);
const STARTUP_INTERVAL: Duration = Duration::from_secs(1);
const STARTUP_FAILURES: u32 = 60;
const STOP_TIMEOUT: Duration = Duration::from_secs(15);
const RESTART_DELAY: Duration = Duration::from_millis(250);

/// What a service is resolved against.
pub(super) struct Context<'c> {
    /// All layers, merged: every service that is defined.
    pub(super) merged: &'c Layer,
    /// The services of the profile, with its changes.
    pub(super) layers: &'c BTreeMap<ServiceName, ServiceLayer>,
    /// The services of the profile that are on the head, where this is another machine.
    pub(super) elsewhere: &'c BTreeMap<ServiceName, ServiceLayer>,
    /// Other machines.
    pub(super) hosts: &'c [Host],
    /// Whose network they share.
    pub(super) network: Network,
    /// Whether the stand-in takes the services' places.
    pub(super) stand_in: bool,
}

/// Resolves one service; `None` where it lacks what makes it a service.
pub(super) fn resolved(
    name: &ServiceName,
    context: &Context<'_>,
    faults: &mut Faults,
) -> Option<Service> {
    let layer = context.layers.get(name)?;
    let depends_on = edges(name, layer, context, faults);
    let description = layer.description.as_ref().map_or_else(
        || Line::parse(&format!("Juniper service {name}")).ok(),
        |located| Some(located.value.clone()),
    )?;
    let kind = if let Some(unit) = &layer.external_unit {
        if let Some(command) = &layer.command {
            faults.push(Fault {
                code: Code::Contradiction,
                title: format!("service `{name}` has both a command and somebody else's unit"),
                at: Some(command.at.clone()),
                label: "the command would never run".to_owned(),
                also: Some((unit.at.clone(), "this unit is not ours to write".to_owned())),
                help: Some("keep one of the two".to_owned()),
            });
        }
        Kind::Foreign(unit.value.clone())
    } else {
        Kind::Managed(Box::new(managed(name, layer, context, faults)?))
    };
    Some(Service {
        name: name.clone(),
        description,
        depends_on,
        kind,
    })
}

fn managed(
    name: &ServiceName,
    layer: &ServiceLayer,
    context: &Context<'_>,
    faults: &mut Faults,
) -> Option<Managed> {
    let stand_in = context.stand_in.then(|| stand_in_command(name)).flatten();
    let Some(command) =
        stand_in.or_else(|| layer.command.as_ref().map(|command| command.value.clone()))
    else {
        if layer.refused.contains("command") {
            return None;
        }
        faults.push(Fault {
            code: Code::MissingKey,
            title: format!("service `{name}` has no command"),
            at: layer.at.clone(),
            label: "`command` is missing here".to_owned(),
            also: None,
            help: Some(
                "write command = [\"/full/path/of/the/program\", \"argument\", ...]".to_owned(),
            ),
        });
        return None;
    };
    let configured = configured_endpoint(layer);
    let endpoint = inside(configured, context.network);
    known_relaxations(layer, faults);
    gpus_named_once(name, layer, faults);
    let startup = startup(layer);
    let readiness = probe(
        name,
        "readiness",
        &layer.readiness,
        &READINESS,
        endpoint,
        faults,
    );
    let liveness = probe(
        name,
        "liveness",
        &layer.liveness,
        &LIVENESS,
        endpoint,
        faults,
    );
    let probes = (readiness.as_ref(), liveness.as_ref());
    patience::record(name, layer, startup, probes, faults);
    Some(Managed {
        unit: unit_stem(name, layer)?,
        command,
        working_directory: layer
            .working_directory
            .as_ref()
            .map(|path| path.value.clone()),
        endpoint,
        let_out: outside(name, layer, configured, context.network, faults),
        instances: layer
            .instances
            .as_ref()
            .map(|count| count.value.try_into().unwrap_or(1)),
        hosts: placement::counts(layer),
        elsewhere: placement::awaited(layer, context.elsewhere, context.network),
        clients: placement::clients(name, context.layers, context.hosts),
        gpu: layer
            .gpu
            .as_ref()
            .map_or(Gpu::None, |gpu| gpu.value.clone()),
        memory_max: layer.memory_max.as_ref().map(|bytes| bytes.value),
        standard_output: layer
            .standard_output
            .as_ref()
            .map_or(Output::Journal, |output| output.value),
        stop_timeout: layer
            .stop_timeout
            .as_ref()
            .map_or(STOP_TIMEOUT, |span| span.value),
        restart_delay: layer
            .restart_delay
            .as_ref()
            .map_or(RESTART_DELAY, |span| span.value),
        state_directories: layer
            .state_directories
            .as_ref()
            .map(|directories| directories.value.clone())
            .unwrap_or_default(),
        binds: binds(layer),
        environment: environment(name, layer, context, endpoint, faults),
        credentials: credentials(name, layer, context.merged, faults),
        startup,
        readiness: readiness.map(|probe| Probe {
            on_failure: OnFailure::Nothing,
            ..probe
        }),
        liveness,
        expectations: expectations(name, layer, context, faults),
        sandbox: sandbox(layer),
        exposure_budget: layer.exposure_budget.as_ref().map(|budget| budget.value),
        relax: layer
            .relax
            .iter()
            .map(|(directive, reason)| (directive.clone(), reason.value.clone()))
            .ordered(),
    })
}

/// Directories that it insists on writing to.
fn binds(layer: &ServiceLayer) -> Vec<Bind> {
    layer
        .bind_directories
        .iter()
        .map(|(target, source)| Bind {
            target: target.clone(),
            source: source.value.clone(),
        })
        .collect()
}

/// How long it may take to its first ready answer.
pub(super) fn startup(layer: &ServiceLayer) -> Startup {
    let startup = &layer.startup;
    Startup {
        interval: startup
            .interval
            .as_ref()
            .map_or(STARTUP_INTERVAL, |span| span.value),
        failure_threshold: count(startup.failure_threshold.as_ref(), STARTUP_FAILURES),
    }
}

/// Whoever has a GPU runs torch on it; everybody else is what the configuration says.
fn sandbox(layer: &ServiceLayer) -> Profile {
    let has_gpu = layer.gpu.as_ref().is_some_and(|gpu| gpu.value != Gpu::None);
    if has_gpu {
        return Profile::Gpu;
    }
    layer
        .sandbox
        .as_ref()
        .map_or(Profile::Network, |profile| profile.value)
}

fn unit_stem(name: &ServiceName, layer: &ServiceLayer) -> Option<UnitStem> {
    match &layer.unit {
        Some(unit) => Some(unit.value.clone()),
        None => UnitStem::parse(&format!("juniper-{name}")).ok(),
    }
}

/// Where a service listens.
pub(super) fn endpoint_of(layer: &ServiceLayer, network: Network) -> Option<Endpoint> {
    inside(configured_endpoint(layer), network)
}

/// The address that the configuration names.
fn configured_endpoint(layer: &ServiceLayer) -> Option<Endpoint> {
    let port = u16::try_from(layer.port.as_ref()?.value).ok()?;
    let host = layer
        .host
        .as_ref()
        .and_then(|host| host.value.as_str().parse::<IpAddr>().ok())
        .unwrap_or(IpAddr::from([127, 0, 0, 1]));
    Some(Endpoint { host, port })
}

fn count(written: Option<&Located<u64>>, otherwise: u32) -> u32 {
    written.map_or(otherwise, |count| {
        u32::try_from(count.value).unwrap_or(otherwise)
    })
}

fn probe(
    name: &ServiceName,
    kind: &str,
    layer: &ProbeLayer,
    otherwise: &Pace,
    endpoint: Option<Endpoint>,
    faults: &mut Faults,
) -> Option<Probe> {
    let path = layer.path.as_ref()?;
    if endpoint.is_none() {
        faults.push(Fault {
            code: Code::MissingKey,
            title: format!("service `{name}` has a {kind} probe but no port"),
            at: Some(path.at.clone()),
            label: "nowhere to ask this".to_owned(),
            also: None,
            help: Some(format!("write port = ... under [services.{name}]")),
        });
        return None;
    }
    Some(Probe {
        path: path.value.clone(),
        interval: layer
            .interval
            .as_ref()
            .map_or(otherwise.interval, |span| span.value),
        timeout: layer
            .timeout
            .as_ref()
            .map_or(otherwise.timeout, |span| span.value),
        failure_threshold: count(layer.failure_threshold.as_ref(), FAILURES),
        success_threshold: count(layer.success_threshold.as_ref(), 1),
        on_failure: layer
            .on_failure
            .as_ref()
            .map_or(OnFailure::Abort, |action| action.value),
        busy_when: layer
            .busy_when
            .iter()
            .map(|(path, text)| (path.clone(), text.value.clone()))
            .ordered(),
        busy_limit: layer
            .busy_limit
            .as_ref()
            .map_or(BUSY_LIMIT, |span| span.value),
    })
}

/// What the body must say because of the edges that exist in this profile.
fn expectations(
    name: &ServiceName,
    layer: &ServiceLayer,
    context: &Context<'_>,
    faults: &mut Faults,
) -> Expectations {
    let mut expectations = Expectations::new();
    for (on, edge) in &layer.depends_on {
        if !context.layers.contains_key(on) {
            continue;
        }
        for (path, text) in &edge.expect {
            if layer.readiness.path.is_none() {
                faults.push(Fault {
                    code: Code::Contradiction,
                    title: format!(
                        "service `{name}` has no readiness probe that could say `{path}`"
                    ),
                    at: Some(text.at.clone()),
                    label: "expected of a body that is never asked for".to_owned(),
                    also: layer
                        .at
                        .clone()
                        .map(|at| (at, "`readiness.path` is missing here".to_owned())),
                    help: None,
                });
            }
            expectations.insert(path.clone(), text.value.clone());
        }
    }
    expectations
}

/// What CUDA sees follows from `gpu`; told otherwise by hand, it would look for what it may not open.
fn gpus_named_once(name: &ServiceName, layer: &ServiceLayer, faults: &mut Faults) {
    let gpu = layer.gpu.as_ref().filter(|gpu| gpu.value != Gpu::None);
    let by_hand = layer
        .environment
        .iter()
        .find(|(variable, _)| variable.as_str() == "CUDA_VISIBLE_DEVICES");
    if let (Some(gpu), Some((variable, text))) = (gpu, by_hand) {
        faults.push(Fault {
            code: Code::Contradiction,
            title: format!("`{name}` is told twice which GPUs it has"),
            at: Some(text.at.clone()),
            label: format!("{variable} follows from `gpu`"),
            also: Some((gpu.at.clone(), "which is written here".to_owned())),
            help: Some("leave the variable out".to_owned()),
        });
    }
}

fn known_relaxations(layer: &ServiceLayer, faults: &mut Faults) {
    for (directive, reason) in &layer.relax {
        if hardening::is_relaxable(directive) {
            continue;
        }
        let help = nearest(directive, hardening::relaxable()).map_or_else(
            || "see the list in juniper.toml(5)".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        faults.push(Fault {
            code: Code::UnknownName,
            title: format!("there is no sandbox directive `{directive}` to relax"),
            at: Some(reason.at.clone()),
            label: "nothing is relaxed by this".to_owned(),
            also: None,
            help: Some(help),
        });
    }
}
