//! Dependency edges as units see them: what is wanted, what is ordered, who must hear of a loss.
//!
//! No edge between our services becomes `Requires=` or `BindsTo=`. With those a dependency that fails
//! its first start leaves its dependents dead for ever, its crash restarts what it should not, and
//! what was stopped never returns (measured on 247 to 262). Nor `Wants=`: with it the automatic
//! restart of a dependent would start again what somebody stopped by hand (measured on the same).
//! The target wants them all; each dependent waits for the others in its own gate each time it
//! starts, and the other's unit restarts those that asked for it. Units that others ship cannot be given such a line; there systemd's own
//! `PartOf=` and `BindsTo=` have to do.

use crate::spec::stack::{Edge, Gate, Kind, Managed, Member, Service, Stack, WhenLost};

/// The edges of a service with the services at their other ends.
pub(super) fn of<'s>(
    service: &'s Service,
    stack: &'s Stack,
) -> impl Iterator<Item = (&'s Edge, &'s Service)> {
    service
        .depends_on
        .iter()
        .filter_map(|edge| Some((edge, stack.service(&edge.on)?)))
}

/// The units at the other ends of the edges that `chosen` picks.
pub(super) fn units(
    service: &Service,
    stack: &Stack,
    chosen: impl Fn(&Edge, &Service) -> bool,
) -> Vec<String> {
    of(service, stack)
        .filter(|(edge, other)| chosen(edge, other))
        .flat_map(|(_, other)| other.members().iter().map(Member::unit).collect::<Vec<_>>())
        .collect()
}

/// Units that others ship, on edges with this policy.
pub(super) fn foreign(service: &Service, stack: &Stack, policy: WhenLost) -> Vec<String> {
    units(service, stack, |edge, other| {
        edge.when_lost == policy && other.managed().is_none()
    })
}

/// Whether `After=` says what the gate means. A start of ours is complete when the service is ready,
/// which is later than a dependent wants that waits only for it to be live or started.
pub(super) fn is_ordered(edge: &Edge, other: &Service) -> bool {
    match (edge.gate, &other.kind) {
        (Gate::Ready, _) | (_, Kind::Foreign(_)) => true,
        (_, Kind::Managed(managed)) => !is_watched(managed),
    }
}

/// Whether its watcher can ask it when it is ready.
fn is_watched(managed: &Managed) -> bool {
    managed.endpoint.is_some() && (managed.readiness.is_some() || managed.liveness.is_some())
}

/// Who depends on a service with one of these policies: units, or the pattern of all instances.
pub(super) fn dependents(service: &Service, stack: &Stack, policies: &[WhenLost]) -> Vec<String> {
    stack
        .dependents(&service.name)
        .filter(|(_, edge)| policies.contains(&edge.when_lost))
        .filter_map(|(other, _)| {
            let managed = other.managed()?;
            Some(match managed.instances {
                None => format!("{}.service", managed.unit),
                Some(_) => format!("{}@*.service", managed.unit),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{dependents, foreign, is_ordered, units};
    use crate::spec::ServiceName;
    use crate::spec::builtin::stack_of;
    use crate::spec::stack::WhenLost::{Keep, Restart, Stop};

    const STACK: &str = "\
[services.base]
command = [\"/a\"]
port = 1
readiness.path = \"/\"
liveness.path = \"/\"
[services.plain]
command = [\"/a\"]
[services.many]
command = [\"/a\"]
port = 10
instances = 2
depends_on.base = { gate = \"live\", when_lost = \"stop\" }
[services.last]
command = [\"/a\"]
depends_on.base = { when_lost = \"restart\" }
depends_on.plain = {}
depends_on.many = {}
depends_on.redis = { when_lost = \"restart\" }
[profiles.p]
services = [\"base\", \"plain\", \"many\", \"last\", \"redis\"]
";

    #[test]
    fn what_is_ordered_and_who_hears_of_a_loss() {
        let stack = stack_of(STACK, "p");
        let service = |name: &str| stack.service(&ServiceName::parse(name).unwrap()).unwrap();
        // A gate on life or start is not ordered after a start that ends with readiness.
        assert!(units(service("many"), &stack, is_ordered).is_empty());
        assert_eq!(
            units(service("last"), &stack, is_ordered),
            [
                "juniper-base.service",
                "juniper-many@1.service",
                "juniper-many@2.service",
                "juniper-plain.service",
                "redis-server.service"
            ]
        );
        let base = service("base");
        assert_eq!(
            dependents(base, &stack, &[Stop]),
            ["juniper-many@*.service"]
        );
        assert_eq!(
            dependents(base, &stack, &[Restart, Stop]),
            ["juniper-many@*.service", "juniper-last.service"]
        );
        assert!(dependents(service("plain"), &stack, &[Restart, Stop]).is_empty());
        assert_eq!(
            foreign(service("last"), &stack, Restart),
            ["redis-server.service"]
        );
        assert!(foreign(service("last"), &stack, Keep).is_empty());
    }
}
