//! systemd over D-Bus: units started, stopped, asked; unit files reloaded and enabled.

mod bus;
mod confinement;
mod error;
mod job;
mod kill;
mod proxy;
mod trial;

use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use zbus::{OwnedObjectPath, OwnedVariant};

use crate::ordered::Ordered as _;
use crate::readiness::unit_state::{ActiveState, UnitState};
use crate::unit::SystemdVersion;

pub use bus::Bus;
pub use error::BusError;
pub use job::{Job, Jobs, Outcome};
pub use kill::Ending;
use proxy::{ListedUnit, ManagerProxy, UnitPropertiesProxy};

/// How long an answer may take that comes from another machine.
const ANSWER: Duration = Duration::from_secs(20);

/// What systemd answers to a second subscription.
const ALREADY_SUBSCRIBED: &str = "org.freedesktop.systemd1.AlreadySubscribed";

/// A connection to one systemd.
#[derive(Debug, Clone)]
pub struct Systemd {
    connection: zbus::Connection,
    manager: ManagerProxy<'static>,
}

/// What is done to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Restart it, or start it where it does not run.
    Restart,
}

impl Systemd {
    /// Connects to a systemd.
    ///
    /// # Errors
    /// There is no bus, or nobody who may use it.
    pub async fn connect(bus: &Bus) -> Result<Self, BusError> {
        Self::on(bus.connection().await?).await
    }

    /// Connects to the systemd of another machine, through a stream that leads to its bus.
    ///
    /// # Errors
    /// Nobody speaks D-Bus at the other end.
    pub async fn through(stream: UnixStream) -> Result<Self, BusError> {
        let connection = zbus::connection::Builder::unix_stream(stream)
            .method_timeout(ANSWER)
            .build()
            .await
            .map_err(|error| BusError::unreachable(&error))?;
        Self::on(connection).await
    }

    /// The systemd at the other end of a connection.
    async fn on(connection: zbus::Connection) -> Result<Self, BusError> {
        let manager = ManagerProxy::builder(&connection)
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await
            .map_err(|error| BusError::unreachable(&error))?;
        Ok(Self {
            connection,
            manager,
        })
    }

    /// Its version.
    ///
    /// # Errors
    /// It cannot be asked, or answers what no systemd answers.
    pub async fn version(&self) -> Result<SystemdVersion, BusError> {
        let text = self
            .manager
            .version()
            .await
            .map_err(|error| BusError::call("ask systemd for its version", &error))?;
        SystemdVersion::parse(&text)
            .ok_or_else(|| BusError::Answer(format!("systemd reports the version {text:?}")))
    }

    /// Begins to listen for jobs that end; to be called before any are made.
    ///
    /// # Errors
    /// systemd refuses the subscription.
    pub async fn jobs(&self) -> Result<Jobs, BusError> {
        let tried = |error: zbus::Error| BusError::call("subscribe to systemd's signals", &error);
        let ended = self.manager.receive_job_removed().await.map_err(tried)?;
        match self.manager.subscribe().await {
            // One connection may follow jobs more than once.
            Err(zbus::Error::MethodError(name, _, _)) if name.as_str() == ALREADY_SUBSCRIBED => {}
            other => other.map_err(tried)?,
        }
        Ok(Jobs::new(ended))
    }

    /// Queues a job for a unit.
    ///
    /// # Errors
    /// No permission, no such unit, or a start limit that was hit.
    pub async fn enqueue(&self, verb: Verb, unit: &str) -> Result<Job, BusError> {
        let (what, path) = match verb {
            Verb::Start => ("start", self.manager.start_unit(unit, "replace").await),
            Verb::Stop => ("stop", self.manager.stop_unit(unit, "replace").await),
            Verb::Restart => ("restart", self.manager.restart_unit(unit, "replace").await),
        };
        let path = path.map_err(|error| BusError::call(&format!("{what} {unit}"), &error))?;
        Ok(Job {
            unit: unit.to_owned(),
            path,
        })
    }

