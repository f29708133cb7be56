//! Incidents whose root cause is a GPU: the kernel told of it, and what then fails on it follows from it.
//!
//! One GPU has one incident at a time, whatever else is told of it meanwhile.

use std::time::Duration;

use crate::kernel_log::{Fault, Faults};

use super::super::event::Moment;
use super::super::incident::{GpuAtFault, Incident, Taken, VERSION, What};
use super::{Ledger, Open};

/// A service may notice that its GPU is gone before the kernel has said so: what began this long before
/// follows from it, too.
const BEFORE: Duration = Duration::from_mins(1);

impl Ledger {
    /// Takes a fault of a GPU in, which these members may use.
    pub fn fault(&mut self, fault: &Fault, faults: &Faults, users: Vec<String>, now: Moment) {
        let of_gpu = |open: &&mut Open| {
            let gpu = open.incident.gpu.as_ref();
            gpu.is_some_and(|gpu| gpu.has(fault))
        };
        let gpu = GpuAtFault {
            address: fault.gpu.clone(),
            uuid: fault
                .gpu
                .as_ref()
                .and_then(|address| faults.names.get(address).cloned()),
            symptom: fault.symptom,
            cure: fault.cure,
            users,
        };
        if let Some(open) = self.open.iter_mut().find(of_gpu) {
            let known = open.incident.gpu.as_ref();
            if known.is_some_and(|known| known.cure < gpu.cure) {
                open.incident.cause = cause(fault);
                open.incident.gpu = Some(gpu);
                open.changed = true;
            }
            open.well_since = None;
            return;
        }
        let root = fault.whose();
        // What was taken for a fault of a service turns out to be a consequence: the incident is the same.
        let since = fault
            .first_us
            .saturating_sub(u64::try_from(BEFORE.as_micros()).unwrap_or(u64::MAX));
        let is_consequence = |open: &&mut Open| {
            open.incident.gpu.is_none()
                && open.incident.began_us >= since
                && gpu.users.contains(&open.incident.root)
        };
        if let Some(open) = self.open.iter_mut().find(is_consequence) {
            let suffering = std::mem::replace(&mut open.incident.root, root);
            open.incident.consequences.insert(0, suffering);
            open.incident.cause = cause(fault);
            open.incident.gpu = Some(gpu);
            open.changed = true;
            return;
        }
        let incident = Incident {
            version: VERSION,
            number: self.next,
            root,
            cause: cause(fault),
            began_us: fault.last_us,
            last_good_us: None,
            opened_us: now.wall,
            closed_us: None,
            consequences: Vec::new(),
            actions: Vec::new(),
            notified_us: None,
            gpu: Some(gpu),
        };
        self.open.push(Open::new(incident, true));
        self.next += 1;
    }

    /// Whether a member was given up in an incident that is open.
    #[must_use]
    pub fn gave_up(&self, label: &str) -> bool {
        let given_up = |taken: &Taken| taken.label == label && taken.what == What::GivenUp;
        self.open()
            .any(|incident| incident.actions.iter().any(given_up))
    }

    /// Notes of which GPUs a fault lasts that keeps somebody from being started.
    pub fn lasting(&mut self, lasts: impl Fn(&GpuAtFault) -> bool) {
        for open in &mut self.open {
            open.lasts = open.incident.gpu.as_ref().is_some_and(&lasts);
        }
    }
}

/// It follows upon the GPU's name and a colon.
fn cause(fault: &Fault) -> String {
    format!("it {}", fault.predicate())
}
