//! The engines that a stack can be exported to, and what is true of each.

use crate::spec::stack::{Endpoint, Managed, Service};

/// An engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Manifests for a cluster.
    Kubernetes,
    /// A Compose file.
    Compose,
    /// Units that podman makes systemd's.
    Quadlet,
    /// A configuration of supervisord.
    Supervisord,
    /// A Procfile, as honcho and foreman read it.
    Procfile,
}

impl Target {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 5] = [
        Self::Kubernetes,
        Self::Compose,
        Self::Quadlet,
        Self::Supervisord,
        Self::Procfile,
    ];

    /// Its word on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Compose => "compose",
            Self::Quadlet => "quadlet",
            Self::Supervisord => "supervisord",
            Self::Procfile => "procfile",
        }
    }

    /// Its name in prose.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Kubernetes => "Kubernetes",
            Self::Compose => "Compose",
            Self::Quadlet => "quadlet",
            Self::Supervisord => "supervisord",
            Self::Procfile => "Procfile",
        }
    }

    /// Whether each service has a container, and with it a network address of its own.
    #[must_use]
    pub const fn is_containers(self) -> bool {
        matches!(self, Self::Kubernetes | Self::Compose | Self::Quadlet)
    }

    /// The port of an instance: in containers all have the first.
    pub(super) fn port(self, endpoint: Endpoint, instance: u32) -> u16 {
        endpoint.port_of(if self.is_containers() { 1 } else { instance })
    }

    /// Under which name and port others reach an instance.
    pub(super) fn authority(self, service: &Service, endpoint: Endpoint, instance: u32) -> String {
        let name = &service.name;
        let instances = service.managed().and_then(|managed| managed.instances);
        let port = self.port(endpoint, instance);
        match (self, instances) {
            (Self::Supervisord | Self::Procfile, _) => endpoint.authority(instance),
            // The pods of a set are counted from nothing.
            (Self::Kubernetes, Some(_)) => {
                format!("{name}-{}.{name}:{port}", instance.saturating_sub(1))
            }
            (Self::Quadlet, Some(_)) => format!("{name}-{instance}:{port}"),
            (Self::Kubernetes | Self::Compose | Self::Quadlet, _) => format!("{name}:{port}"),
        }
    }
}

/// Where a service is reached from the machine itself, if it is: what a network of the group's own keeps in stays in,
/// and of several instances in containers none has a port of the machine.
pub(super) fn published(managed: &Managed, isolated: bool) -> Option<Endpoint> {
    match (isolated, managed.instances) {
        (true, _) => managed.let_out,
        (false, None) => managed.endpoint,
        (false, Some(_)) => None,
    }
}
