//! The training service's living half: it asks the dataset service, *blocking its only thread*
//! as the real one does, keeps the time of a pretended run, and leaves a small file at its end.
//! It never trains anything.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};

use super::snapshots::Snapshots;
use crate::address::ServiceUrl;
use crate::cli::Service;
use crate::clock::{self, Clock};
use crate::contract::cascor::{self, envelope, invalid, refused};
use crate::contract::cascor_request::{Request, body, staged, start};
use crate::contract::dataset::requested::parameter;
use crate::contract::network::{Network, Refused};
use crate::contract::route::Route;
use crate::contract::session::{Otherwise, Picture, Session};
use crate::contract::{Answer, Asked, Claim, work};
use crate::{dependency, log};

/// How a run goes.
pub(crate) struct Plan {
    pub(crate) training: Duration,
    pub(crate) snapshots: Option<PathBuf>,
    pub(crate) auto_start: bool,
}

/// The training service, its dataset service and its work.
pub(crate) struct Cascor {
    data: Option<ServiceUrl>,
    auto_start: bool,
    clock: Clock,
    /// When the process started, in the replies' own time.
    born: f64,
    session: RefCell<Session>,
    snapshots: Snapshots,
}

impl Cascor {
    /// A training service on which no run was started yet.
    pub(crate) fn new(data: Option<ServiceUrl>, plan: Plan, clock: Clock) -> Self {
        let born = clock::timestamp() - clock.elapsed().as_secs_f64();
        Self {
            data,
            auto_start: plan.auto_start,
            clock,
            born,
            session: RefCell::new(Session::new(plan.training)),
            snapshots: Snapshots::new(plan.snapshots),
        }
    }

    /// Starts the run that nobody has to ask for.
    pub(crate) fn begin(self: &Rc<Self>) {
        if self.auto_start {
            let nothing = serde_json::Map::new();
            // Nothing goes on yet that could be in its way.
            let _ = self.session.borrow_mut().start(
                None,
                Otherwise::Own,
                &nothing,
                self.clock.elapsed(),
            );
            self.run_goes_on("started");
        }
    }

    /// Answers one request.
    pub(crate) fn answer(self: &Rc<Self>, route: &Route, asked: &Asked, claim: Claim) -> Answer {
        match route {
            Route::Health => cascor::health(),
            Route::Live => cascor::live(),
            Route::Ready => {
                let data = self.data.as_ref().map(dependency::probe);
                cascor::ready(data.as_ref(), &self.picture(), claim, clock::timestamp())
            }
            Route::TrainingStart => self.start(asked).unwrap_or_else(|refusal| refusal),
            Route::TrainingStatus => work::status(&self.picture(), clock::timestamp()),
            Route::Cascor(request) => {
                let answer = self.work(request, asked, clock::timestamp());
                answer.unwrap_or_else(|refusal| refusal)
            }
            _ => super::foreign(),
        }
    }

    fn picture(&self) -> Picture {
        self.session
            .borrow()
            .picture(self.clock.elapsed(), self.born)
    }

    fn start(self: &Rc<Self>, asked: &Asked) -> Result<Answer, Answer> {
        let now = clock::timestamp();
        let wanted = start(asked, now)?;
        self.session
            .borrow_mut()
            .start(
                wanted.loaded,
                wanted.or_else,
                &wanted.parameters,
                self.clock.elapsed(),
            )
            .map_err(|why| refused(409, &format!("Training cannot be started: {why}"), now))?;
        self.run_goes_on("started");
        Ok(work::done("training_started", now))
    }

