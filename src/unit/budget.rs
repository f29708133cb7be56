//! Time-outs that add up: how long each unit may take to start.
//!
//! A service first waits for what it depends on, then starts itself; its budget is the longest
//! chain of such waits. systemd's default of 90 s appears nowhere by accident.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::spec::stack::Stack;
use crate::spec::{Service, ServiceName};

/// Added to each wait, so that the one who waits does not give up before the one waited for.
const MARGIN: Duration = Duration::from_secs(5);

/// The shortest wait. One that is in vain ends with a failed start, and five of those within a minute
/// are systemd's start limit: a dependency that is away for long must not end its dependents.
const SHORTEST: Duration = Duration::from_secs(15);

/// The budgets of one service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget {
    /// Waiting for its dependencies.
    pub wait: Duration,
    /// From its program's start to its first ready answer.
    pub startup: Duration,
}

impl Budget {
    /// Both: when its dependents may count on it.
    #[must_use]
    pub fn ready(self) -> Duration {
        self.wait + self.startup
    }

    /// What systemd is told: above the gate's own, so that the gate can say why.
    #[must_use]
    pub fn start_timeout(self) -> Duration {
        self.ready() + MARGIN
    }

    /// When a start is no longer waited for, though systemd goes on trying: above one try.
    #[must_use]
    pub fn job_timeout(self) -> Duration {
        self.start_timeout() + MARGIN
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
            .map(|budget| (budget.ready() + MARGIN).max(SHORTEST))
            .max()
            .unwrap_or_default();
        let own = service
            .managed()
            .map_or(Duration::ZERO, |managed| managed.startup.budget());
        budgets.insert(
            service.name.clone(),
            Budget { wait, startup: own },
        );
    }
    budgets
}

/// When the whole group is given up.
#[must_use]
pub fn of_group(budgets: &BTreeMap<ServiceName, Budget>) -> Budget {
    let longest = budgets
        .values()
        .map(|budget| budget.ready())
        .max()
        .unwrap_or_default();
    Budget {
        wait: longest,
        startup: MARGIN,
    }
}

/// The services it waits for in its gate.
fn gated(service: &Service) -> impl Iterator<Item = &ServiceName> {
    service.depends_on.iter().map(|edge| &edge.on)
}
