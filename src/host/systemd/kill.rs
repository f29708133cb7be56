//! Signals to units: systemd sends them, to the main process alone.

use rustix::process::Signal;

use super::{BusError, Systemd};

/// How a service is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With SIGABRT, so that Python's fault handler says where it was; with SIGCONT after it, because
    /// a stopped process acts on nothing else.
    Abort,
    /// With SIGKILL.
    Kill,
}

impl Systemd {
    /// Ends the main process of a unit; systemd then does what the unit says.
    ///
    /// # Errors
    /// No permission, no such unit, or it has no main process.
    pub async fn end(&self, unit: &str, ending: Ending) -> Result<(), BusError> {
        match ending {
            Ending::Abort => {
                self.signal(unit, Signal::ABORT).await?;
                // Where the process is gone by now there is nothing left to wake.
                drop(self.signal(unit, Signal::CONT).await);
                Ok(())
            }
            Ending::Kill => self.signal(unit, Signal::KILL).await,
        }
    }

    /// Queues the reload of a unit.
    ///
    /// # Errors
    /// No permission, or it does not run.
    pub async fn reload_unit(&self, unit: &str) -> Result<(), BusError> {
        self.manager
            .reload_unit(unit, "fail")
            .await
            .map(drop)
            .map_err(|error| BusError::call(&format!("reload {unit}"), &error))
    }

    async fn signal(&self, unit: &str, signal: Signal) -> Result<(), BusError> {
        self.manager
            .kill_unit(unit, "main", signal.as_raw())
            .await
            .map_err(|error| BusError::call(&format!("send a signal to {unit}"), &error))
    }
}
