//! Quadlets: one `.container` for each service, a network, and a plain target that wants them.
//!
//! podman makes units of them. The gate runs in the container and becomes the service, so that each start waits;
//! a unit is active when the container is healthy. A dollar sign is doubled, because systemd expands the command line
//! that podman writes.

use std::fmt::Write as _;
use std::net::IpAddr;

use serde_json::json;

use crate::spec::duration::written;
use crate::spec::probe::{Expectations, OnFailure};
use crate::spec::stack::{Gpu, Kind as Unit, Managed, Service, WhenLost};
use crate::unit::budget;
use crate::unit::value::raw;

use super::directories::{Directories, Kind};
use super::loss::{patience, seconds};
use super::target::{Target, published};
use super::{File, Group, Loss, environment, gate, image, managed, readme, sandbox, secret, shell};

const TARGET: Target = Target::Quadlet;
const WANTED: &str = "juniper-containers.target";

pub(super) fn files(group: Group<'_>, losses: &[Loss]) -> Vec<File> {
    let isolated = group.stack.network.is_isolated();
    let mut files = vec![
        File {
            name: "juniper-containers.network".to_owned(),
            text: network("juniper", isolated),
        },
        File {
            name: WANTED.to_owned(),
            text: target(group, losses),
        },
    ];
    let is_out = |managed: &Managed| isolated && published(managed, true).is_some();
    if managed(group).any(|(_, managed)| is_out(managed)) {
        files.push(File {
            name: "juniper-outside.network".to_owned(),
            text: network("juniper-outside", false),
        });
    }
    for (service, managed) in managed(group) {
        let template = if managed.instances.is_some() { "@" } else { "" };
        files.push(File {
            name: format!("{}{template}.container", managed.unit),
            text: container(service, managed, group),
        });
    }
    files
}

fn network(name: &str, internal: bool) -> String {
    let internal = if internal { "Internal=true\n" } else { "" };
    format!("# Written by juniperctl.\n[Network]\nNetworkName={name}\n{internal}")
}

fn target(group: Group<'_>, losses: &[Loss]) -> String {
    let mut text = readme::head(TARGET, losses);
    text.push_str("\n[Unit]\nDescription=Juniper platform in containers\n");
    for (service, _) in managed(group) {
        for member in service.members() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "Wants={}", member.unit());
        }
    }
    text.push_str("\n[Install]\nWantedBy=multi-user.target\n");
    text
}

fn container(service: &Service, managed: &Managed, group: Group<'_>) -> String {
    let mut text = "# Written by juniperctl.\n[Unit]\n".to_owned();
    let mut line = |key: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{key}={value}");
    };
    line("Description", &raw(service.description.as_str()));
    line("PartOf", WANTED);
    for edge in &service.depends_on {
        let Some(other) = group.stack.service(&edge.on) else {
            continue;
        };
        match &other.kind {
            Unit::Foreign(unit) => {
                line("Wants", unit.as_str());
                line("After", unit.as_str());
            }
            Unit::Managed(_) if edge.when_lost != WhenLost::Keep => {
                for member in other.members() {
                    line("PartOf", &member.unit());
                }
            }
            Unit::Managed(_) => {}
        }
    }
    text.push_str("\n[Container]\n");
    for (key, value) in settings(service, managed, group) {
        let _ = writeln!(text, "{key}={value}");
    }
    text.push_str("\n[Service]\n");
    let budgets = budget::of(group.stack);
    let budget = budgets.get(&service.name).copied().unwrap_or_default();
    let _ = write!(
        text,
        "Restart=on-failure\nRestartSec={}\nTimeoutStartSec={}\nTimeoutStopSec={}\n",
        written(managed.restart_delay),
        written(budget.start_timeout()),
        // podman waits as long itself, and then kills.
        written(managed.stop_timeout + std::time::Duration::from_secs(5)),
    );
    text
}

