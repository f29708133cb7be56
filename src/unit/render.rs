//! A stack to all its unit files, through the templates.

use askama::Template;

use crate::hardening::Profile;
use crate::ordered;
use crate::spec::Stack;

use super::act::{self, ActUnit};
use super::budget;
use super::facts::Facts;
use super::file::UnitFile;
use super::gpu::{self, GateUnit, InstanceUnit};
use super::group::{self, GroupUnit, READY, TARGET, WATCHDOG};
use super::kernel_log::{self, KernelLogUnit};
use super::length;
use super::network::{self, NETWORK, NetworkUnit, ProxyUnit};
use super::notification::{self, NotificationUnit};
use super::returned::{self, ReturnedUnit};
use super::sandbox::peers;
use super::service::{self, ServiceUnit, StartedBy, Surroundings};
use super::version::SystemdVersion;

#[derive(Template)]
#[template(path = "app.service")]
struct ServiceTemplate<'u> {
    unit: &'u ServiceUnit,
}

#[derive(Template)]
#[template(path = "juniper.target")]
struct TargetTemplate<'u> {
    unit: &'u GroupUnit,
}

#[derive(Template)]
#[template(path = "juniper-ready.service")]
struct ReadyTemplate<'u> {
    unit: &'u GroupUnit,
}

#[derive(Template)]
#[template(path = "juniper-watchdog.service")]
struct WatchdogTemplate<'u> {
    unit: &'u GroupUnit,
}

#[derive(Template)]
#[template(path = "juniper-network.service")]
struct NetworkTemplate<'u> {
    unit: &'u NetworkUnit,
}

#[derive(Template)]
#[template(path = "juniper-gpu.service")]
struct GpuGateTemplate<'u> {
    unit: &'u GateUnit,
}

#[derive(Template)]
#[template(path = "instance.conf")]
struct InstanceTemplate<'u> {
    unit: &'u InstanceUnit,
}

#[derive(Template)]
#[template(path = "proxy.socket")]
struct SocketTemplate<'u> {
    unit: &'u ProxyUnit,
}

#[derive(Template)]
#[template(path = "proxy.service")]
struct ProxyTemplate<'u> {
    unit: &'u ProxyUnit,
}

#[derive(Template)]
#[template(path = "juniper-notification@.service")]
struct NotificationTemplate<'u> {
    unit: &'u NotificationUnit,
}

#[derive(Template)]
#[template(path = "juniper-kernel-log.service")]
struct KernelLogTemplate<'u> {
    unit: &'u KernelLogUnit,
}

#[derive(Template)]
#[template(path = "returned.service")]
struct ReturnedTemplate<'u> {
    unit: &'u ReturnedUnit,
}

#[derive(Template)]
#[template(path = "juniper-act.socket")]
struct ActSocketTemplate<'u> {
    unit: &'u ActUnit,
}

#[derive(Template)]
#[template(path = "juniper-act@.service")]
struct ActTemplate<'u> {
    unit: &'u ActUnit,
}

/// Why nothing was rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A value that would have changed the structure of a unit file.
    #[error("{unit}: a value contains a control character; nothing was rendered")]
    ControlCharacter {
        /// The unit it was meant for.
        unit: String,
    },
    /// Something that only some versions of systemd read.
    #[error(
        "{unit}: an argument of its command has {bytes} bytes, and systemd {version} reads no unit with one of more \
         than {most}; nothing was rendered"
    )]
    LongArgument {
        /// The unit it was meant for.
        unit: String,
        /// How long it is.
        bytes: usize,
        /// Who does not take it.
        version: SystemdVersion,
        /// How long it may be.
        most: usize,
    },
}

/// All unit files of a stack, by name.
///
/// # Errors
/// A value that slipped through every check and holds a control character, or an argument that this systemd does not take.
pub fn rendered(
    stack: &Stack,
    version: SystemdVersion,
    facts: &Facts,
) -> Result<Vec<UnitFile>, RenderError> {
    length::held(stack, version)?;
    let budgets = budget::of(stack);
    let peers = peers(stack);
    let mut files = Vec::new();
    for service in &stack.services {
        let Some(managed) = service.managed() else {
            continue;
        };
        let around = Surroundings {
            stack,
            budget: budgets.get(&service.name).copied().unwrap_or_default(),
            version,
            facts,
            peers: &peers,
        };
        let unit = service::unit(service, managed, &around);
        files.push(file(&unit.file_name, &ServiceTemplate { unit: &unit })?);
    }
    let ready = group::unit(stack, &budgets, version, Profile::Ready, facts);
    files.push(file(TARGET, &TargetTemplate { unit: &ready })?);
    files.push(file(READY, &ReadyTemplate { unit: &ready })?);
    let watchdog = group::unit(stack, &budgets, version, Profile::Watchdog, facts);
    files.push(file(WATCHDOG, &WatchdogTemplate { unit: &watchdog })?);
    if stack.network.is_isolated() {
        let unit = network::holder(stack, version);
        files.push(file(NETWORK, &NetworkTemplate { unit: &unit })?);
    }
    if let Some(unit) = gpu::gate(stack, version, facts) {
        files.push(file(gpu::GATE, &GpuGateTemplate { unit: &unit })?);
    }
    for unit in &gpu::instances(stack, version, facts) {
        files.push(file(&unit.file_name, &InstanceTemplate { unit })?);
    }
    for unit in &network::proxies(stack, version) {
        files.push(file(&unit.socket, &SocketTemplate { unit })?);
        files.push(file(&unit.service, &ProxyTemplate { unit })?);
    }
    for unit in &returned::units(stack, version, facts) {
        files.push(file(&unit.file_name, &ReturnedTemplate { unit })?);
    }
    let acting = act::unit(stack, version, facts);
    files.push(file(act::SOCKET, &ActSocketTemplate { unit: &acting })?);
    files.push(file(act::TEMPLATE, &ActTemplate { unit: &acting })?);
    if let Some(unit) = kernel_log::unit(stack, version).filter(|_| !facts.manager.is_user()) {
        files.push(file(kernel_log::UNIT, &KernelLogTemplate { unit: &unit })?);
    }
    if let Some(notification) = &stack.notification {
        let unit = notification::unit(notification, stack, version, facts);
        files.push(file(
            notification::TEMPLATE,
            &NotificationTemplate { unit: &unit },
        )?);
    }
    ordered::sort(&mut files);
    Ok(files)
}

fn file(name: &str, template: &impl Template) -> Result<UnitFile, RenderError> {
    let text = template
        .render()
        .map_err(|_| RenderError::ControlCharacter {
            unit: name.to_owned(),
        })?;
    Ok(UnitFile {
        name: name.to_owned(),
        // askama takes the last line break of a template away.
        text: text + "\n",
    })
}