    /// Queues the restart of a unit that runs, unless another job for it is queued already.
    ///
    /// # Errors
    /// No permission, no such unit, or another job.
    pub async fn restart_running(&self, unit: &str, active: &ActiveState) -> Result<(), BusError> {
        let queued = if *active == ActiveState::Active {
            self.manager.try_restart_unit(unit, "fail").await
        } else {
            // systemd 247 does not try to restart what is still starting.
            self.manager.restart_unit(unit, "fail").await
        };
        queued
            .map(drop)
            .map_err(|error| BusError::call(&format!("restart {unit}"), &error))
    }

    /// Forgets failures and start counts of units that have any.
    ///
    /// # Errors
    /// No permission.
    pub async fn reset_failed(&self, unit: &str) -> Result<(), BusError> {
        self.manager
            .reset_failed_unit(unit)
            .await
            .map_err(|error| BusError::call(&format!("reset the failure of {unit}"), &error))
    }

    /// Reads all unit files again.
    ///
    /// # Errors
    /// No permission, or a time-out.
    pub async fn reload(&self) -> Result<(), BusError> {
        self.manager
            .reload()
            .await
            .map_err(|error| BusError::call("reload systemd's unit files", &error))
    }

    /// Makes a unit start at boot.
    ///
    /// # Errors
    /// No permission, or no such unit.
    pub async fn enable(&self, unit: &str) -> Result<(), BusError> {
        self.manager
            .enable_unit_files(&[unit], false, false)
            .await
            .map(drop)
            .map_err(|error| BusError::call(&format!("enable {unit}"), &error))
    }

    /// The reverse.
    ///
    /// # Errors
    /// No permission.
    pub async fn disable(&self, unit: &str) -> Result<(), BusError> {
        self.manager
            .disable_unit_files(&[unit], false)
            .await
            .map(drop)
            .map_err(|error| BusError::call(&format!("disable {unit}"), &error))
    }

    /// Units whose names match, where they run or are about to.
    ///
    /// # Errors
    /// systemd cannot be asked.
    pub async fn running(&self, patterns: &[String]) -> Result<Vec<(String, UnitState)>, BusError> {
        self.listed(&["active", "activating", "reloading"], patterns)
            .await
    }

    /// Units whose names match and that have failed, whether their files are there or not.
    ///
    /// # Errors
    /// systemd cannot be asked.
    pub async fn failed(&self, patterns: &[String]) -> Result<Vec<String>, BusError> {
        let listed = self.listed(&["failed"], patterns).await?;
        Ok(listed.into_iter().map(|(unit, _)| unit).collect())
    }

    /// Units of these that systemd does not take, each with the state that it gives them. One that is
    /// masked is as somebody wants it.
    ///
    /// # Errors
    /// systemd cannot be asked.
    pub async fn not_loaded(&self, units: &[String]) -> Result<Vec<(String, String)>, BusError> {
        let names: Vec<&str> = units.iter().map(String::as_str).collect();
        let listed = self
            .manager
            .list_units_by_names(&names)
            .await
            .map_err(|error| BusError::call("ask systemd for the new units", &error))?;
        Ok(listed
            .into_iter()
            .map(|(name, _, load, ..)| (name, load))
            .filter(|(_, load)| !["loaded", "masked"].contains(&load.as_str()))
            .collect())
    }

    async fn listed(
        &self,
        states: &[&str],
        patterns: &[String],
    ) -> Result<Vec<(String, UnitState)>, BusError> {
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let listed = self
            .manager
            .list_units_by_patterns(states, &patterns)
            .await
            .map_err(|error| BusError::call("ask systemd for its units", &error))?;
        Ok(listed.into_iter().map(named_state).collect())
    }

    /// The state of units, in one question.
    ///
    /// # Errors
    /// systemd cannot be asked.
    pub async fn states(&self, units: &[String]) -> Result<BTreeMap<String, UnitState>, BusError> {
        let names: Vec<&str> = units.iter().map(String::as_str).collect();
        let listed = self
            .manager
            .list_units_by_names(&names)
            .await
            .map_err(|error| BusError::call("ask systemd for the units' states", &error))?;
        Ok(listed.into_iter().map(named_state).ordered())
    }

