//! Where a service's own directories are under each engine.

use crate::spec::derived::EnvironmentValue;
use crate::spec::stack::{Managed, Service};
use crate::spec::text::RelativePath;

use super::target::Target;

/// A path or a text that the engine's file can hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    /// As it is.
    Plain(String),
    /// Below the directory of the Procfile.
    Here(String),
}

impl Value {
    /// Its text, wherever it is below.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Here(text) => text,
        }
    }
}

/// The kinds of directories that a service has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    State,
    Logs,
    Cache,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::State, Self::Logs, Self::Cache];

    /// As volumes are called by it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Logs => "logs",
            Self::Cache => "cache",
        }
    }

    const fn base(self) -> &'static str {
        match self {
            Self::State => "/var/lib/juniper",
            Self::Logs => "/var/log/juniper",
            Self::Cache => "/var/cache/juniper",
        }
    }
}

/// The directories of a service, or of one instance.
#[derive(Debug, Clone)]
pub(super) struct Directories {
    below: String,
    here: bool,
}

impl Directories {
    pub(super) fn of(service: &Service, managed: &Managed, target: Target, instance: u32) -> Self {
        let below = match managed.instances {
            // Each container has its own; programs of one machine share it.
            Some(_) if !target.is_containers() => format!("{}/{instance}", service.name),
            _ => service.name.to_string(),
        };
        Self {
            below,
            here: target == Target::Procfile,
        }
    }

    /// One of them, or one below it.
    pub(super) fn path(&self, kind: Kind, below: Option<&RelativePath>) -> Value {
        let below = below.map_or_else(String::new, |below| format!("/{below}"));
        if self.here {
            Value::Here(format!("{}/{}{below}", kind.word(), self.below))
        } else {
            Value::Plain(format!("{}/{}{below}", kind.base(), self.below))
        }
    }

    /// The same where it cannot be below anything.
    pub(super) fn text(&self, kind: Kind, below: Option<&RelativePath>) -> String {
        self.path(kind, below).text().to_owned()
    }

    /// All that must be there before the service starts.
    pub(super) fn wanted(&self, managed: &Managed) -> Vec<String> {
        let below = managed.state_directories.iter();
        std::iter::once(self.text(Kind::State, None))
            .chain(below.map(|below| self.text(Kind::State, Some(below))))
            .chain([Kind::Logs, Kind::Cache].map(|kind| self.text(kind, None)))
            .collect()
    }

    /// A variable's value.
    pub(super) fn value(&self, value: &EnvironmentValue) -> Value {
        match value {
            EnvironmentValue::Literal(text) => Value::Plain(text.to_string()),
            EnvironmentValue::State(below) => self.path(Kind::State, below.as_ref()),
            EnvironmentValue::Logs(below) => self.path(Kind::Logs, below.as_ref()),
            EnvironmentValue::Cache(below) => self.path(Kind::Cache, below.as_ref()),
        }
    }

    /// Where the service runs.
    pub(super) fn working(&self, managed: &Managed) -> Value {
        let own = || self.path(Kind::State, None);
        let written = managed.working_directory.as_ref();
        written.map_or_else(own, |path| Value::Plain(path.to_string()))
    }
}
