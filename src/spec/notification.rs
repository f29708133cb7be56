//! `[watchdog.notification]`: whom the watchdog tells of an incident, as a layer has it and as it is in
//! the end.
//!
//! A command, or a webhook whose address lies in a file of its own: such addresses are secrets. Nothing
//! here tells anybody anything, and nothing reads that file.

use std::collections::BTreeSet;
use std::time::Duration;

use toml::de::DeValue;

use super::duration;
use super::fault::{Code, Fault, Faults, Problem};
use super::form::{Form as _, string};
use super::reader::TableReader;
use super::service_value::{COMMAND, positive};
use super::source::{Located, Location};
use super::text::{AbsolutePath, Text};

/// How long telling may take where nothing is written.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Whom the watchdog tells of an incident, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// What is done.
    pub hook: Hook,
    /// How long that may take.
    pub timeout: Duration,
    /// How long trouble must last before anybody is told of it.
    pub after: Duration,
}

/// What is done to tell somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hook {
    /// A program is run, with these arguments; it reads the incident from its standard input.
    Command(Vec<Text>),
    /// The incident is posted to the address that this file holds.
    Webhook(AbsolutePath),
}

/// What one layer says about it.
#[derive(Debug, Clone, Default)]
#[expect(
    missing_docs,
    reason = "the fields are the configuration's keys, documented in juniper.toml(5)"
)]
pub struct NotificationLayer {
    pub at: Option<Location>,
    pub refused: BTreeSet<&'static str>,
    pub command: Option<Located<Vec<Text>>>,
    pub webhook_file: Option<Located<AbsolutePath>>,
    pub timeout: Option<Located<Duration>>,
    pub after: Option<Located<Duration>>,
}

/// Reads the table.
pub fn read(mut table: TableReader<'_>, faults: &mut Faults) -> NotificationLayer {
    let mut layer = NotificationLayer {
        at: Some(table.location()),
        refused: BTreeSet::new(),
        command: table.optional("command", faults, COMMAND),
        webhook_file: table.optional("webhook_file", faults, webhook_file),
        timeout: table.optional("timeout", faults, positive),
        after: table.optional("after", faults, span),
    };
    layer.refused = table.refused();
    table.finish(faults);
    layer
}

/// The address itself does not belong into a file that everybody may read.
fn webhook_file(value: &DeValue<'_>) -> Result<AbsolutePath, Problem> {
    string(AbsolutePath::parse).read(value).map_err(|problem| {
        problem.help(
            "the full path of a file that holds the address, such as /etc/juniper/secrets/webhook: \
             root's own, with mode 0600, because whoever knows the address can write to it",
        )
    })
}

/// A span, which may be nothing.
fn span(value: &DeValue<'_>) -> Result<Duration, Problem> {
    match value.as_str() {
        Some(text) => duration::parse(text),
        None => positive(value),
    }
}

impl NotificationLayer {
    /// With the defaults where nothing is written; `None` where nobody is to be told, or where it is
    /// not clear how.
    #[must_use]
    pub fn resolved(&self, faults: &mut Faults) -> Option<Notification> {
        let at = self.at.as_ref()?;
        let hook = match (&self.command, &self.webhook_file) {
            (Some(command), Some(webhook)) => {
                // What a later file says is to blame, not what it ran into.
                let (later, earlier) = if command.at.source > webhook.at.source {
                    (&command.at, &webhook.at)
                } else {
                    (&webhook.at, &command.at)
                };
                faults.push(Fault {
                    code: Code::Contradiction,
                    title: "`watchdog.notification` has a command and a webhook".to_owned(),
                    at: Some(later.clone()),
                    label: "one of the two is too many".to_owned(),
                    also: Some((earlier.clone(), "the other one".to_owned())),
                    help: Some("take one out; a command may well tell several people".to_owned()),
                });
                return None;
            }
            (Some(command), None) => Hook::Command(command.value.clone()),
            (None, Some(webhook)) => Hook::Webhook(webhook.value.clone()),
            (None, None) => {
                if !["command", "webhook_file"]
                    .iter()
                    .any(|key| self.refused.contains(key))
                {
                    faults.push(neither(at));
                }
                return None;
            }
        };
        Some(Notification {
            hook,
            timeout: self.timeout.as_ref().map_or(TIMEOUT, |span| span.value),
            after: self
                .after
                .as_ref()
                .map(|span| span.value)
                .unwrap_or_default(),
        })
    }
}

fn neither(at: &Location) -> Fault {
    Fault {
        code: Code::MissingKey,
        title: "`watchdog.notification` does not say how to tell anybody".to_owned(),
        at: Some(at.clone()),
        label: "`command` or `webhook_file` is missing here".to_owned(),
        also: None,
        help: Some(
            "write command = [\"/full/path\", ...] or webhook_file = \"/etc/juniper/secrets/webhook\""
                .to_owned(),
        ),
    }
}