    /// A unit's properties, asked anew each time.
    async fn properties(&self, state: &UnitState) -> zbus::Result<UnitPropertiesProxy<'_>> {
        let path = OwnedObjectPath::try_from(state.object.as_str())?;
        UnitPropertiesProxy::builder(&self.connection)
            .path(path)
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await
    }

    /// Adds when the unit's last run began, when it was ready, and how often it was restarted: three
    /// properties instead of hundreds, for whoever asks again and again.
    ///
    /// # Errors
    /// The unit cannot be asked.
    pub async fn run(&self, state: &mut UnitState) -> Result<(), BusError> {
        let tried = |error: zbus::Error| BusError::call("ask systemd about a unit's run", &error);
        let properties = self.properties(state).await.map_err(tried)?;
        let (unit, service) = (
            "org.freedesktop.systemd1.Unit",
            "org.freedesktop.systemd1.Service",
        );
        let asked = async |interface: &str, name: &str| {
            let value = properties.get(interface, name).await.map_err(tried)?;
            Ok::<u64, BusError>(as_number(&value).unwrap_or_default())
        };
        state.ready_at = asked(unit, "ActiveEnterTimestampMonotonic").await?;
        state.started_at = asked(service, "ExecMainStartTimestampMonotonic").await?;
        state.restarts = asked(service, "NRestarts").await?;
        Ok(())
    }

    /// Adds what only the unit's own properties tell: result, restarts, memory, since when.
    ///
    /// # Errors
    /// The unit cannot be asked.
    pub async fn detail(&self, state: &mut UnitState) -> Result<(), BusError> {
        let tried = |error: zbus::Error| BusError::call("ask systemd about a unit", &error);
        let properties = self.properties(state).await.map_err(tried)?;
        let unit = properties
            .get_all("org.freedesktop.systemd1.Unit")
            .await
            .map_err(tried)?;
        state.since_microseconds = number(&unit, "StateChangeTimestamp");
        let moment = |name: &str| number(&unit, name).unwrap_or_default();
        state.activating_at = moment("InactiveExitTimestampMonotonic");
        state.activating_at_wall = moment("InactiveExitTimestamp");
        state.ready_at = moment("ActiveEnterTimestampMonotonic");
        let service = properties
            .get_all("org.freedesktop.systemd1.Service")
            .await
            .map_err(tried)?;
        state.result = text(&service, "Result");
        state.status_text = text(&service, "StatusText");
        state.runtime_directory = first(&service, "RuntimeDirectory");
        state.started_at = number(&service, "ExecMainStartTimestampMonotonic").unwrap_or_default();
        state.started_at_wall = number(&service, "ExecMainStartTimestamp").unwrap_or_default();
        state.restarts = number(&service, "NRestarts").unwrap_or_default();
        state.processor = number(&service, "CPUUsageNSec").filter(|spent| *spent != u64::MAX);
        state.main_pid = number(&service, "MainPID").unwrap_or_default();
        // systemd says "all ones" where it does not account for memory.
        state.memory = number(&service, "MemoryCurrent").filter(|bytes| *bytes != u64::MAX);
        state.exit_status = number(&service, "ExecMainStatus").unwrap_or_default();
        Ok(())
    }
}

fn named_state(listed: ListedUnit) -> (String, UnitState) {
    let (name, _, load, active, sub, _, path, job, _, _) = listed;
    let state = UnitState {
        found: load != "not-found",
        active: ActiveState::parse(&active),
        sub,
        has_job: job != 0,
        object: path.to_string(),
        ..UnitState::default()
    };
    (name, state)
}

/// The first of a list of texts.
fn first(
    properties: &std::collections::HashMap<String, OwnedVariant>,
    name: &str,
) -> Option<String> {
    let list: Vec<String> = properties.get(name)?.clone().try_into().ok()?;
    list.into_iter().next()
}

fn text(properties: &std::collections::HashMap<String, OwnedVariant>, name: &str) -> String {
    properties
        .get(name)
        .and_then(|value| String::try_from(value.clone()).ok())
        .unwrap_or_default()
}

fn number(properties: &std::collections::HashMap<String, OwnedVariant>, name: &str) -> Option<u64> {
    as_number(properties.get(name)?)
}

fn as_number(value: &OwnedVariant) -> Option<u64> {
    u64::try_from(value)
        .ok()
        .or_else(|| u32::try_from(value).ok().map(u64::from))
        .or_else(|| {
            i32::try_from(value)
                .ok()
                .and_then(|number| u64::try_from(number).ok())
        })
}
