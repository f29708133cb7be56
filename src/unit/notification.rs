//! The unit that tells somebody of an incident: what it runs, and what that may touch.
//!
//! A template whose instances are incidents, so that systemd itself bounds the time, collects what was
//! left running, and shows what failed, while the watchdog waits for nobody.

use crate::hardening::{Profile, Sandbox};
use crate::spec::network::Network;
use crate::spec::notification::{Hook, Notification};
use crate::spec::stack::Stack;

use super::facts::Facts;
use super::manager::Manager;
use super::sandbox::own_sandbox;
use super::value::{argument, raw, span};
use super::version::SystemdVersion;

/// The template's file.
pub const TEMPLATE: &str = "juniper-notification@.service";

/// The credential that holds the webhook's address.
pub const CREDENTIAL: &str = "webhook";

/// The unit that tells of one incident.
#[must_use]
pub fn instance(number: u64) -> String {
    TEMPLATE.replace('@', &format!("@{number}"))
}

/// What the template shows, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the directives of the template")]
pub struct NotificationUnit {
    pub version: String,
    pub manager: Manager,
    pub exec_start: Vec<String>,
    pub webhook_file: Option<String>,
    pub timeout: String,
    pub sandbox: Sandbox,
}

/// Computes the unit.
#[must_use]
pub fn unit(
    notification: &Notification,
    stack: &Stack,
    version: SystemdVersion,
    facts: &Facts,
) -> NotificationUnit {
    let teller = format!(
        ":{}{} notification --within {} %i",
        argument(stack.juniperctl.as_str()),
        facts.manager.option(),
        span(notification.timeout)
    );
    let (exec_start, webhook_file) = match &notification.hook {
        Hook::Webhook(path) => (
            vec![format!("{teller} --webhook")],
            Some(raw(path.as_str())),
        ),
        Hook::Command(words) => {
            let words: Vec<String> = words.iter().map(|word| argument(word.as_str())).collect();
            (vec![teller, format!("-- {}", words.join(" "))], None)
        }
    };
    NotificationUnit {
        version: version.to_string(),
        manager: facts.manager.clone(),
        exec_start,
        webhook_file,
        timeout: span(notification.timeout),
        // Whoever is told is elsewhere: an isolated network would keep it from everybody.
        sandbox: own_sandbox(
            Profile::Notification,
            version,
            Network::Host,
            &facts.manager,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::instance;

    #[test]
    fn an_instance_is_an_incident() {
        assert_eq!(instance(7), "juniper-notification@7.service");
    }
}
