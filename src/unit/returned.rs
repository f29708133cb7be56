//! Who restarts dependents of a service that is ready again, where the service's own unit cannot: one unit
//! for each service that has such dependents, only with a user's manager.
//!
//! There the prefix `+` does not lead out of the sandbox: systemd makes no user namespace for such a line, and
//! then fails at the mounts (226, seen on 252 and 257). So the service's unit wants this one, which is started
//! anew, as a one-shot, with each start of the service. What is lost is told only then: nobody can be run when
//! a service goes.

use crate::hardening::{Profile, Sandbox};
use crate::spec::network::Network;
use crate::spec::stack::{Managed, Service, Stack, WhenLost};

use super::edges;
use super::facts::Facts;
use super::manager::Manager;
use super::sandbox::own_sandbox;
use super::value::argument;
use super::version::SystemdVersion;

/// What the template shows, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the directives of the template")]
pub struct ReturnedUnit {
    pub file_name: String,
    pub version: String,
    pub manager: Manager,
    pub of: String,
    pub exec_start: String,
    pub sandbox: Sandbox,
}

/// The unit's name without its type; of one with instances, with the instance that the service's own unit has.
fn stem(managed: &Managed, instance: &str) -> String {
    // No service has a dot in its name.
    match managed.instances {
        None => format!("{}.returned", managed.unit),
        Some(_) => format!("{}.returned@{instance}", managed.unit),
    }
}

/// The unit that a service's own wants; `None` where its own can do it, or nobody asked for it.
#[must_use]
pub fn wanted(service: &Service, stack: &Stack, under: &Manager) -> Option<String> {
    let managed = service.managed().filter(|_| under.is_user())?;
    (!dependents(service, stack).is_empty()).then(|| format!("{}.service", stem(managed, "%i")))
}

fn dependents(service: &Service, stack: &Stack) -> Vec<String> {
    edges::dependents(service, stack, &[WhenLost::Restart, WhenLost::Stop])
}

/// All of them.
#[must_use]
pub fn units(stack: &Stack, version: SystemdVersion, facts: &Facts) -> Vec<ReturnedUnit> {
    let of = |service: &Service| {
        wanted(service, stack, &facts.manager)?;
        let managed = service.managed()?;
        let own = match managed.instances {
            None => format!("{}.service", managed.unit),
            Some(_) => format!("{}@%i.service", managed.unit),
        };
        let words: Vec<String> = dependents(service, stack)
            .iter()
            .map(|unit| argument(unit))
            .collect();
        Some(ReturnedUnit {
            file_name: format!("{}.service", stem(managed, "")),
            version: version.to_string(),
            manager: facts.manager.clone(),
            exec_start: format!(
                ":{}{} gate returned --unit {own} {}",
                argument(stack.juniperctl.as_str()),
                facts.manager.option(),
                words.join(" ")
            ),
            of: own,
            sandbox: own_sandbox(Profile::Ready, version, Network::Host, &facts.manager),
        })
    };
    stack.services.iter().filter_map(of).collect()
}
