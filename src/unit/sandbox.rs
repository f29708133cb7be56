//! What a service may touch: sandbox directives with their exceptions, devices, bound directories.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::hardening::{Profile, Sandbox};
use crate::ordered::Ordered as _;
use crate::spec::bind::{self, BindTarget};
use crate::spec::network::Network;
use crate::spec::stack::{Managed, Service, Stack};
use crate::spec::text::{AbsolutePath, Text};

use super::facts::Facts;
use super::manager::{Manager, is_hidden};
use super::value::{Directories, argument, raw};
use super::version::SystemdVersion;

/// Addresses beyond loopback on which services of the stack listen: whoever talks to them, the gates
/// included, needs them open.
pub(super) fn peers(stack: &Stack) -> Vec<String> {
    let addresses: BTreeSet<IpAddr> = stack
        .services
        .iter()
        .filter_map(|service| service.managed()?.endpoint)
        .map(|endpoint| endpoint.host)
        .filter(|host| !host.is_loopback() && !host.is_unspecified())
        .ordered();
    addresses.iter().map(IpAddr::to_string).collect()
}

/// The ports of the platform's other services, which nobody else may take, where systemd can hold that. Of
/// those with instances it is the first: a count that changes must not change the units of others, and
/// neither must another profile or one more service of the site's.
pub(super) fn others_ports(
    service: &Service,
    stack: &Stack,
    version: SystemdVersion,
    manager: &Manager,
) -> BTreeSet<u16> {
    let own = service
        .managed()
        .and_then(|managed| managed.endpoint)
        .map(|endpoint| endpoint.port);
    stack
        .platform_ports
        .iter()
        .copied()
        .filter(|other| !manager.is_user() && version.has(SOCKET_BIND) && Some(*other) != own)
        .ordered()
}

/// What must be hidden besides the rows of the table: before 252 systemd makes the directory above those of
/// the instances for root alone (measured on 247), unless something is mounted there.
pub(super) fn hidden(
    service: &Service,
    managed: &Managed,
    version: SystemdVersion,
    under: &Manager,
) -> Option<String> {
    let hides = under.mounts() && !managed.relax.contains_key("TemporaryFileSystem");
    let above = ["%S", "%L", "%C", "%t"].map(|base| format!("{base}/juniper/{}:ro", service.name));
    (managed.instances.is_some() && hides && !version.has(252)).then(|| above.join(" "))
}

/// The first systemd that knows `SocketBindDeny=`. It does nothing where that systemd was built without the
/// BPF framework, as Debian 12's was.
const SOCKET_BIND: u32 = 249;

/// `BindPaths=` values, and the patterns that match nothing on the machine.
pub(super) fn binds(
    managed: &Managed,
    directories: &Directories,
    facts: &Facts,
) -> (Vec<String>, Vec<String>) {
    let mut binds = Vec::new();
    let mut unmatched = Vec::new();
    for bind in &managed.binds {
        let target = match &bind.target {
            BindTarget::Own(own) => bind::own(own).ok().and_then(|own| directories.of(&own)),
            BindTarget::Matching(pattern) => {
                facts.matches.get(pattern).map(|path| raw(path.as_str()))
            }
        };
        match (directories.of(&bind.source), target, &bind.target) {
            (Some(source), Some(target), _) => binds.push(format!("{source}:{target}")),
            (_, _, BindTarget::Matching(pattern)) => unmatched.push(pattern.as_str().to_owned()),
            _ => {}
        }
    }
    (binds, unmatched)
}

/// What a service of a user's manager must be shown in spite of `ProtectHome=`: the socket by which its
/// gate tells systemd that it is ready, and what of its own lies below a home directory.
pub(super) fn shown(managed: &Managed, stack: &Stack, under: &Manager) -> Vec<String> {
    let Some(user) = under.user().filter(|_| under.mounts()) else {
        return Vec::new();
    };
    if managed.relax.contains_key("ProtectHome") {
        return Vec::new();
    }
    let programs = std::iter::once(stack.juniperctl.as_str())
        .chain(managed.command.iter().map(Text::as_str))
        .chain(managed.working_directory.as_ref().map(AbsolutePath::as_str))
        .filter(|path| is_hidden(path));
    let mut shown = vec!["%t/systemd/notify".to_owned()];
    for program in programs {
        let known = Text::parse(program)
            .ok()
            .and_then(|program| user.programs.get(&program));
        let paths = known.map_or_else(
            || vec![program],
            |paths| paths.iter().map(AbsolutePath::as_str).collect(),
        );
        for path in paths {
            // What is gone by now must not keep the service from saying so itself.
            let line = argument(&format!("-{}", path.replace(':', "\\:")));
            if !shown.contains(&line) {
                shown.push(line);
            }
        }
    }
    shown
}

/// What becomes of the sandbox for a service.
#[must_use]
pub fn sandbox(
    managed: &Managed,
    version: SystemdVersion,
    network: Network,
    under: &Manager,
) -> Sandbox {
    Sandbox::of(
        managed.sandbox,
        version,
        network,
        under,
        &managed.relax,
        |directive| implied_relaxation(directive, managed),
    )
}

/// The same for a unit of the group itself.
#[must_use]
pub fn own_sandbox(
    profile: Profile,
    version: SystemdVersion,
    network: Network,
    manager: &Manager,
) -> Sandbox {
    Sandbox::of(profile, version, network, manager, &BTreeMap::new(), |_| {
        None
    })
}

/// What the configuration of a service itself rules out.
fn implied_relaxation(directive: &str, managed: &Managed) -> Option<String> {
    match directive {
        "IPAddressDeny" | "IPAddressAllow" if managed.is_published() => {
            Some("the configuration publishes this service beyond this machine".to_owned())
        }
        _ => None,
    }
}
