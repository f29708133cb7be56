//! Where the time goes between the last service's first ready answer and the return of the start.

use juniper_lab::Error;

use super::report::row;
use super::site::{CANOPY, Site, Started, TARGET};
use super::statistics::Sample;

/// The unit that asks the whole group at the end.
const READY: &str = "juniper-ready.service";

/// The steps, in their order.
const STEPS: [&str; 4] = [
    "after canopy is ready: its unit is active",
    "then juniper-ready.service is done",
    "then juniper.target is active",
    "then `systemctl start` returns",
];

/// How long each step took.
#[derive(Debug, Default)]
pub(super) struct Tail([Sample; STEPS.len()]);

impl Tail {
    /// Takes the steps of one start, while the group still runs.
    pub(super) fn note(&mut self, site: &Site, started: &Started) -> Result<(), Error> {
        let (_, canopy) = site.moments(CANOPY.unit, started)?;
        let (_, done) = site.moments(READY, started)?;
        let (_, target) = site.moments(TARGET, started)?;
        let ends = [canopy, done, target, started.returned];
        let mut before = started.ready(CANOPY);
        for (sample, end) in self.0.iter_mut().zip(ends) {
            sample.push(end - before);
            before = end;
        }
        Ok(())
    }

    /// One row for each step.
    pub(super) fn rows(&self) -> impl Iterator<Item = Vec<String>> {
        STEPS
            .iter()
            .zip(&self.0)
            .map(|(step, sample)| row(step, sample))
    }
}
