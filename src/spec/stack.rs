//! The stack: what is to run, checked and complete for one profile.
//!
//! Whoever holds a [`Stack`] need not check again: names exist, edges have no cycle, ports differ,
//! gates can be answered. It holds no file positions and does no input or output.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use crate::hardening::{Exposure, Profile};
use crate::ordered::Ordered as _;

use super::bind::Bind;
use super::credential::Credential;
use super::derived::EnvironmentValue;
use super::listen::Listen;
use super::name::{
    EnvironmentName, ForeignUnit, HostName, ProfileName, Selector, ServiceName, UnitStem,
};
use super::network::Network;
use super::notification::Notification;
pub use super::placed::{AwaitedElsewhere, Host};
use super::probe::{Expectations, Probe, Startup};
use super::restraint::Restraint;
pub use super::service_layer::{Gate, Gpu, MAX_INSTANCES, Output, WhenLost};
use super::text::{AbsolutePath, Line, RelativePath, Text};

/// All services of one profile, each after the services it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// The profile it was resolved for.
    pub profile: ProfileName,
    /// Where the `juniperctl` program is that the units call.
    pub juniperctl: AbsolutePath,
    /// In start order.
    pub services: Vec<Service>,
    /// How restrained the watchdog is.
    pub restraint: Restraint,
    /// Whose network the services share.
    pub network: Network,
    /// Whom the watchdog tells, if anybody.
    pub notification: Option<Notification>,
    /// Where the watchdog shows what it sees.
    pub listen: Listen,
    /// Other machines.
    pub hosts: Vec<Host>,
    /// Which of them this is for; none of them is the head.
    pub this_host: Option<HostName>,
    /// The ports of the platform's own services, whether or not they are in this profile.
    pub platform_ports: BTreeSet<u16>,
    positions: BTreeMap<ServiceName, usize>,
    /// Where those are that depend on a service, in start order.
    pub(super) dependents: BTreeMap<ServiceName, Vec<usize>>,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name in the configuration.
    pub name: ServiceName,
    /// What it is, for people.
    pub description: Line,
    /// What it waits for, and what happens when that is lost.
    pub depends_on: Vec<Edge>,
    /// Whose unit it is.
    pub kind: Kind,
}

/// Who ships the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// We write it.
    Managed(Box<Managed>),
    /// Somebody else does; it is wanted, never written.
    Foreign(ForeignUnit),
}

/// One dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The service depended on.
    pub on: ServiceName,
    /// What is waited for.
    pub gate: Gate,
    /// What happens to this service when the other is lost.
    pub when_lost: WhenLost,
}

/// A service whose unit we write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Managed {
    /// The unit's name without `.service`.
    pub unit: UnitStem,
    /// Program and arguments.
    pub command: Vec<Text>,
    /// Where it runs; `None` is its state directory.
    pub working_directory: Option<AbsolutePath>,
    /// The address it listens on, if it listens.
    pub endpoint: Option<Endpoint>,
    /// Where it is reached from outside of a network of the group's own; `None` for one that is not
    /// let out, or where there is no such network.
    pub let_out: Option<Endpoint>,
    /// How many run; `None` for a service that has no instances.
    pub instances: Option<u32>,
    /// How many run on other machines.
    pub hosts: BTreeMap<HostName, u32>,
    /// What it waits for on the head, where this is another machine.
    pub elsewhere: Vec<AwaitedElsewhere>,
    /// Other machines whose services talk to it.
    pub clients: BTreeSet<IpAddr>,
    /// Which GPUs it may open.
    pub gpu: Gpu,
    /// Memory limit in bytes.
    pub memory_max: Option<u64>,
    /// Where standard output goes.
    pub standard_output: Output,
    /// How long a stop may take before it is killed.
    pub stop_timeout: Duration,
    /// Pause before an automatic restart.
    pub restart_delay: Duration,
    /// Directories below its state directory that exist before it starts.
    pub state_directories: Vec<RelativePath>,
    /// Directories it insists on writing to, led to its own.
    pub binds: Vec<Bind>,
    /// Its environment.
    pub environment: BTreeMap<EnvironmentName, EnvironmentValue>,
    /// The secrets it is handed, where they exist.
    pub credentials: Vec<Credential>,
    /// How long it may take to its first ready answer.
    pub startup: Startup,
    /// Whether it can work.
    pub readiness: Option<Probe>,
    /// Whether it is alive.
    pub liveness: Option<Probe>,
    /// What its readiness body must say.
    pub expectations: Expectations,
    /// Which directives of the sandbox its kind leaves out.
    pub sandbox: Profile,
    /// How exposed it may be at most, where the site says so.
    pub exposure_budget: Option<Exposure>,
    /// Sandbox directives that are off for it, with the reason.
    pub relax: BTreeMap<String, Line>,
}

