//! What lies below a service's directory: environments with their records, the links, and what was left half made.
//!
//! A directory is ours where its record says so, which is written last of all; before that a mark beside it does.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::python::Minor;
use super::{CURRENT, PREFIX, PREVIOUS};
use crate::ordered::Ordered as _;

/// The file in an environment that says what it is.
pub const RECORD: &str = "juniperctl-environment.json";

/// The form of a record.
const VERSION: u32 = 1;

/// The longest name of a directory.
const LONGEST: usize = 100;

/// Whether a text can be the name of an environment's directory, or a part of a path below one.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._+-!".contains(c);
    !text.is_empty()
        && text.len() <= LONGEST
        && text.chars().all(plain)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text != CURRENT
        && text != PREVIOUS
}

/// The mark beside an environment that is being made.
#[must_use]
pub fn mark(name: &str) -> String {
    format!(".{name}.building")
}

/// The environment that such a mark is about.
#[must_use]
pub fn marked(file: &str) -> Option<&str> {
    let name = file.strip_prefix('.')?.strip_suffix(".building")?;
    is_name(name).then_some(name)
}

/// The environments that a text names by a path in them, by service and name.
#[must_use]
pub fn mentioned(text: &str) -> BTreeSet<(String, String)> {
    let prefix = format!("{PREFIX}/");
    let begun = text.split(prefix.as_str()).skip(1);
    let parts = begun.filter_map(|below| {
        let (service, below) = below.split_once('/')?;
        let (name, _) = below.split_once('/')?;
        Some((service, name))
    });
    parts
        .filter(|(service, name)| is_name(service) && is_name(name))
        .map(|(service, name)| (service.to_owned(), name.to_owned()))
        .ordered()
}

/// What a finished environment was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    version: u32,
    /// The Python that it was made with, as `3.13`.
    pub python: String,
    /// The whole lock file.
    pub lock: String,
}

impl Record {
    /// The record of an environment.
    #[must_use]
    pub fn new(python: Minor, lock: &str) -> Self {
        Self {
            version: VERSION,
            python: python.to_string(),
            lock: lock.to_owned(),
        }
    }

    /// Reads a record; `None` where it is none that this juniperctl knows.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let record: Self = serde_json::from_str(text).ok()?;
        (record.version == VERSION).then_some(record)
    }

    /// The record as it is written.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// A process that uses an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its number.
    pub pid: u32,
    /// What it runs, fit for a terminal.
    pub command: String,
}

/// A directory beside `current`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// What it was made of; `None` where somebody else made it.
    pub record: Option<Record>,
    /// Where its own interpreter really is, links followed; `None` where that is gone.
    pub interpreter: Option<String>,
    /// Who runs with it.
    pub users: Vec<User>,
}

impl Environment {
    /// Whether its interpreter is there, and still the one that its packages were installed for: a new release of the
    /// distribution brings another.
    #[must_use]
    pub fn works(&self) -> bool {
        match (&self.interpreter, &self.record) {
            (Some(interpreter), Some(record)) => interpreter
                .rsplit('/')
                .next()
                .is_some_and(|name| name == format!("python{}", record.python)),
            (interpreter, _) => interpreter.is_some(),
        }
    }
}

/// What `current` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Current {
    /// Nothing.
    Missing,
    /// A link to an environment beside it.
    Named(String),
    /// A directory, as one makes it by hand.
    Directory,
    /// A link to somewhere else.
    Elsewhere(String),
}

/// All that lies below a service's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// What is in use.
    pub current: Current,
    /// What was in use before.
    pub previous: Option<String>,
    /// What is beside it, but for what is half made.
    pub environments: Vec<Environment>,
    /// What was left half made.
    pub unfinished: Vec<String>,
}

impl Site {
    /// An environment by its name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Environment> {
        self.environments.iter().find(|one| one.name == name)
    }

    /// A name that nothing has: this, or this with a number.
    #[must_use]
    pub fn free(&self, name: &str) -> String {
        let taken = |name: &String| {
            self.environments.iter().any(|one| one.name == *name) || self.unfinished.contains(name)
        };
        std::iter::once(name.to_owned())
            .chain((2..=u32::MAX).map(|number| format!("{name}.{number}")))
            .find(|name| !taken(name))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Record, is_name, mark, marked, mentioned};
    use crate::provision::python::OLDEST;

    #[test]
    fn names_stay_where_they_are() {
        for good in ["0.17.1", "0.12.0-cuda.2", "1!2.0+cpu", "by-hand"] {
            assert!(is_name(good), "{good}");
            assert_eq!(marked(&mark(good)), Some(good));
        }
        for bad in [
            "", ".", "..", ".x", "a/b", "-x", "a b", "current", "previous", "a\n",
        ] {
            assert!(!is_name(bad), "{bad:?}");
        }
        assert_eq!(marked("...building"), None);
    }

    #[test]
    fn whoever_maps_or_calls_something_in_an_environment_uses_it() {
        let text = "7f00-7f01 r-xp 0 fe:00 9  /opt/juniper/data/1.0/lib/python3.13/site-packages/a.so\n\
                    /opt/juniper/data/current/bin/python -m juniper_data\n/opt/juniper/data/2.0\n\
                    x=/opt/juniper/cascor/0.12.0-cuda/bin/python (deleted)\n/opt/juniper/../etc/x\n";
        let found: Vec<(String, String)> = mentioned(text).into_iter().collect();
        let pair = |service: &str, name: &str| (service.to_owned(), name.to_owned());
        assert_eq!(found, [pair("cascor", "0.12.0-cuda"), pair("data", "1.0")]);
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let record = Record::new(OLDEST, "lock\n");
        assert_eq!(Record::parse(&record.text()), Some(record.clone()));
        assert_eq!(Record::parse(&record.text().replace("1,", "2,")), None);
        assert_eq!(Record::parse("{}"), None);
    }
}
