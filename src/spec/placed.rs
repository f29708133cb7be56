//! What a stack knows of other machines: which there are, what is waited for there, who is talked to.
//!
//! Values only; how services are placed is judged in `resolve`.

use std::net::IpAddr;

use super::name::{HostName, ServiceName};
use super::probe::{Startup, UrlPath};
use super::remote::SshTarget;
use super::stack::{Endpoint, Managed};

/// Another machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: HostName,
    /// Where its services come from.
    pub address: IpAddr,
    /// What ssh connects to, where it is not the address.
    pub ssh: Option<SshTarget>,
}

/// What a service waits for on another machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitedElsewhere {
    /// The service.
    pub name: ServiceName,
    /// Where it listens.
    pub endpoint: Endpoint,
    /// What it is asked for; `None` where it need not answer.
    pub path: Option<UrlPath>,
    /// How long it may take to start.
    pub startup: Startup,
}

impl Managed {
    /// Whether it listens for whoever reaches it. One that listens for machines of `[hosts]` is for them
    /// alone.
    #[must_use]
    pub fn is_published(&self) -> bool {
        self.clients.is_empty()
            && self
                .endpoint
                .is_some_and(|endpoint| !endpoint.host.is_loopback())
    }

    /// Whether addresses of other machines, or of this one's network, are open to it.
    #[must_use]
    pub fn talks_beyond(&self) -> bool {
        let listens = self
            .endpoint
            .is_some_and(|endpoint| !endpoint.host.is_loopback());
        listens || !self.elsewhere.is_empty()
    }
}
