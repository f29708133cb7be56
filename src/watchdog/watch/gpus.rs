//! GPUs of which the kernel tells a fault: one incident each, and no restart where none can help.
//!
//! Nobody is ended for it: what runs is left alone, and one that hangs on such a GPU is given up instead of
//! being ended again and again. Whether a start is refused is up to the gate, by the same rule.

use crate::kernel_log::users::may_use;
use crate::kernel_log::{Fault, Faults};
use crate::ordered;

use super::super::event::{Moment, Standing};
use super::super::incident::What;
use super::super::member::MemberWatch;
use super::Watchdog;

impl Watchdog {
    /// Takes in what the kernel has told; what is new of it becomes incidents.
    pub(super) fn take_faults(&mut self, faults: Faults, now: Moment) {
        self.faults = faults;
        let new = |fault: &&Fault| fault.kernel_us > self.gpus_seen_us;
        let mut new: Vec<Fault> = self.faults.faults.iter().filter(new).cloned().collect();
        ordered::sort_by_key(&mut new, |fault| fault.kernel_us);
        for fault in new {
            let users = self
                .members
                .iter()
                .filter(|member| may_use(&member.watched.gpu, self.faults.name(&fault)))
                .map(|member| member.watched.label.clone())
                .collect();
            self.ledger.fault(&fault, &self.faults, users, now);
        }
    }

    /// Whether there are faults that have become incidents since this was asked last.
    pub(super) fn faults_seen(&mut self) -> bool {
        let newest = self.faults.faults.iter().map(|fault| fault.kernel_us).max();
        let is_new = newest.is_some_and(|newest| newest > self.gpus_seen_us);
        if is_new {
            self.gpus_seen_us = newest.unwrap_or_default();
        }
        is_new
    }

    /// The fault that keeps a member from being started, if any.
    pub(super) fn fault_of<'w>(&'w self, member: &'w MemberWatch) -> Option<&'w Fault> {
        let gpu = &member.watched.gpu;
        self.faults.that_rules_out(
            |name| may_use(gpu, name),
            self.orders.cleared(&member.watched.label),
        )
    }

    /// Why a member is not started any more, if so: it does not run, and its GPU has a fault that no
    /// restart cures.
    pub(super) fn lost_gpu(&self, member: &MemberWatch) -> Option<String> {
        let runs = matches!(member.standing, Standing::Running | Standing::Stopped);
        let fault = self.fault_of(member)?;
        (!runs || self.ledger.gave_up(&member.watched.label)).then(|| fault.sentence())
    }

    /// Tells the ledger of which GPUs a fault lasts.
    pub(super) fn lasting_faults(&mut self) {
        let lasts = |fault: &&Fault| {
            fault.rules_out_restarts()
                && self.members.iter().any(|member| {
                    may_use(&member.watched.gpu, self.faults.name(fault))
                        && fault.last_us > self.orders.cleared(&member.watched.label)
                })
        };
        let lasting: Vec<&Fault> = self.faults.faults.iter().filter(lasts).collect();
        self.ledger
            .lasting(|gpu| lasting.iter().any(|fault| gpu.has(fault)));
    }

    /// Whether a member that is to be ended is given up instead, for the sake of its GPU.
    pub(super) fn is_given_up_for_gpu(&mut self, label: &str, now: Moment) -> bool {
        let of_label = |member: &&MemberWatch| member.watched.label == label;
        let member = self.members.iter().find(of_label);
        let Some(fault) = member.and_then(|member| self.fault_of(member)) else {
            return false;
        };
        let why = fault.sentence();
        if !self.ledger.gave_up(label) {
            self.ledger.note(label, What::GivenUp, &why, now);
        }
        true
    }
}