    /// What is asked of the network, and everything else.
    fn work(self: &Rc<Self>, request: &Request, asked: &Asked, now: f64) -> Result<Answer, Answer> {
        let age = self.clock.elapsed();
        let picture = self.picture();
        let network = || picture.network.as_ref().ok_or_else(|| no_network(now));
        let conflict = |what: &str| conflict(what, now);
        let mut session = self.session.borrow_mut();
        let units = picture.hidden_units();
        Ok(match request {
            Request::CreateNetwork => {
                let made = Network::requested(&body(asked, now)?, now.to_bits())
                    .map_err(|refused| not_valid(&refused, now))?;
                if !session.is_at_rest(age) {
                    return Err(conflict("Network cannot be created"));
                }
                let described = made.described(0);
                session.replace(Some(made), age);
                envelope(described, now)
            }
            Request::Network => envelope(network()?.described(units), now),
            Request::DeleteNetwork if session.is_at_rest(age) => {
                session.replace(None, age);
                envelope(json!({"deleted": true}), now)
            }
            Request::DeleteNetwork => return Err(conflict("Network cannot be deleted")),
            Request::Topology => envelope(network()?.topology(units), now),
            Request::Statistics => envelope(network()?.statistics(units), now),
            _ => {
                drop(session);
                return self.run(request, asked, now);
            }
        })
    }

    /// What is asked of runs, their parameters, and what the next one trains on.
    fn run(self: &Rc<Self>, request: &Request, asked: &Asked, now: f64) -> Result<Answer, Answer> {
        let age = self.clock.elapsed();
        let picture = self.picture();
        let conflict = |what: &str| conflict(what, now);
        let mut session = self.session.borrow_mut();
        Ok(match request {
            Request::Stop if picture.stage.state() == "INVESTIGATING" => {
                return Err(conflict("Training cannot be stopped"));
            }
            Request::Stop => {
                session.stop(age);
                work::done("stop_requested", now)
            }
            Request::Pause if session.pause(age) => work::done("paused", now),
            Request::Pause => return Err(conflict("Training cannot be paused")),
            Request::Resume if session.resume(age) => {
                drop(session);
                self.run_goes_on("resumed");
                work::done("resumed", now)
            }
            Request::Resume => return Err(conflict("Training cannot be resumed")),
            Request::Reset => {
                session.reset(age);
                work::done("reset", now)
            }
            Request::Parameters => {
                let network = picture.network.ok_or_else(|| no_network(now))?;
                envelope(network.parameters(), now)
            }
            Request::SetParameters => {
                let wanted = body(asked, now)?;
                let network = session.network.as_mut().ok_or_else(|| no_network(now))?;
                let applied = network.set(&wanted).map_err(|it| not_valid(&it, now))?;
                let mut told = network.parameters();
                told.insert("applied".to_owned(), json!(applied));
                told.insert("skipped".to_owned(), json!([]));
                envelope(told, now)
            }
            Request::Stage => {
                session.staged = staged(asked, now)?;
                let status = if session.staged.is_some() {
                    "staged"
                } else {
                    "cleared"
                };
                envelope(json!({"status": status, "config": session.staged}), now)
            }
            Request::Unstage => {
                let discarded = session.staged.take();
                envelope(json!({"status": "cleared", "discarded": discarded}), now)
            }
            Request::Staged => envelope(json!({"pending": session.staged}), now),
            _ => {
                drop(session);
                return self.shown(request, asked, now);
            }
        })
    }

