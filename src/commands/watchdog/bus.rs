//! systemd as the watchdog asks it: every question with a time limit, a lost bus found again.
//!
//! It only looks, as everybody may. What is to be done goes another way (`actor`).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use crate::host::clock;
use crate::host::systemd::{Bus as Way, BusError, Systemd};
use crate::metrics::Run;
use crate::ordered::Ordered as _;
use crate::watchdog::{Look, Standing};

use super::Told;
use super::endpoints::Endpoints;

/// systemd answers within this, or is not there: while it re-executes itself, or the bus restarts.
const LIMIT: Duration = Duration::from_secs(5);

/// The connection, made when it is needed.
pub(super) struct Bus {
    way: Way,
    systemd: RefCell<Option<Rc<Systemd>>>,
    trouble: RefCell<Option<String>>,
}

impl Bus {
    /// No connection yet.
    pub(super) fn new(way: Way) -> Self {
        Self {
            way,
            systemd: RefCell::default(),
            trouble: RefCell::default(),
        }
    }

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
            .ordered();
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

    async fn asked<T>(
        &self,
        question: impl AsyncFnOnce(&Systemd) -> Result<T, BusError>,
    ) -> Result<T, Told> {
        let answer = clock::within(LIMIT, async {
            let systemd = self.connected().await?;
            question(&systemd).await
        })
        .await
        .unwrap_or_else(|| {
            Err(BusError::Unreachable(format!(
                "no answer within {} s",
                LIMIT.as_secs()
            )))
        });
        let trouble = match &answer {
            Err(error @ (BusError::Unreachable(_) | BusError::NoUserManager { .. })) => {
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
        let systemd = Rc::new(Systemd::connect(&self.way).await?);
        *self.systemd.borrow_mut() = Some(Rc::clone(&systemd));
        Ok(systemd)
    }
}
