//! Jobs: queued by us, ended by systemd, matched by object path, judged by their result.

use futures_util::StreamExt as _;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use zbus::OwnedObjectPath;

use super::error::BusError;
use super::proxy::{JobRemoved, JobRemovedStream};

/// A job that systemd works on for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The unit it is for.
    pub unit: String,
    pub(super) path: OwnedObjectPath,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As asked; also `skipped`, where a condition made it unnecessary.
    Done,
    /// The unit failed.
    Failed,
    /// A unit it requires failed.
    Dependency,
    /// It took too long.
    Timeout,
    /// Another job replaced it.
    Canceled,
    /// A result of a newer systemd.
    Other(String),
}

impl Outcome {
    fn parse(result: &str) -> Self {
        match result {
            "done" | "skipped" => Self::Done,
            "failed" => Self::Failed,
            "dependency" => Self::Dependency,
            "timeout" => Self::Timeout,
            "canceled" => Self::Canceled,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// The jobs that end while we listen.
pub struct Jobs {
    ended: UnboundedReceiver<JobRemoved>,
    listener: JoinHandle<()>,
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Jobs {
    /// Listens at once and all the time: a connection takes nothing more in while 64 signals wait to
    /// be taken, so that the answer to a question that is asked meanwhile would never come.
    pub(super) fn new(mut ended: JobRemovedStream) -> Self {
        let (teller, heard) = unbounded_channel();
        let listener = tokio::spawn(async move {
            while let Some(signal) = ended.next().await {
                if teller.send(signal).is_err() {
                    break;
                }
            }
        });
        Self {
            ended: heard,
            listener,
        }
    }

    /// Waits until any job of anybody ends.
    ///
    /// # Errors
    /// The bus went away.
    pub async fn any(&mut self) -> Result<(), BusError> {
        match self.ended.recv().await {
            Some(_) => Ok(()),
            None => Err(closed()),
        }
    }

    /// The next of `jobs` that ends, taken out of it, with its outcome; `None` where none is left.
    ///
    /// # Errors
    /// The bus went away.
    pub async fn next(&mut self, jobs: &mut Vec<Job>) -> Result<Option<(Job, Outcome)>, BusError> {
        while !jobs.is_empty() {
            let Some(signal) = self.ended.recv().await else {
                return Err(closed());
            };
            let Ok(ended) = signal.args() else {
                continue;
            };
            if let Some(index) = jobs.iter().position(|job| job.path == *ended.job()) {
                let job = jobs.swap_remove(index);
                return Ok(Some((job, Outcome::parse(ended.result()))));
            }
        }
        Ok(None)
    }
}

fn closed() -> BusError {
    BusError::Unreachable("the bus closed the connection".to_owned())
}
