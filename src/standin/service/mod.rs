//! The living half of each service: it looks at the machine and at its neighbours, and hands
//! what it found to `contract`, which alone decides what is said. It knows no socket of its own
//! server and no faults.

mod canopy;
mod cascor;
mod data;
pub(crate) mod replay;
mod snapshots;
mod store;
mod worker;

use std::rc::Rc;

use crate::cli::Service;
use crate::clock::Clock;
use crate::contract::route::{Route, route};
use crate::contract::{Answer, Asked, Claim};
use crate::failure::Failure;
use crate::key::Keys;
use crate::settings::Own;

/// A service that has started.
pub(crate) enum Running {
    Data(data::Data),
    Cascor(Rc<cascor::Cascor>),
    Canopy(Rc<canopy::Canopy>),
    Worker(Rc<worker::Worker>),
    Replay(replay::Replay),
}

impl Running {
    /// Does what the real service does before it listens.
    pub(crate) fn start(own: Own, keys: &Keys, clock: Clock) -> Result<Self, Failure> {
        Ok(match own {
            Own::Data { storage } => Self::Data(data::Data::start(storage)?),
            Own::Cascor {
                data,
                auto_start,
                training,
                snapshots,
            } => {
                let plan = cascor::Plan {
                    training,
                    snapshots,
                    auto_start,
                };
                Self::Cascor(Rc::new(cascor::Cascor::new(data, plan, clock)))
            }
            Own::Canopy { data, cascor, demo } => Self::Canopy(Rc::new(canopy::Canopy::start(
                data,
                cascor,
                demo,
                keys.header(),
                clock,
            ))),
            Own::Worker { cascor } => {
                Self::Worker(Rc::new(worker::Worker::new(cascor, keys.header(), clock)))
            }
            Own::Replay(play) => Self::Replay(replay::Replay::start(play)),
        })
    }

    /// Begins what goes on in the background, once the service listens.
    pub(crate) fn begin(&self) {
        match self {
            Self::Data(_) | Self::Replay(_) => {}
            Self::Cascor(cascor) => cascor.begin(),
            Self::Canopy(canopy) => canopy.begin(),
            Self::Worker(worker) => worker.begin(),
        }
    }

    /// Puts the dashboard into demo mode, or back into what it found at its start.
    pub(crate) fn pretend_demo(&self, demo: bool) {
        if let Self::Canopy(canopy) = self {
            canopy.pretend_demo(demo);
        }
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, service: Service, asked: &Asked, claim: Claim) -> Answer {
        if let Self::Replay(replay) = self {
            return replay.answer(asked, claim).await;
        }
        let route = route(
            service,
            &asked.method,
            &asked.path,
            asked.authority.as_deref(),
        );
        match (self, route) {
            (_, Route::Refused(answer)) => answer,
            (Self::Replay(_), _) => foreign(),
            (Self::Data(data), route) => data.answer(&route, asked, claim),
            (Self::Cascor(cascor), route) => cascor.answer(&route, asked, claim),
            (Self::Canopy(canopy), route) => canopy.answer(&route, claim).await,
            (Self::Worker(worker), route) => worker.answer(&route, claim),
        }
    }
}

/// What a service says to a route that only another one has; `route` never lets one through.
fn foreign() -> Answer {
    Answer::detail(404, "Not Found")
}
