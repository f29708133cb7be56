//! The training service's living half: it asks the dataset service, *blocking its only thread*
//! as the real one does, keeps the time of a pretended run, and leaves a small file at its end.
//! It never trains anything.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use crate::address::ServiceUrl;
use crate::cli::Service;
use crate::clock::{self, Clock};
use crate::contract::route::Route;
use crate::contract::{Answer, Claim, cascor};
use crate::training::{self, Stage};
use crate::{dependency, log};

/// How a run goes.
pub(crate) struct Plan {
    pub(crate) training: Duration,
    pub(crate) snapshots: Option<PathBuf>,
    pub(crate) auto_start: bool,
}

/// The training service, its dataset service and its one run.
pub(crate) struct Cascor {
    data: Option<ServiceUrl>,
    plan: Plan,
    clock: Clock,
    /// When the process started, in the replies' own time.
    born: f64,
    /// When the latest run began, since process start.
    run: Cell<Option<Duration>>,
}

impl Cascor {
    /// A training service on which no run was started yet.
    pub(crate) fn new(data: Option<ServiceUrl>, plan: Plan, clock: Clock) -> Self {
        let born = clock::timestamp() - clock.elapsed().as_secs_f64();
        Self {
            data,
            plan,
            clock,
            born,
            run: Cell::new(None),
        }
    }

    /// Starts the run that nobody has to ask for.
    pub(crate) fn begin(self: &Rc<Self>) {
        if self.plan.auto_start {
            self.start_run();
        }
    }

    /// Answers one request.
    pub(crate) fn answer(self: &Rc<Self>, route: &Route, claim: Claim) -> Answer {
        match route {
            Route::Health => cascor::health(),
            Route::Live => cascor::live(),
            Route::Ready => {
                let data = self.data.as_ref().map(dependency::probe);
                let (stage, changed) = self.stage();
                cascor::ready(data.as_ref(), stage, changed, claim, clock::timestamp())
            }
            Route::TrainingStart if self.stage().0.is_active() => {
                cascor::training_refused(clock::timestamp())
            }
            Route::TrainingStart => {
                self.start_run();
                cascor::training_started(clock::timestamp())
            }
            Route::TrainingStatus => {
                let (stage, changed) = self.stage();
                cascor::training_status(stage, changed, clock::timestamp())
            }
            _ => super::foreign(),
        }
    }

    /// The stage, and when it last changed.
    fn stage(&self) -> (Stage, f64) {
        let Some(began) = self.run.get() else {
            return (Stage::Stopped, self.born);
        };
        let since = self.clock.elapsed().saturating_sub(began);
        let changed = began + since.min(self.plan.training);
        let stage = Stage::at(self.plan.training, since);
        (stage, self.born + changed.as_secs_f64())
    }

    fn start_run(self: &Rc<Self>) {
        let began = self.clock.elapsed();
        self.run.set(Some(began));
        log::event(Service::Cascor, self.clock, "training started");
        let cascor = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let end = began.saturating_add(cascor.plan.training);
            cascor.clock.sleep_until(end).await;
            cascor.finish_run();
        });
    }

    fn finish_run(&self) {
        if let Some(directory) = &self.plan.snapshots
            && let Err(error) = save(directory)
        {
            let directory = directory.display();
            log::line(&format!(
                "juniper-standin cascor: no snapshot in {directory}: {error}"
            ));
        }
        log::event(Service::Cascor, self.clock, "training completed");
    }
}

/// Leaves a snapshot: written aside and renamed, so that no reader sees half of one.
fn save(directory: &Path) -> std::io::Result<()> {
    let name = training::snapshot_name(clock::unix_seconds());
    let partial = directory.join(format!("{name}.partial"));
    fs::create_dir_all(directory)?;
    fs::write(&partial, SNAPSHOT)?;
    fs::rename(partial, directory.join(name))
}

/// The signature of an HDF5 file and a word on what this one is.
const SNAPSHOT: &[u8] = b"\x89HDF\r\n\x1a\nleft by the stand-in; there is no network in it\n";
