//! The units that act for the watchdog: a socket that it alone may open, and what systemd runs, as root,
//! for each order that comes in by it.
//!
//! The one who listens to the services has no rights, and the one who has rights listens to nobody but
//! it. Which units may be acted upon stands in the unit, where the watchdog cannot change it.

use crate::hardening::{Profile, Sandbox};
use crate::spec::network::Network;
use crate::spec::stack::Stack;

use super::facts::Facts;
use super::manager::Manager;
use super::sandbox::own_sandbox;
use super::service::file_name;
use super::value::argument;
use super::version::SystemdVersion;

/// The socket's file.
pub const SOCKET: &str = "juniper-act.socket";

/// The file of what is run for each order.
pub const TEMPLATE: &str = "juniper-act@.service";

/// Where the socket is. Not below the watchdog's own runtime directory, which comes and goes with it.
pub const PATH: &str = "/run/juniper-act.sock";

/// The same of a user's manager, as units name it.
const USER_PATH: &str = "%t/juniper-act.sock";

/// Whose orders are heard: the watchdog's user, and the group of the same name.
pub const USER: &str = "juniper-watchdog";

/// What the templates show, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the directives of the template")]
pub struct ActUnit {
    pub version: String,
    pub user: &'static str,
    pub path: &'static str,
    pub manager: Manager,
    pub exec_start: Vec<String>,
    pub sandbox: Sandbox,
}

/// Computes the units.
#[must_use]
pub fn unit(stack: &Stack, version: SystemdVersion, facts: &Facts) -> ActUnit {
    let notification = if stack.notification.is_some() {
        " --notification"
    } else {
        ""
    };
    let program = argument(stack.juniperctl.as_str());
    let units = stack
        .services
        .iter()
        .filter_map(|service| service.managed())
        .map(|managed| argument(&file_name(managed)));
    ActUnit {
        version: version.to_string(),
        user: USER,
        path: if facts.manager.is_user() {
            USER_PATH
        } else {
            PATH
        },
        manager: facts.manager.clone(),
        exec_start: std::iter::once(format!(
            ":{program}{} act{notification}",
            facts.manager.option()
        ))
        .chain(units)
        .collect(),
        sandbox: own_sandbox(Profile::Act, version, Network::Host, &facts.manager),
    }
}
