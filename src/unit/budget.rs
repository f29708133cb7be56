//! Time-outs that add up: how long each unit may take to start.
//!
//! A service first waits for what it depends on, then starts itself; its budget is the longest
//! chain of such waits. systemd's default of 90 s appears nowhere by accident.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::spec::ServiceName;
use crate::spec::stack::{Gpu, Stack};

use super::gpu;

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
    /// Before all that: waiting for the driver of its GPU.
    pub before: Duration,
}

impl Budget {
    /// All of it: when its dependents may count on it.
    #[must_use]
    pub fn ready(self) -> Duration {
        self.before + self.wait + self.startup
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
        let wait = service
            .depends_on
            .iter()
            .filter_map(|edge| budgets.get(&edge.on))
            .map(|budget| budget.ready())
            // On another machine nothing is known but how long it may take itself.
            .chain(
                service
                    .managed()
                    .into_iter()
                    .flat_map(|managed| &managed.elsewhere)
                    .map(|awaited| awaited.startup.budget()),
            )
            .map(|ready| (ready + MARGIN).max(SHORTEST))
            .max()
            .unwrap_or_default();
        let own = service
            .managed()
            .map_or(Duration::ZERO, |managed| managed.startup.budget());
        let has_gpu = service
            .managed()
            .is_some_and(|managed| managed.gpu != Gpu::None);
        let budget = Budget {
            wait,
            startup: own,
            before: if has_gpu { gpu::WAIT } else { Duration::ZERO },
        };
        budgets.insert(service.name.clone(), budget);
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
        before: Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::{of, of_group};
    use crate::spec::ServiceName;
    use crate::spec::builtin::stack_of;
    use std::time::Duration;

    #[test]
    fn time_outs_add_up_along_the_longest_chain() {
        let stack = stack_of(
            "[services.quick]\ncommand = [\"/a\"]\nport = 1\nreadiness.path = \"/\"\n\
             startup = { interval = \"1s\", failure_threshold = 2 }\n\
             [services.slow]\ncommand = [\"/a\"]\nport = 2\nreadiness.path = \"/\"\n\
             startup = { interval = \"1s\", failure_threshold = 60 }\n\
             [services.last]\ncommand = [\"/a\"]\nport = 3\nreadiness.path = \"/\"\n\
             startup = { interval = \"1s\", failure_threshold = 10 }\n\
             depends_on = { quick = {}, slow = {} }\n\
             [services.next]\ncommand = [\"/a\"]\nport = 4\ndepends_on.quick = {}\n\
             [profiles.p]\nservices = [\"quick\", \"slow\", \"last\", \"next\"]\n",
            "p",
        );
        let budgets = of(&stack);
        let seconds = |name: &str| {
            let budget = budgets.get(&ServiceName::parse(name).unwrap()).unwrap();
            [
                budget.wait,
                budget.ready(),
                budget.start_timeout(),
                budget.job_timeout(),
            ]
            .map(|span| span.as_secs())
        };
        assert_eq!(seconds("quick"), [0, 2, 7, 12]);
        assert_eq!(seconds("slow"), [0, 60, 65, 70]);
        assert_eq!(seconds("last"), [65, 75, 80, 85]);
        // Five waits in vain must not fit into the start limit's minute.
        assert_eq!(seconds("next"), [15, 75, 80, 85]);
        assert_eq!(of_group(&budgets).ready(), Duration::from_secs(80));
    }
}