fn settings(service: &Service, managed: &Managed, group: Group<'_>) -> Vec<(&'static str, String)> {
    let directories = Directories::of(service, managed, TARGET, 1);
    let isolated = group.stack.network.is_isolated();
    let applies = |directive| sandbox::applies(managed, group.stack.network, directive);
    let (name, instance) = match managed.instances {
        None => (service.name.to_string(), ""),
        Some(_) => (format!("{}-%i", service.name), "-%i"),
    };
    let mut settings = vec![
        ("ContainerName", format!("{}{instance}", managed.unit)),
        ("Image", image::name(service, managed)),
        ("Network", "juniper-containers.network".to_owned()),
        ("NetworkAlias", name),
        ("User", image::USER.to_string()),
        ("Group", image::USER.to_string()),
        ("WorkingDir", plain(directories.working(managed).text())),
        ("Exec", exec(service, managed, group)),
        // The first process ignores signals that it does not handle.
        ("RunInit", "true".to_owned()),
        ("StopTimeout", seconds(managed.stop_timeout).to_string()),
    ];
    if let Some(outside) = published(managed, isolated) {
        if isolated {
            settings.push(("Network", "juniper-outside.network".to_owned()));
        }
        let inside = managed.endpoint.unwrap_or(outside).port;
        let host = match outside.host {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        settings.push(("PublishPort", format!("{host}:{}:{inside}", outside.port)));
    }
    for (name, value) in environment::variables(service, managed, group, TARGET, 1) {
        let assignment = format!("{name}={}", value.text());
        settings.push(("Environment", quoted(&assignment)));
    }
    for kind in Kind::ALL {
        let path = directories.text(kind, None);
        let volume = format!("{}{instance}-{}:{path}", managed.unit, kind.word());
        settings.push(("Volume", volume));
    }
    for credential in secret::handed(managed, group) {
        let name = &credential.secret;
        settings.push((
            "Secret",
            format!(
                "{},type=mount,target={}/{name},uid={},gid={},mode=0400",
                secret::object(name),
                secret::directory(TARGET),
                image::USER,
                image::USER
            ),
        ));
    }
    let switches = [
        ("ReadOnly", "true", "ProtectSystem"),
        ("NoNewPrivileges", "true", "NoNewPrivileges"),
        ("DropCapability", "all", "CapabilityBoundingSet"),
        ("PodmanArgs", "--umask=0077", "UMask"),
    ];
    for (key, value, directive) in switches {
        if applies(directive) {
            settings.push((key, value.to_owned()));
        }
    }
    if let Some(bytes) = managed.memory_max {
        settings.push(("PodmanArgs", format!("--memory={bytes}")));
    }
    settings.extend(
        devices(managed)
            .into_iter()
            .map(|device| ("AddDevice", device)),
    );
    settings.extend(health(service, managed, group));
    settings
}

/// GPUs by their names in the container device interface, which nvidia-ctk(1) writes.
fn devices(managed: &Managed) -> Vec<String> {
    match &managed.gpu {
        Gpu::None => Vec::new(),
        Gpu::All => vec!["nvidia.com/gpu=all".to_owned()],
        Gpu::Count(count) => (0..*count)
            .map(|number| format!("nvidia.com/gpu={number}"))
            .collect(),
        Gpu::Named(names) => names
            .iter()
            .map(|name| format!("nvidia.com/gpu={name}"))
            .collect(),
    }
}

/// Readiness is asked while it starts, liveness from then on.
fn health(service: &Service, managed: &Managed, group: Group<'_>) -> Vec<(&'static str, String)> {
    let Some(endpoint) = managed.endpoint else {
        return Vec::new();
    };
    let ready = managed.readiness.as_ref().or(managed.liveness.as_ref());
    let alive = managed.liveness.as_ref().or(managed.readiness.as_ref());
    let (Some(ready), Some(alive)) = (ready, alive) else {
        return Vec::new();
    };
    // podman takes the line as it is, and an array of JSON for a command without a shell.
    let test = |words: Vec<String>| plain(&json!(words).to_string());
    let none = Expectations::new();
    // Without liveness it is readiness that is asked all the time, and then it ends nothing.
    let is_readiness = managed.liveness.is_none();
    let expected = if is_readiness {
        &managed.expectations
    } else {
        &none
    };
    let budgets = budget::of(group.stack);
    let budget = budgets.get(&service.name).copied().unwrap_or_default();
    let interval = managed
        .startup
        .interval
        .max(std::time::Duration::from_millis(1));
    // The wait for others is part of a container's start.
    let retries = budget.ready().as_millis().div_ceil(interval.as_millis());
    let action = match alive.on_failure {
        OnFailure::Abort | OnFailure::AbortIfSilent if !is_readiness => "kill",
        _ => "none",
    };
    vec![
        ("Notify", "healthy".to_owned()),
        (
            "HealthStartupCmd",
            test(gate::probe(ready, &managed.expectations, endpoint.port)),
        ),
        ("HealthStartupInterval", span(interval)),
        ("HealthStartupTimeout", span(ready.timeout)),
        ("HealthStartupRetries", retries.to_string()),
        (
            "HealthCmd",
            test(gate::probe(alive, expected, endpoint.port)),
        ),
        ("HealthInterval", span(alive.interval)),
        ("HealthTimeout", span(alive.timeout)),
        ("HealthRetries", patience(alive).to_string()),
        ("HealthOnFailure", action.to_owned()),
    ]
}

fn exec(service: &Service, managed: &Managed, group: Group<'_>) -> String {
    let mut words = gate::exec(service, managed, group, TARGET, 1);
    // podman drops an empty word with all that follows it, and writes a semicolon bare, at which systemd begins another
    // command (seen on 5.4.2): a shell takes them.
    if words.iter().any(|word| word.is_empty() || word == ";") {
        let line = format!("exec {}", shell::words(&words));
        words = vec!["/bin/sh".to_owned(), "-c".to_owned(), line];
    }
    let words: Vec<String> = words.iter().map(|text| quoted(text)).collect();
    words.join(" ")
}

/// A setting that knows no quotes.
fn plain(text: &str) -> String {
    raw(text).replace('$', "$$")
}

/// A word, quoted where it must be; systemd expands both specifiers and variables in what podman makes of it.
fn quoted(text: &str) -> String {
    crate::unit::value::argument(text).replace('$', "$$")
}

/// A span as podman reads it.
fn span(span: std::time::Duration) -> String {
    if span.subsec_millis() > 0 {
        format!("{}ms", span.as_millis())
    } else {
        format!("{}s", span.as_secs())
    }
}
