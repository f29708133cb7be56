//! Environment values that follow from the stack itself: ports, addresses, directories.
//!
//! A site that moves a port changes one number; every variable that mentions the address follows.
//! The grammar is closed (`self.port`, `data.url`, `self.state/snapshots`), so nothing a site
//! writes is ever expanded as a template.

use super::fault::Problem;
use super::name::ServiceName;
use super::text::{RelativePath, Text};

/// What a derived variable is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Derived {
    /// The address this service listens on.
    OwnHost,
    /// The port it listens on (of the first instance).
    OwnPort,
    /// Its own `http://HOST:PORT`.
    OwnUrl,
    /// A directory below its state directory, or that itself.
    OwnState(Option<RelativePath>),
    /// A directory below its log directory, or that itself.
    OwnLogs(Option<RelativePath>),
    /// A directory below its cache directory, or that itself.
    OwnCache(Option<RelativePath>),
    /// `http://HOST:PORT` of another service; the variable is left out if that one is not
    /// part of the profile.
    UrlOf(ServiceName),
    /// `ws://HOST:PORT/PATH` of another service, left out likewise.
    WebSocketOf(ServiceName, RelativePath),
}

impl Derived {
    /// Reads one expression of the grammar.
    ///
    /// # Errors
    /// Lists the forms that exist.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let unknown = || {
            Problem::invalid("not a derived value").help(
                "write self.host, self.port, self.url, self.state[/DIRECTORY], \
                 self.logs[/DIRECTORY], self.cache[/DIRECTORY], SERVICE.url or \
                 SERVICE.websocket/PATH; a literal value belongs under environment",
            )
        };
        let (owner, rest) = text.split_once('.').ok_or_else(unknown)?;
        let (attribute, below) = match rest.split_once('/') {
            Some((attribute, below)) => (attribute, Some(RelativePath::parse(below)?)),
            None => (rest, None),
        };
        match (owner, attribute, below) {
            ("self", "host", None) => Ok(Self::OwnHost),
            ("self", "port", None) => Ok(Self::OwnPort),
            ("self", "url", None) => Ok(Self::OwnUrl),
            ("self", "state", below) => Ok(Self::OwnState(below)),
            ("self", "logs", below) => Ok(Self::OwnLogs(below)),
            ("self", "cache", below) => Ok(Self::OwnCache(below)),
            ("self", _, _) => Err(unknown()),
            (name, "url", None) => Ok(Self::UrlOf(ServiceName::parse(name)?)),
            (name, "websocket", Some(path)) => {
                Ok(Self::WebSocketOf(ServiceName::parse(name)?, path))
            }
            _ => Err(unknown()),
        }
    }

    /// The other service it speaks of, if any.
    #[must_use]
    pub fn mentions(&self) -> Option<&ServiceName> {
        match self {
            Self::UrlOf(name) | Self::WebSocketOf(name, _) => Some(name),
            Self::OwnHost
            | Self::OwnPort
            | Self::OwnUrl
            | Self::OwnState(_)
            | Self::OwnLogs(_)
            | Self::OwnCache(_) => None,
        }
    }
}

/// The value of one environment variable: fixed text, or text below a directory that only
/// systemd knows (`/var/lib/...` for the system, the user's own place in user mode).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvironmentValue {
    /// As written.
    Literal(Text),
    /// Below the service's state directory.
    State(Option<RelativePath>),
    /// Below its log directory.
    Logs(Option<RelativePath>),
    /// Below its cache directory.
    Cache(Option<RelativePath>),
}

#[cfg(test)]
mod tests {
    use super::Derived;

    #[test]
    fn the_grammar_is_closed() {
        for good in [
            "self.host",
            "self.port",
            "self.url",
            "self.state",
            "self.state/snapshots",
            "self.logs/audit.log",
            "data.url",
            "cascor.websocket/ws/v1/workers",
        ] {
            assert!(Derived::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "data",
            "data.port",
            "self.home",
            "self.state/../x",
            "data.url/x",
            "$HOME",
            "%S",
        ] {
            assert!(Derived::parse(bad).is_err(), "{bad}");
        }
    }
}
