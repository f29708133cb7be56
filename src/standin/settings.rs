//! What the environment and the command line ask of one stand-in. Pure: an environment map goes
//! in, settings or the list of *all* faults come out; it reads no environment and makes nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::address::{Address, ServiceUrl};
use crate::cli::{Listen, Service};
use crate::duration;
use crate::fault::Fault;
use crate::key::KeyFiles;
use crate::service::replay::Play;

/// An environment, as the process found it.
pub(crate) type Environment = BTreeMap<String, String>;

/// Everything that one run of a service needs to know.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    pub(crate) service: Service,
    pub(crate) address: Address,
    /// Since process start: before it, nothing listens.
    pub(crate) live_after: Duration,
    /// Since process start: before it, readiness says `not_ready`.
    pub(crate) ready_after: Duration,
    /// The fault to commit by itself, and when.
    pub(crate) fault: Option<(Fault, Duration)>,
    pub(crate) keys: KeyFiles,
    pub(crate) own: Own,
}

/// What each service alone is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Own {
    /// The dataset service.
    Data { storage: PathBuf },
    /// The training service; without `data` its readiness has no such dependency.
    Cascor {
        data: Option<ServiceUrl>,
        auto_start: bool,
        training: Duration,
        snapshots: Option<PathBuf>,
    },
    /// The dashboard; without `cascor` it is in demo mode.
    Canopy {
        data: ServiceUrl,
        cascor: Option<ServiceUrl>,
        demo: bool,
    },
    /// A worker and the server that it works for.
    Worker { cascor: ServiceUrl },
    /// A recording of whichever it is.
    Replay(Play),
}

/// Whether this environment is one in which nothing may be imitated.
pub(crate) fn is_production(environment: &Environment) -> bool {
    environment
        .get("JUNIPER_ENV")
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("production"))
}

/// Reads all that a service needs; every fault is reported, each with the variable's name.
pub(crate) fn read(
    service: Service,
    listen: &Listen,
    environment: &Environment,
) -> Result<Settings, Vec<String>> {
    read_with(service, listen, environment, |reader| reader.own(service))
}

/// Reads all that a recording needs to be played in its service's place.
pub(crate) fn read_for_replay(
    play: Play,
    listen: &Listen,
    environment: &Environment,
) -> Result<Settings, Vec<String>> {
    let service = play.recording.heading.service;
    read_with(service, listen, environment, |_| Some(Own::Replay(play)))
}

fn read_with(
    service: Service,
    listen: &Listen,
    environment: &Environment,
    own: impl FnOnce(&mut Reader<'_>) -> Option<Own>,
) -> Result<Settings, Vec<String>> {
    let mut reader = Reader {
        environment,
        faults: Vec::new(),
    };
    let address = reader.address(service, listen);
    let fault = reader.parsed("JUNIPER_STANDIN_FAULT", Fault::parse);
    let fault_after = reader.duration("JUNIPER_STANDIN_FAULT_AFTER", Duration::ZERO);
    let live_after = reader.duration("JUNIPER_STANDIN_LIVE_AFTER", Duration::ZERO);
    let ready_after = reader.duration("JUNIPER_STANDIN_READY_AFTER", Duration::ZERO);
    let keys = reader.keys(service);
    let own = own(&mut reader);
    match own {
        Some(own) if reader.faults.is_empty() => Ok(Settings {
            service,
            address,
            live_after,
            ready_after,
            fault: fault.map(|fault| (fault, fault_after)),
            keys,
            own,
        }),
        _ => Err(reader.faults),
    }
}

/// Reads only where the service is, for a command that talks to a running one.
pub(crate) fn read_address(
    service: Service,
    listen: &Listen,
    environment: &Environment,
) -> Result<Address, Vec<String>> {
    let mut reader = Reader {
        environment,
        faults: Vec::new(),
    };
    let mut address = reader.address(service, listen);
    if !reader.faults.is_empty() {
        return Err(reader.faults);
    }
    // A service that listens everywhere is reached on loopback, where the control path answers.
    if address.host == "0.0.0.0" || address.host == "::" {
        "127.0.0.1".clone_into(&mut address.host);
    }
    Ok(address)
}

/// Looks variables up and remembers what was wrong with them.
struct Reader<'environment> {
    environment: &'environment Environment,
    faults: Vec<String>,
}

