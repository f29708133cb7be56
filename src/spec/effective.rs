//! Each value that is in effect for a stack, under its key, and where it comes from.
//!
//! What is shown is read off the resolved [`Stack`], never off the texts, so that it is what the units say;
//! the texts only tell where it was written. As TOML the rows are a configuration of their own that
//! resolves to the same stack: a test holds them to that.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::duration::written;
use super::provenance::{Path, Provenance, Written, dotted};
use super::stack::Stack;
use crate::ordered;

mod probe;
mod service;

/// One value in effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its key.
    pub key: Path,
    /// What is in effect.
    pub value: Value,
    /// Where that comes from.
    pub origin: Origin,
    /// What it took the place of, the latest first.
    pub over: Vec<Written>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Somebody wrote it, perhaps we in the built-in stack.
    Written(Written),
    /// Nobody wrote it: it is what holds where nothing is written.
    Default,
    /// It follows from something else, as said here.
    Derived(String, Option<Written>),
}

/// The rows of a stack.
#[must_use]
pub fn rows(stack: &Stack, provenance: &Provenance) -> Vec<Row> {
    let mut rows = Rows {
        provenance,
        profile: stack.profile.as_str(),
        service: "",
        told: Vec::new(),
    };
    rows.group(stack);
    for service in &stack.services {
        rows.service = service.name.as_str();
        rows.of_service(service);
    }
    rows.told
}

/// A stack as a configuration that resolves to it, one key a line.
#[must_use]
pub fn configuration(stack: &Stack) -> String {
    let mut text = String::new();
    for row in rows(stack, &Provenance::default()) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} = {}", dotted(&row.key), row.value);
    }
    text
}

/// The rows so far.
struct Rows<'p> {
    provenance: &'p Provenance,
    profile: &'p str,
    /// The service that is being told of.
    service: &'p str,
    told: Vec<Row>,
}

impl Rows<'_> {
    /// What is not about one service.
    fn group(&mut self, stack: &Stack) {
        let Stack {
            profile,
            juniperctl,
            services,
            restraint,
            network,
            notification,
            listen,
            hosts,
            this_host,
            ..
        } = stack;
        self.top(&["profile"], json!(profile.as_str()));
        self.top(&["juniperctl"], json!(juniperctl.as_str()));
        self.top(&["network"], json!(network.word()));
        for host in hosts {
            let below = |key| ["hosts", host.name.as_str(), key];
            self.top(&below("address"), json!(host.address.to_string()));
            if let Some(target) = &host.ssh {
                self.top(&below("ssh"), json!(target.as_str()));
            }
        }
        if let Some(this) = this_host {
            self.top(&["this_host"], json!(this.as_str()));
        }
        let elsewhere = self.elsewhere(services);
        let mut names: Vec<&str> = services
            .iter()
            .map(|service| service.name.as_str())
            .chain(elsewhere.iter().map(String::as_str))
            .collect();
        ordered::sort(&mut names);
        self.top(&["profiles", profile.as_str(), "services"], json!(names));
        self.top(&["watchdog", "restarts"], json!(restraint.restarts));
        self.top(&["watchdog", "backoff"], json!(written(restraint.backoff)));
        self.top(
            &["watchdog", "recovery"],
            json!(written(restraint.recovery)),
        );
        self.top(&["watchdog", "listen"], json!(listen.to_string()));
        if let Some(notification) = notification {
            let below = |key| ["watchdog", "notification", key];
            match &notification.hook {
                super::notification::Hook::Command(words) => {
                    let words: Vec<&str> = words.iter().map(super::text::Text::as_str).collect();
                    self.top(&below("command"), json!(words));
                }
                super::notification::Hook::Webhook(file) => {
                    self.top(&below("webhook_file"), json!(file.as_str()));
                }
            }
            self.top(&below("timeout"), json!(written(notification.timeout)));
            self.top(&below("after"), json!(written(notification.after)));
        }
    }

    /// Where the head's services are that others wait for; tells their names.
    fn elsewhere(&mut self, services: &[super::stack::Service]) -> BTreeSet<String> {
        let mut told = BTreeSet::new();
        for awaited in services
            .iter()
            .filter_map(super::stack::Service::managed)
            .flat_map(|managed| &managed.elsewhere)
        {
            let name = awaited.name.as_str();
            if told.insert(name.to_owned()) {
                let below = |key| ["services", name, key];
                self.top(&below("host"), json!(awaited.endpoint.host.to_string()));
                self.top(&below("port"), json!(awaited.endpoint.port));
                self.start(&awaited.startup, name);
            }
        }
        told
    }

    /// How long a service of the head may take to start.
    fn start(&mut self, startup: &super::probe::Startup, name: &str) {
        let below = |key| ["services", name, "startup", key];
        self.top(&below("interval"), json!(written(startup.interval)));
        let failures = json!(startup.failure_threshold);
        self.top(&below("failure_threshold"), failures);
    }

    /// A value at the top.
    fn top(&mut self, key: &[&str], value: Value) {
        let places = self.provenance.places(key).to_vec();
        self.row(key, value, places, Origin::Default);
    }

    /// A value of the service, with what it is where nobody wrote it.
    fn own(&mut self, below: &[&str], value: Value, otherwise: Origin) {
        let places = self.places(below);
        let key: Vec<&str> = ["services", self.service]
            .into_iter()
            .chain(below.iter().copied())
            .collect();
        self.row(&key, value, places, otherwise);
    }

    /// A value of the service that follows from something else.
    fn derived(&mut self, below: &[&str], value: Value, origin: Origin) {
        let key: Vec<&str> = ["services", self.service]
            .into_iter()
            .chain(below.iter().copied())
            .collect();
        self.row(&key, value, Vec::new(), origin);
    }

    /// Where a key of the service is written; what the profile changes counts most.
    fn places(&self, below: &[&str]) -> Vec<Written> {
        let at = |above: &[&str]| {
            let path: Vec<&str> = above.iter().chain(below).copied().collect();
            self.provenance.places(&path).to_vec()
        };
        let mut places = at(&["services", self.service]);
        places.extend(at(&["profiles", self.profile, "overrides", self.service]));
        places
    }

    fn row(&mut self, key: &[&str], value: Value, mut places: Vec<Written>, otherwise: Origin) {
        let origin = places.pop().map_or(otherwise, Origin::Written);
        places.reverse();
        self.told.push(Row {
            key: key.iter().map(|part| (*part).to_owned()).collect(),
            value,
            origin,
            over: places,
        });
    }
}

#[cfg(test)]
mod tests;
