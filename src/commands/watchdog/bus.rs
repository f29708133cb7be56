//! systemd as the watchdog talks to it: every question with a time limit, a lost bus found again.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use crate::host::clock;
use crate::host::systemd::{BusError, Ending, Systemd, Verb};
use crate::metrics::Run;
use crate::readiness::unit_state::ActiveState;
use crate::unit::notification;
use crate::watchdog::{Event, Look, Standing};

use super::Told;
use super::endpoints::Endpoints;

/// systemd answers within this, or is not there: while it re-executes itself, or the bus restarts.
const LIMIT: Duration = Duration::from_secs(5);

/// An order to tell somebody is waited for this long: given up earlier, while systemd is busy with a
/// reload, it would be carried out all the same, and given a second time.
const ORDER: Duration = Duration::from_mins(1);

/// The connection, made when it is needed.
#[derive(Default)]
pub(super) struct Bus {
    systemd: RefCell<Option<Rc<Systemd>>>,
    trouble: RefCell<Option<String>>,
}

impl Bus {
    /// Why systemd could not be asked last, if it could not.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.borrow().clone()
    }

    /// How all units stand, by label; and the last run of one of them.
    pub(super) async fn standings(
        &self,
        endpoints: &Endpoints,
        whose: Option<&str>,
    ) -> Result<(BTreeMap<String, Standing>, Option<Run>), Told> {
        let closer = whose.map(|label| endpoints.unit(label));
        let units: Vec<String> = endpoints.units().map(|(_, unit)| unit.to_owned()).collect();
        let (states, run) = self
            .asked(async |systemd: &Systemd| {
                let mut states = systemd.states(&units).await?;
                let mut run = None;
                if let Some(state) = closer.and_then(|unit| states.get_mut(unit))
                    && state.found
                    // One that cannot be looked at closely must not keep the others from being seen.
                    && systemd.run(state).await.is_ok()
                {
                    run = Run::of(state);
                }
                Ok((states, run))
            })
            .await?;
        let standings = endpoints
            .units()
            .filter_map(|(label, unit)| Some((label.to_owned(), Standing::of(states.get(unit)?))))
            .collect();
        Ok((standings, run))
    }

    /// A closer look at one unit.
    pub(super) async fn look(&self, unit: &str) -> Result<Look, Told> {
        let units = [unit.to_owned()];
        self.asked(async |systemd: &Systemd| {
            let mut states = systemd.states(&units).await?;
            let mut state = states.remove(unit).unwrap_or_default();
            if state.found {
                systemd.detail(&mut state).await?;
            }
            Ok(Look::of(&state, clock::monotonic_microseconds()))
        })
        .await
    }

    /// Ends a unit's main process so that it says where it was.
    pub(super) async fn abort(&self, unit: &str) -> Result<Option<Event>, Told> {
        self.asked(async |systemd: &Systemd| systemd.end(unit, Ending::Abort).await)
            .await
            .map(|()| None)
    }

    /// Kills a unit's main process.
    pub(super) async fn kill(&self, unit: &str) -> Result<Option<Event>, Told> {
        self.asked(async |systemd: &Systemd| systemd.end(unit, Ending::Kill).await)
            .await
            .map(|()| None)
    }

    /// Restarts a unit that runs.
    pub(super) async fn restart(&self, unit: &str) -> Result<Option<Event>, Told> {
        self.asked(async |systemd: &Systemd| {
            systemd.restart_running(unit, &ActiveState::Active).await
        })
        .await
        .map(|()| None)
    }

    /// Has systemd start the unit that tells somebody of an incident; how it ends is not waited for.
    pub(super) async fn notify(&self, number: u64) -> Event {
        let unit = notification::instance(number);
        let order = async |systemd: &Systemd| systemd.enqueue(Verb::Start, &unit).await;
        let taken = match self.asked_within(ORDER, order).await {
            Ok(_) => Ok(()),
            Err(told) => Err(told.unwrap_or_else(|| "systemd cannot be reached".to_owned())),
        };
        Event::Notified { number, taken }
    }

    async fn asked<T>(
        &self,
        question: impl AsyncFnOnce(&Systemd) -> Result<T, BusError>,
    ) -> Result<T, Told> {
        self.asked_within(LIMIT, question).await
    }

    async fn asked_within<T>(
        &self,
        limit: Duration,
        question: impl AsyncFnOnce(&Systemd) -> Result<T, BusError>,
    ) -> Result<T, Told> {
        let answer = clock::within(limit, async {
            let systemd = self.connected().await?;
            question(&systemd).await
        })
        .await
        .unwrap_or_else(|| {
            Err(BusError::Unreachable(format!(
                "no answer within {} s",
                limit.as_secs()
            )))
        });
        let trouble = match &answer {
            Err(error @ BusError::Unreachable(_)) => {
                // The next question makes a new connection.
                self.systemd.borrow_mut().take();
                Some(error.to_string())
            }
            _ => None,
        };
        let is_new = self.trouble.borrow().is_none();
        let is_unreachable = trouble.is_some();
        *self.trouble.borrow_mut() = trouble;
        match answer {
            Ok(answer) => Ok(answer),
            // Told once; the line of status goes on telling it.
            Err(_) if is_unreachable && !is_new => Err(None),
            Err(error) => Err(Some(error.to_string())),
        }
    }

    async fn connected(&self) -> Result<Rc<Systemd>, BusError> {
        let present = self.systemd.borrow().clone();
        if let Some(systemd) = present {
            return Ok(systemd);
        }
        let systemd = Rc::new(Systemd::connect().await?);
        *self.systemd.borrow_mut() = Some(Rc::clone(&systemd));
        Ok(systemd)
    }
}