impl Reader<'_> {
    /// The variable's text; set but empty is the same as unset.
    fn text(&self, name: &str) -> Option<&str> {
        let text = self.environment.get(name)?.trim();
        (!text.is_empty()).then_some(text)
    }

    fn parsed<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        match parse(self.text(name)?) {
            Ok(value) => Some(value),
            Err(message) => {
                self.faults.push(format!("{name}: {message}"));
                None
            }
        }
    }

    fn duration(&mut self, name: &str, default: Duration) -> Duration {
        self.parsed(name, duration::parse).unwrap_or(default)
    }

    fn flag(&mut self, name: &str) -> bool {
        self.parsed(name, flag).unwrap_or(false)
    }

    /// The first of several variables that is set, as a base URL.
    fn url(&mut self, names: &[&str]) -> Option<ServiceUrl> {
        let set = names.iter().find(|name| self.text(name).is_some())?;
        self.parsed(set, ServiceUrl::parse)
    }

    fn address(&mut self, service: Service, listen: &Listen) -> Address {
        let (host_name, port_name, default_port) = match service {
            Service::Data => ("JUNIPER_DATA_HOST", "JUNIPER_DATA_PORT", 8100),
            Service::Cascor => ("JUNIPER_CASCOR_HOST", "JUNIPER_CASCOR_PORT", 8200),
            Service::Canopy => (
                "JUNIPER_CANOPY_SERVER__HOST",
                "JUNIPER_CANOPY_SERVER__PORT",
                8050,
            ),
            Service::Worker => (
                "JUNIPER_CASCOR_WORKER_HEALTH_BIND",
                "JUNIPER_CASCOR_WORKER_HEALTH_PORT",
                8210,
            ),
        };
        let from_environment = self.parsed(port_name, port).unwrap_or(default_port);
        let from_environment = if service == Service::Worker {
            self.shifted(from_environment)
        } else {
            from_environment
        };
        let host = listen.host.as_deref().or(self.text(host_name));
        Address {
            host: host.unwrap_or("127.0.0.1").to_owned(),
            port: listen.port.unwrap_or(from_environment),
        }
    }

    /// Worker instance N listens N-1 ports above the first; port 0 stays "any free one".
    fn shifted(&mut self, first: u16) -> u16 {
        let instance = self.parsed("JUNIPERCTL_INSTANCE", instance).unwrap_or(1);
        if first == 0 {
            return 0;
        }
        first.checked_add(instance - 1).unwrap_or_else(|| {
            self.faults.push(format!(
                "JUNIPERCTL_INSTANCE: instance {instance} has no port above {first}"
            ));
            first
        })
    }

    fn own(&mut self, service: Service) -> Option<Own> {
        match service {
            Service::Data => Some(Own::Data {
                storage: self
                    .path("JUNIPER_DATA_STORAGE_PATH")
                    .unwrap_or_else(|| "./data/datasets".into()),
            }),
            Service::Cascor => Some(Own::Cascor {
                data: self.url(&["JUNIPER_CASCOR_JUNIPER_DATA_URL", "JUNIPER_DATA_URL"]),
                auto_start: self.flag("JUNIPER_CASCOR_AUTO_START"),
                training: self.duration("JUNIPER_STANDIN_TRAINING", Duration::from_secs(10)),
                snapshots: self.path("JUNIPER_CASCOR_SNAPSHOTS_DIR"),
            }),
            Service::Canopy => {
                let data = self.url(&["JUNIPER_CANOPY_JUNIPER_DATA_URL", "JUNIPER_DATA_URL"]);
                let data = data.or_else(|| ServiceUrl::parse("http://localhost:8100").ok());
                let cascor = self.url(&["JUNIPER_CANOPY_CASCOR_SERVICE_URL", "CASCOR_SERVICE_URL"]);
                let demo = self.flag("JUNIPER_CANOPY_DEMO_MODE");
                data.map(|data| Own::Canopy { data, cascor, demo })
            }
            Service::Worker => self.worker(),
        }
    }

    fn keys(&mut self, service: Service) -> KeyFiles {
        let (accepted, required, sent) = match service {
            Service::Data => (
                Some("JUNIPER_DATA_API_KEYS_FILE"),
                Some("JUNIPER_DATA_REQUIRE_AUTH"),
                None,
            ),
            Service::Cascor => (
                Some("JUNIPER_CASCOR_API_KEYS_FILE"),
                Some("JUNIPER_CASCOR_REQUIRE_AUTH"),
                None,
            ),
            Service::Canopy => (
                Some("CANOPY_API_KEY_FILE"),
                Some("JUNIPER_CANOPY_REQUIRE_AUTH"),
                Some("JUNIPER_CASCOR_API_KEY_FILE"),
            ),
            Service::Worker => (None, None, Some("JUNIPER_CASCOR_WORKER_AUTH_TOKEN_FILE")),
        };
        KeyFiles {
            accepted: accepted.and_then(|name| self.path(name)),
            required: required.is_some_and(|name| self.flag(name)),
            sent: sent.and_then(|name| self.path(name)),
        }
    }

    fn worker(&mut self) -> Option<Own> {
        const SERVER: &str = "JUNIPER_CASCOR_WORKER_SERVER_URL";
        if self.text(SERVER).is_none() {
            self.faults.push(format!(
                "{SERVER}: not set; a worker needs the server that it works for, as ws://HOST:PORT/ws/v1/workers"
            ));
        }
        self.parsed(SERVER, ServiceUrl::parse_websocket)
            .map(|cascor| Own::Worker { cascor })
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.text(name).map(PathBuf::from)
    }
}

fn port(text: &str) -> Result<u16, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is not a port number (0 to 65535)"))
}

fn instance(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("{text:?} is not an instance number (1 or more)")),
    }
}

fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(format!("{text:?} is neither true nor false")),
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
