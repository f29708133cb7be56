//! Which systemd is talked to, and the way there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use zbus::connection::Builder;

use super::BusError;
use crate::host::{clock, environment};

/// The name by which systemd is called on a bus.
const SYSTEMD: &str = "org.freedesktop.systemd1";

/// The bus itself, by name and object.
const BUS: (&str, &str) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");

/// How long systemd may take to join a bus that was started for us.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// Which systemd is talked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bus {
    /// The system's.
    System,
    /// That of the user who we are, by the user's runtime directory.
    User(PathBuf),
}

impl Bus {
    /// A new connection.
    pub(super) async fn connection(&self) -> Result<zbus::Connection, BusError> {
        match self {
            Self::System => zbus::Connection::system()
                .await
                .map_err(|error| BusError::unreachable(&error)),
            Self::User(runtime) => of_user(runtime).await,
        }
    }
}

/// By the bus of the session, or by that of the user. The manager's own socket, which systemctl(1) falls back
/// to, speaks no D-Bus that a library understands: what comes from it has a sender that no bus would give.
async fn of_user(runtime: &Path) -> Result<zbus::Connection, BusError> {
    let own = format!("unix:path={}", runtime.join("bus").display());
    let mut why = "there is a bus, but no systemd on it".to_owned();
    let runs = runtime.join("systemd/private").exists();
    let session = environment::session_bus().filter(|address| *address != own);
    let buses = session.map(|address| (address, false));
    for (address, comes) in buses.into_iter().chain([(own, runs)]) {
        match on_bus(&address, comes).await {
            Ok(Some(connection)) => return Ok(connection),
            // A bus that was started for one program has no systemd on it.
            Ok(None) => {}
            Err(error) => why = BusError::unreachable(&error).told(),
        }
    }
    Err(BusError::NoUserManager {
        runtime: runtime.display().to_string(),
        answer: why,
        runs,
    })
}

/// A connection to a bus, where systemd is there. Whoever is the first to connect has the bus started, and
/// systemd joins it a moment later.
async fn on_bus(address: &str, comes: bool) -> zbus::Result<Option<zbus::Connection>> {
    let connection = Builder::address(address).build().await?;
    let (name, object) = BUS;
    let begun = clock::now();
    loop {
        let answer = connection
            .call_method(Some(name), object, Some(name), "NameHasOwner", &SYSTEMD)
            .await?;
        let is_there: bool = answer.body().deserialize()?;
        if is_there {
            return Ok(Some(connection));
        }
        if !comes || begun.elapsed() > PATIENCE {
            return Ok(None);
        }
        clock::pause(LOOK).await;
    }
}
