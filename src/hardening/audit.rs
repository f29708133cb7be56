//! What each unit of a stack may do: how exposed it is, against its budget, and what it does without.
//!
//! Computed from the units' texts alone, so that it is the same before an install as after one. It asks
//! nobody.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::ordered::{self, Ordered as _};
use crate::spec::ServiceName;
use crate::spec::fault::{Code, Fault};
use crate::spec::layer::Layer;
use crate::spec::network::Network;
use crate::spec::stack::{Gpu, Stack};
use crate::unit::UnitFile;
use crate::unit::group::{READY, WATCHDOG};
use crate::unit::manager::Manager;
use crate::unit::network::{NETWORK, service_of};
use crate::unit::sandbox::{own_sandbox, sandbox};
use crate::unit::service::file_name;
use crate::unit::version::SystemdVersion;
use crate::unit::{act, gpu, kernel_log, notification};

use super::exposure::{Open, Settings, assessed};
use super::{Exposure, Profile, Relaxed, budget};

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// Its file.
    pub unit: String,
    /// The service that it runs; `None` for a unit of the group itself.
    pub service: Option<String>,
    /// Which part of the table it gets.
    pub profile: Profile,
    /// How exposed it is, as computed.
    pub exposure: Exposure,
    /// How exposed it may be.
    pub budget: Exposure,
    /// What that comes from.
    pub open: Vec<Open>,
    /// What it does without.
    pub relaxed: Vec<Relaxed>,
    /// Which GPUs it may open.
    pub gpu: Gpu,
    /// Where it is reached from outside of the group's own network.
    pub let_out: Option<SocketAddr>,
}

impl Audited {
    /// Whether it is more exposed than it may be.
    #[must_use]
    pub fn is_over_budget(&self) -> bool {
        self.exposure > self.budget
    }

    /// What each relaxed directive adds to the exposure, the worst first.
    fn costs_of_relaxations(&self) -> Vec<Open> {
        let mut costs: Vec<Open> = self
            .relaxed
            .iter()
            .map(|relaxed| Open {
                question: relaxed.name,
                adds: self
                    .open
                    .iter()
                    .filter(|open| open.is_of(relaxed.name))
                    .map(|open| open.adds)
                    .sum(),
            })
            .filter(|open| open.adds > 0)
            .collect();
        ordered::sort_by_key(&mut costs, |open| std::cmp::Reverse(open.adds));
        costs
    }
}

/// What is known of a unit besides its text.
struct About {
    unit: String,
    service: Option<String>,
    profile: Profile,
    budget: Exposure,
    relaxed: Vec<Relaxed>,
    gpu: Gpu,
    let_out: Option<SocketAddr>,
}

impl About {
    fn audited(self, text: &str, manager: &Manager) -> Audited {
        let settings = match manager {
            Manager::System => Settings::parse(text),
            Manager::User(_) => Settings::of_user(text),
        };
        let (exposure, open) = assessed(&settings);
        Audited {
            unit: self.unit,
            service: self.service,
            profile: self.profile,
            exposure,
            budget: self.budget,
            open,
            relaxed: self.relaxed,
            gpu: self.gpu,
            let_out: self.let_out,
        }
    }
}

/// All units of a stack; `files` are those that were rendered from it for this systemd.
#[must_use]
pub fn of(
    stack: &Stack,
    files: &[UnitFile],
    version: SystemdVersion,
    under: &Manager,
) -> Vec<Audited> {
    let managed = || {
        stack
            .services
            .iter()
            .filter_map(|service| Some((service, service.managed()?)))
    };
    let beyond = managed().any(|(_, managed)| managed.talks_beyond());
    let services = managed().map(|(service, managed)| About {
        unit: file_name(managed),
        service: Some(service.name.to_string()),
        profile: managed.sandbox,
        budget: managed
            .exposure_budget
            .unwrap_or_else(|| budget::of(managed.sandbox, beyond, stack.network, under)),
        relaxed: sandbox(managed, version, stack.network, under).relaxed,
        gpu: managed.gpu.clone(),
        let_out: managed
            .let_out
            .map(|outside| SocketAddr::new(outside.host, outside.port)),
    });
    let mut group = vec![
        (READY.to_owned(), Profile::Ready, stack.network),
        (WATCHDOG.to_owned(), Profile::Watchdog, stack.network),
        // It is the one that stays in the machine's network.
        (
            notification::TEMPLATE.to_owned(),
            Profile::Notification,
            Network::Host,
        ),
        (act::TEMPLATE.to_owned(), Profile::Act, Network::Host),
        (
            kernel_log::UNIT.to_owned(),
            Profile::KernelLog,
            Network::Host,
        ),
    ];
    if files.iter().any(|file| file.name == gpu::GATE) {
        group.push((gpu::GATE.to_owned(), Profile::Devices, Network::Host));
    }
    group.extend(
        files
            .iter()
            .filter(|file| file.name.contains(".returned"))
            .map(|file| (file.name.clone(), Profile::Ready, Network::Host)),
    );
    if stack.network.is_isolated() {
        group.push((NETWORK.to_owned(), Profile::Network, stack.network));
    }
    group.extend(
        managed()
            .filter_map(|(_, managed)| service_of(managed))
            .map(|unit| (unit, Profile::Network, stack.network)),
    );
    let group = group.into_iter().map(|(unit, profile, network)| About {
        unit,
        service: None,
        profile,
        budget: budget::of(profile, beyond, network, under),
        relaxed: own_sandbox(profile, version, network, under).relaxed,
        gpu: Gpu::None,
        let_out: None,
    });
    let texts: BTreeMap<&str, &str> = files
        .iter()
        .map(|file| (file.name.as_str(), file.text.as_str()))
        .ordered();
    services
        .chain(group)
        .filter_map(|about| {
            let text = *texts.get(about.unit.as_str())?;
            Some(about.audited(text, under))
        })
        .collect()
}

/// The faults of units that are more exposed than they may be.
#[must_use]
pub fn faults(audited: &[Audited], merged: &Layer) -> Vec<Fault> {
    audited
        .iter()
        .filter(|audited| audited.is_over_budget())
        .map(|audited| fault(audited, merged))
        .collect()
}

fn fault(audited: &Audited, merged: &Layer) -> Fault {
    let layer = audited
        .service
        .as_deref()
        .and_then(|name| merged.services.get(&ServiceName::parse(name).ok()?));
    let relaxed = layer
        .and_then(|layer| layer.relax.values().next())
        .map(|reason| reason.at.clone());
    let adds: Vec<String> = audited
        .costs_of_relaxations()
        .into_iter()
        .map(|open| format!("{}= {}", open.question, open.points()))
        .collect();
    let help = audited.service.as_ref().map(|service| {
        format!(
            "relax less, or allow it: services.{service}.exposure_budget = {}",
            audited.exposure
        )
    });
    Fault {
        code: Code::OverBudget,
        title: format!(
            "{} is more exposed than it may be: {}, its budget is {}",
            audited.unit, audited.exposure, audited.budget
        ),
        at: relaxed.or_else(|| layer.and_then(|layer| layer.at.clone())),
        label: if adds.is_empty() {
            "too much is open".to_owned()
        } else {
            format!("what is off adds {}", adds.join(", "))
        },
        also: None,
        help,
    }
}