    /// What is asked of results, snapshots and workers.
    fn shown(&self, request: &Request, asked: &Asked, now: f64) -> Result<Answer, Answer> {
        let picture = self.picture();
        let network = || picture.network.as_ref().ok_or_else(|| no_network(now));
        let mut session = self.session.borrow_mut();
        Ok(match request {
            Request::Metrics => {
                network()?;
                work::metrics(&picture, now)
            }
            Request::History => {
                let count = parameter(asked, "count").and_then(|it| it.parse().ok());
                work::history(&picture, count, now)
            }
            Request::Dataset => work::dataset(session.dataset.as_ref(), now),
            Request::DatasetData => work::dataset_data(session.dataset.as_ref(), now),
            Request::Boundary => {
                network()?;
                let resolution = parameter(asked, "resolution").and_then(|it| it.parse().ok());
                let loaded = session.dataset.as_ref();
                let loaded = loaded.ok_or_else(|| refused(404, "No training data loaded", now))?;
                work::boundary(loaded, resolution.unwrap_or(50).clamp(5, 200), now)
            }
            Request::Snapshots => envelope(self.snapshots.list(), now),
            Request::SaveSnapshot => {
                network()?;
                let description = body(asked, now)?.get("description").cloned();
                let saved = self.snapshots.save(clock::unix_seconds());
                let mut saved = saved.map_err(|error| {
                    refused(500, &format!("Snapshot save failed: {error}"), now)
                })?;
                let description = description.filter(Value::is_string).unwrap_or(json!(""));
                if let Some(fields) = saved.as_object_mut() {
                    fields.insert("description".to_owned(), description);
                }
                envelope(saved, now)
            }
            Request::Snapshot(id) => envelope(self.snapshot(id, now)?, now),
            Request::RestoreSnapshot(id) => {
                self.snapshot(id, now)?;
                let network = session
                    .network
                    .get_or_insert_with(|| Network::new(2, 2, now.to_bits()))
                    .parameters();
                session.investigate(self.clock.elapsed());
                let window = json!({"start_epoch": 0, "end_epoch": 0});
                let told = json!({
                    "snapshot_id": id,
                    "operation": "restore",
                    "fsm_state": "INVESTIGATING",
                    "time_index": {"default": "end", "snapshot_window": window},
                    "training_params": network,
                    "status": "restored",
                });
                envelope(told, now)
            }
            Request::Workers => envelope(json!({"workers": [], "count": 0}), now),
            Request::WorkerStatistics => {
                let told = json!({
                    "total": 0, "idle": 0, "busy": 0, "stale": 0,
                    "total_tasks_completed": 0, "total_tasks_failed": 0,
                    "average_health_score": 0.0, "timestamp": now,
                });
                envelope(told, now)
            }
            Request::Worker(id) => {
                return Err(refused(404, &format!("Worker '{id}' not found"), now));
            }
            // Answered above.
            Request::CreateNetwork
            | Request::Network
            | Request::DeleteNetwork
            | Request::Topology
            | Request::Statistics
            | Request::Stop
            | Request::Pause
            | Request::Resume
            | Request::Reset
            | Request::Parameters
            | Request::SetParameters
            | Request::Stage
            | Request::Unstage
            | Request::Staged => super::foreign(),
        })
    }

    fn snapshot(&self, id: &str, now: f64) -> Result<Value, Answer> {
        if !Snapshots::is_id(id) {
            return Err(refused(400, "Invalid snapshot_id format", now));
        }
        let found = self.snapshots.find(id);
        found.ok_or_else(|| refused(404, &format!("Snapshot '{id}' not found"), now))
    }

    /// Waits for the end of the run that has just begun to go on.
    fn run_goes_on(self: &Rc<Self>, how: &str) {
        log::event(Service::Cascor, self.clock, &format!("training {how}"));
        let Some(end) = self.session.borrow().end() else {
            return;
        };
        let cascor = Rc::clone(self);
        tokio::task::spawn_local(async move {
            cascor.clock.sleep_until(end).await;
            // Another run may go on by now, or this one may be held.
            if cascor.session.borrow().end() == Some(end) {
                cascor.finish_run();
            }
        });
    }

    fn finish_run(&self) {
        if self.snapshots.are_kept()
            && let Err(error) = self.snapshots.save(clock::unix_seconds())
        {
            log::line(&format!("juniper-standin cascor: no snapshot: {error}"));
        }
        log::event(Service::Cascor, self.clock, "training completed");
    }
}

fn no_network(now: f64) -> Answer {
    refused(404, "No network created", now)
}

fn conflict(what: &str, now: f64) -> Answer {
    refused(409, &format!("{what} in the current state"), now)
}

fn not_valid(refused: &Refused, now: f64) -> Answer {
    invalid(&refused.name, &refused.input, &refused.should_be, now)
}
