//! Dependency order: every service after what it depends on, and cycles with their path.
//!
//! Works on names only and is deterministic: among services that are free to start, the
//! alphabetically first goes first.

use std::collections::{BTreeMap, BTreeSet};

use super::name::ServiceName;
use crate::ordered::Ordered as _;

/// Services that wait for each other: each depends on the next, the last on the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(pub Vec<ServiceName>);

/// The names so that each comes after those it depends on. Dependencies outside the map are
/// taken as met.
///
/// # Errors
/// Every cycle that shares no service with another one told, each beginning with its alphabetically
/// first member.
pub fn start_order(
    depends_on: &BTreeMap<ServiceName, BTreeSet<ServiceName>>,
) -> Result<Vec<ServiceName>, Vec<Cycle>> {
    let mut waits_for: BTreeMap<&ServiceName, BTreeSet<&ServiceName>> = depends_on
        .iter()
        .map(|(name, on)| {
            let on = on
                .iter()
                .filter(|on| depends_on.contains_key(*on))
                .ordered();
            (name, on)
        })
        .ordered();
    let mut waited_for_by: BTreeMap<&ServiceName, Vec<&ServiceName>> = BTreeMap::new();
    for (name, on) in &waits_for {
        for on in on {
            waited_for_by.entry(on).or_default().push(name);
        }
    }
    let mut free: BTreeSet<&ServiceName> = waits_for
        .iter()
        .filter(|(_, on)| on.is_empty())
        .map(|(name, _)| *name)
        .ordered();
    let mut order: Vec<ServiceName> = Vec::new();
    while let Some(next) = free.pop_first() {
        waits_for.remove(next);
        for name in waited_for_by.remove(next).unwrap_or_default() {
            if let Some(on) = waits_for.get_mut(name) {
                on.remove(next);
                if on.is_empty() {
                    free.insert(name);
                }
            }
        }
        order.push(next.clone());
    }
    if waits_for.is_empty() {
        return Ok(order);
    }
    Err(cycles(waits_for))
}

/// The cycles among services that wait, until none is left.
fn cycles(mut waiting: BTreeMap<&ServiceName, BTreeSet<&ServiceName>>) -> Vec<Cycle> {
    let mut cycles = Vec::new();
    while let Some(first) = waiting.keys().next() {
        let cycle = match walked(first, &waiting) {
            Walk::Around(cycle) => cycle,
            // It waits for a cycle that is told already.
            Walk::Out(path) => {
                for name in &path {
                    waiting.remove(name);
                }
                continue;
            }
        };
        for name in &cycle {
            waiting.remove(name);
        }
        cycles.push(Cycle(cycle));
    }
    cycles
}

/// Where a walk along dependencies ends.
enum Walk {
    /// In a circle: this one.
    Around(Vec<ServiceName>),
    /// At a service that waits for nobody who is left, over these.
    Out(Vec<ServiceName>),
}

/// Follows dependencies from `start` until a name repeats; that stretch is a cycle.
fn walked(start: &ServiceName, waiting: &BTreeMap<&ServiceName, BTreeSet<&ServiceName>>) -> Walk {
    let mut path: Vec<&ServiceName> = vec![start];
    let mut positions: BTreeMap<&ServiceName, usize> = [(start, 0)].into();
    let mut current = start;
    while let Some(next) = waiting
        .get(current)
        .and_then(|on| on.iter().find(|on| waiting.contains_key(**on)))
    {
        if let Some(position) = positions.get(next) {
            let mut cycle: Vec<ServiceName> = path.into_iter().skip(*position).cloned().collect();
            let smallest = cycle
                .iter()
                .enumerate()
                .min_by_key(|(_, name)| (*name).clone())
                .map_or(0, |(index, _)| index);
            cycle.rotate_left(smallest);
            return Walk::Around(cycle);
        }
        positions.insert(next, path.len());
        path.push(next);
        current = next;
    }
    Walk::Out(path.into_iter().cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::{Cycle, start_order};
    use crate::spec::name::ServiceName;
    use proptest::{prop_assert, proptest};
    use std::collections::{BTreeMap, BTreeSet};

    fn name(text: &str) -> ServiceName {
        ServiceName::parse(text).unwrap()
    }

    fn graph(edges: &[(&str, &[&str])]) -> BTreeMap<ServiceName, BTreeSet<ServiceName>> {
        edges
            .iter()
            .map(|(from, on)| (name(from), on.iter().map(|on| name(on)).collect()))
            .collect()
    }

    #[test]
    fn dependencies_come_first() {
        let order = start_order(&graph(&[
            ("canopy", &["data", "cascor"]),
            ("cascor", &["data"]),
            ("data", &[]),
        ]));
        assert_eq!(
            order.unwrap(),
            [name("data"), name("cascor"), name("canopy")]
        );
    }

    #[test]
    fn a_cycle_is_named_from_its_first_member() {
        let cycle = start_order(&graph(&[
            ("c", &["a"]),
            ("a", &["b"]),
            ("b", &["c"]),
            ("z", &["a"]),
        ]));
        assert_eq!(
            cycle,
            Err(vec![Cycle(vec![name("a"), name("b"), name("c")])])
        );
        assert_eq!(
            start_order(&graph(&[("a", &["a"])])),
            Err(vec![Cycle(vec![name("a")])])
        );
    }

    #[test]
    fn every_cycle_is_told() {
        let cycles = start_order(&graph(&[
            ("a", &["b"]),
            ("b", &["a"]),
            ("c", &["a"]),
            ("d", &["e"]),
            ("e", &["d", "a"]),
            ("f", &[]),
        ]));
        assert_eq!(
            cycles,
            Err(vec![
                Cycle(vec![name("a"), name("b")]),
                Cycle(vec![name("d"), name("e")])
            ])
        );
    }

    proptest! {
        #[test]
        fn every_order_is_topological(edges in proptest::collection::vec((0_u8..12, 0_u8..12), 0..40)) {
            // Edges only from larger to smaller numbers, so there is no cycle.
            let label = |n: u8| name(&format!("s{n}"));
            let mut depends_on: BTreeMap<ServiceName, BTreeSet<ServiceName>> =
                (0..12).map(|n| (label(n), BTreeSet::new())).collect();
            for (a, b) in edges {
                if a > b {
                    depends_on.get_mut(&label(a)).unwrap().insert(label(b));
                }
            }
            let order = start_order(&depends_on).unwrap();
            let position = |n: &ServiceName| order.iter().position(|o| o == n).unwrap();
            for (from, on) in &depends_on {
                for on in on {
                    prop_assert!(position(on) < position(from));
                }
            }
        }
    }
}