/// A listening address; instance N listens on `port + N - 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    /// The address it binds.
    pub host: IpAddr,
    /// The port of the first instance.
    pub port: u16,
}

impl Endpoint {
    /// The port of an instance (from 1).
    #[must_use]
    pub fn port_of(self, instance: u32) -> u16 {
        u16::try_from(u32::from(self.port) + instance.saturating_sub(1)).unwrap_or(u16::MAX)
    }

    /// `HOST:PORT` of an instance, as clients on this machine reach it.
    #[must_use]
    pub fn authority(self, instance: u32) -> String {
        let host = match self.host {
            IpAddr::V4(address) if address.is_unspecified() => "127.0.0.1".to_owned(),
            IpAddr::V6(address) if address.is_unspecified() => "[::1]".to_owned(),
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        format!("{host}:{}", self.port_of(instance))
    }

    /// `http://HOST:PORT` of an instance.
    #[must_use]
    pub fn url(self, instance: u32) -> String {
        format!("http://{}", self.authority(instance))
    }
}

/// One thing that runs: a service, or one instance of it.
#[derive(Debug, Clone, Copy)]
pub struct Member<'s> {
    /// The service.
    pub service: &'s Service,
    /// Which instance, where it has any.
    pub instance: Option<u32>,
}

impl Service {
    /// Ours, if we write its unit.
    #[must_use]
    pub fn managed(&self) -> Option<&Managed> {
        match &self.kind {
            Kind::Managed(managed) => Some(managed),
            Kind::Foreign(_) => None,
        }
    }

    /// All that runs of it.
    #[must_use]
    pub fn members(&self) -> Vec<Member<'_>> {
        match self.managed().and_then(|managed| managed.instances) {
            None => vec![Member {
                service: self,
                instance: None,
            }],
            Some(count) => (1..=count)
                .map(|number| Member {
                    service: self,
                    instance: Some(number),
                })
                .collect(),
        }
    }
}

impl Stack {
    /// A stack of services that are in start order.
    #[must_use]
    pub fn new(profile: ProfileName, juniperctl: AbsolutePath, services: Vec<Service>) -> Self {
        let positions = services
            .iter()
            .enumerate()
            .map(|(position, service)| (service.name.clone(), position))
            .ordered();
        let mut dependents: BTreeMap<ServiceName, Vec<usize>> = BTreeMap::new();
        for (position, service) in services.iter().enumerate() {
            for edge in &service.depends_on {
                let known = dependents.entry(edge.on.clone()).or_default();
                known.push(position);
            }
        }
        Self {
            profile,
            juniperctl,
            services,
            restraint: Restraint::default(),
            network: Network::default(),
            notification: None,
            listen: Listen::default(),
            hosts: Vec::new(),
            this_host: None,
            platform_ports: BTreeSet::new(),
            positions,
            dependents,
        }
    }

    /// The same among other machines, for one of them or for the head.
    #[must_use]
    pub fn among(self, hosts: Vec<Host>, this_host: Option<HostName>) -> Self {
        Self {
            hosts,
            this_host,
            ..self
        }
    }

    /// The same, knowing the ports of all services of the platform.
    #[must_use]
    pub fn beside(self, platform_ports: BTreeSet<u16>) -> Self {
        Self {
            platform_ports,
            ..self
        }
    }

