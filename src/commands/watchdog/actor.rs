//! Who acts for the watchdog: orders go to `juniperctl act` through its socket, each with a time limit.
//!
//! The watchdog itself may only look. It never tells the bus to do anything.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::host::act_socket;
use crate::watchdog::Event;
use crate::watchdog::act::{Act, DONE};

use super::super::Context;
use super::Told;

/// How many orders are under way at a time. systemd takes a few more (`MaxConnections=`); others wait.
const AT_ONCE: usize = 8;

/// How long it may take until who acts is there, beyond what the act itself may take.
const ARRIVAL: Duration = Duration::from_secs(5);

/// The way to who acts.
pub(super) struct Actor {
    path: PathBuf,
    room: Semaphore,
}

impl Actor {
    /// That of this machine.
    pub(super) fn new(context: &Context) -> Self {
        Self {
            path: context.paths.act_socket(),
            room: Semaphore::new(AT_ONCE),
        }
    }

    /// Has something done.
    pub(super) async fn act(&self, act: Act) -> Result<Option<Event>, Told> {
        self.ordered(&act).await.map(|()| None).map_err(Some)
    }

    /// Has systemd start the unit that tells somebody of an incident; how it ends is not waited for.
    pub(super) async fn notify(&self, number: u64) -> Event {
        let taken = self.ordered(&Act::Notify(number)).await;
        Event::Notified { number, taken }
    }

    async fn ordered(&self, act: &Act) -> Result<(), String> {
        let _place = self.room.acquire().await;
        let limit = act.limit() + ARRIVAL;
        match act_socket::ordered(&self.path, &act.to_string(), limit).await {
            Ok(reply) if reply == DONE => Ok(()),
            Ok(reply) => Err(format!("cannot act: {reply}")),
            Err(error) => Err(format!(
                "cannot act ({act}) through {}: {error}; is juniper-act.socket active?",
                self.path.display()
            )),
        }
    }
}
