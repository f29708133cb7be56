//! Time-outs that add up: how long each unit may take to start.
//!
//! A service first waits for what it depends on, then starts itself; its budget is the longest
//! chain of such waits. systemd's default of 90 s appears nowhere by accident.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::spec::stack::{Gate, Stack};
use crate::spec::{Service, ServiceName};

/// Added to each wait, so that the one who waits does not give up before the one waited for.
const MARGIN: Duration = Duration::from_secs(5);

/// The budgets of one service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget {
    /// Waiting for its dependencies.
    pub wait: Duration,
    /// From its own start to its first ready answer, the wait included.
    pub ready: Duration,
}

impl Budget {
    /// What systemd is told: above the gate's own, so that the gate can say why.
    #[must_use]
    pub fn start_timeout(self) -> Duration {
        self.ready + MARGIN
    }
}

/// The budget of every service.
#[must_use]
pub fn of(stack: &Stack) -> BTreeMap<ServiceName, Budget> {
    let mut budgets: BTreeMap<ServiceName, Budget> = BTreeMap::new();
    // The services are in start order, so the budgets of dependencies are already there.
    for service in &stack.services {
        let wait = gated(service)
            .filter_map(|on| budgets.get(on))
            .map(|budget| budget.ready + MARGIN)
            .max()
            .unwrap_or_default();
        let own = service
            .managed()
            .map_or(Duration::ZERO, |managed| managed.startup.budget());
        budgets.insert(
            service.name.clone(),
            Budget {
                wait,
                ready: wait + own,
            },
        );
    }
    budgets
}

/// When the whole group is given up.
#[must_use]
pub fn of_group(budgets: &BTreeMap<ServiceName, Budget>) -> Budget {
    let longest = budgets
        .values()
        .map(|budget| budget.ready)
        .max()
        .unwrap_or_default();
    Budget {
        wait: longest,
        ready: longest + MARGIN,
    }
}

fn gated(service: &Service) -> impl Iterator<Item = &ServiceName> {
    service
        .depends_on
        .iter()
        .filter(|edge| edge.gate != Gate::Started)
        .map(|edge| &edge.on)
}