    /// The same with the site's own restraint for the watchdog.
    #[must_use]
    pub fn restrained(self, restraint: Restraint) -> Self {
        Self { restraint, ..self }
    }

    /// The same in this network.
    #[must_use]
    pub fn within(self, network: Network) -> Self {
        Self { network, ..self }
    }

    /// Units of others that services of an isolated group depend on: what these listen on by TCP is
    /// out of reach.
    #[must_use]
    pub fn out_of_reach(&self) -> BTreeSet<&ForeignUnit> {
        if !self.network.is_isolated() {
            return BTreeSet::new();
        }
        self.services
            .iter()
            .flat_map(|service| &service.depends_on)
            .filter_map(|edge| match &self.service(&edge.on)?.kind {
                Kind::Foreign(unit) => Some(unit),
                Kind::Managed(_) => None,
            })
            .ordered()
    }

    /// The same with somebody to tell of incidents.
    #[must_use]
    pub fn notifying(self, notification: Option<Notification>) -> Self {
        Self {
            notification,
            ..self
        }
    }

    /// The same with a place for the watchdog's page.
    #[must_use]
    pub fn shown_at(self, listen: Listen) -> Self {
        Self { listen, ..self }
    }

    /// A service by name.
    #[must_use]
    pub fn service(&self, name: &ServiceName) -> Option<&Service> {
        self.services.get(*self.positions.get(name)?)
    }

    /// Everything that runs, in start order.
    #[must_use]
    pub fn members(&self) -> Vec<Member<'_>> {
        self.services.iter().flat_map(Service::members).collect()
    }

    /// The members that the selectors name, in start order; all where none is given.
    ///
    /// # Errors
    /// The first selector that names nothing.
    pub fn selected<'s>(&'s self, selectors: &[Selector]) -> Result<Vec<Member<'s>>, Selector> {
        let chosen = |member: &Member<'_>, selector: &Selector| {
            member.service.name == selector.service
                && (selector.instance.is_none() || selector.instance == member.instance)
        };
        let members = self.members();
        for selector in selectors {
            // Of a service that is scaled down to nothing there is nothing to choose.
            let known = match selector.instance {
                None => self.service(&selector.service).is_some(),
                Some(_) => members.iter().any(|member| chosen(member, selector)),
            };
            if !known {
                return Err(selector.clone());
            }
        }
        Ok(members
            .into_iter()
            .filter(|member| {
                selectors.is_empty() || selectors.iter().any(|selector| chosen(member, selector))
            })
            .collect())
    }
}

impl Member<'_> {
    /// `data` or `worker@2`.
    #[must_use]
    pub fn label(&self) -> String {
        match self.instance {
            None => self.service.name.to_string(),
            Some(number) => format!("{}@{number}", self.service.name),
        }
    }

    /// The unit that runs it.
    #[must_use]
    pub fn unit(&self) -> String {
        match (&self.service.kind, self.instance) {
            (Kind::Foreign(unit), _) => unit.to_string(),
            (Kind::Managed(managed), None) => format!("{}.service", managed.unit),
            (Kind::Managed(managed), Some(number)) => format!("{}@{number}.service", managed.unit),
        }
    }

    /// The URL of its readiness endpoint, if it has one.
    #[must_use]
    pub fn readiness_url(&self) -> Option<String> {
        let managed = self.service.managed()?;
        self.probe_url(managed.readiness.as_ref()?)
    }

    /// The URL of its liveness endpoint, if it has one.
    #[must_use]
    pub fn liveness_url(&self) -> Option<String> {
        let managed = self.service.managed()?;
        self.probe_url(managed.liveness.as_ref()?)
    }

    fn probe_url(&self, probe: &Probe) -> Option<String> {
        let endpoint = self.service.managed()?.endpoint?;
        let base = endpoint.url(self.instance.unwrap_or(1));
        Some(format!("{base}{}", probe.path.as_str()))
    }
}
