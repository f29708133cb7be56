//! The dashboard's living half: it decides its mode once, at start, and in service mode polls its
//! backend every second. It asks from another thread, so that a slow neighbour never delays its
//! liveness.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use crate::address::ServiceUrl;
use crate::cli::Service;
use crate::clock::{self, Clock};
use crate::contract::canopy::{self, Standing};
use crate::contract::probed::Probed;
use crate::contract::route::Route;
use crate::contract::watch::Watch;
use crate::contract::{Answer, Claim};
use crate::{dependency, log};

const POLL: Duration = Duration::from_secs(1);

/// The dashboard and its neighbours.
pub(crate) struct Canopy {
    data: ServiceUrl,
    cascor: Option<ServiceUrl>,
    /// The line that sends cascor's key.
    key: String,
    clock: Clock,
    data_available: bool,
    /// Nothing in demo mode, which lasts until the process ends.
    watch: Option<RefCell<Watch>>,
    /// A fault: demo mode though a backend was found.
    pretends_demo: Cell<bool>,
}

impl Canopy {
    /// Looks at both neighbours and settles on a mode. Blocking is right: nothing listens yet.
    pub(crate) fn start(
        data: ServiceUrl,
        cascor: Option<ServiceUrl>,
        demo: bool,
        key: String,
        clock: Clock,
    ) -> Self {
        let data_available = dependency::probe(&data).is_healthy();
        let backend = cascor.as_ref().filter(|_| !demo);
        let reached = backend.is_some_and(|url| dependency::probe(url).is_healthy());
        let mode = if reached { "service" } else { "demo" };
        log::event(
            Service::Canopy,
            clock,
            &format!("backend initialized: {mode}"),
        );
        let watch = reached.then(|| RefCell::new(Watch::new(clock.elapsed())));
        Self {
            data,
            cascor,
            key,
            clock,
            data_available,
            watch,
            pretends_demo: Cell::default(),
        }
    }

    /// Pretends demo mode, or no more.
    pub(crate) fn pretend_demo(&self, demo: bool) {
        self.pretends_demo.set(demo);
    }

    /// Polls the backend for as long as the process lives.
    pub(crate) fn begin(self: &Rc<Self>) {
        let canopy = Rc::clone(self);
        tokio::task::spawn_local(async move {
            if let (Some(watch), Some(url)) = (&canopy.watch, &canopy.cascor) {
                loop {
                    canopy.poll(watch, url).await;
                    tokio::time::sleep(POLL).await;
                }
            }
        });
    }

    async fn poll(&self, watch: &RefCell<Watch>, url: &ServiceUrl) {
        if !watch.borrow().may_poll(self.clock.elapsed()) {
            return;
        }
        let (url, key) = (url.clone(), self.key.clone());
        let polled = tokio::task::spawn_blocking(move || is_training(&url, &key)).await;
        let now = self.clock.elapsed();
        watch.borrow_mut().take(now, polled.ok().flatten());
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, route: &Route, claim: Claim) -> Answer {
        match route {
            Route::Health => canopy::health(&self.standing(), clock::timestamp()),
            Route::Live => canopy::live(),
            Route::Ready => self.ready(claim).await,
            Route::Dashboard => canopy::dashboard(),
            Route::Layouts => canopy::layouts(),
            _ => super::foreign(),
        }
    }

    async fn ready(&self, claim: Claim) -> Answer {
        let (data, cascor) = (self.data.clone(), self.cascor.clone());
        // One after the other, as the real service asks.
        let both = tokio::task::spawn_blocking(move || -> (Probed, Option<Probed>) {
            let first = dependency::probe(&data);
            (first, cascor.as_ref().map(dependency::probe))
        });
        match both.await {
            Ok((data, cascor)) => {
                let standing = self.standing();
                canopy::ready(&data, cascor.as_ref(), &standing, claim, clock::timestamp())
            }
            Err(_) => Answer::detail(500, "Internal Server Error"),
        }
    }

    fn standing(&self) -> Standing {
        let watch = self
            .watch
            .as_ref()
            .filter(|_| !self.pretends_demo.get())
            .map(|watch| *watch.borrow());
        Standing {
            data_available: self.data_available,
            backend: watch.map(|watch| watch.status(self.clock.elapsed())),
            training_active: watch.is_none_or(|watch| watch.is_training()),
        }
    }
}

/// Whether the backend trains; nothing when it did not answer as itself.
fn is_training(url: &ServiceUrl, key: &str) -> Option<bool> {
    let (status, body) = dependency::fetch(url, dependency::TRAINING, key).ok()?;
    let body: Value = serde_json::from_str(&body).ok().filter(|_| status == 200)?;
    body.pointer("/data/training_active")?.as_bool()
}
