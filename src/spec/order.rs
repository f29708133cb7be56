//! Dependency order: every service after what it depends on, and cycles with their path.
//!
//! Works on names only and is deterministic: among services that are free to start, the
//! alphabetically first goes first.

use std::collections::{BTreeMap, BTreeSet};

use super::name::ServiceName;

/// Services that wait for each other: each depends on the next, the last on the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(pub Vec<ServiceName>);

/// The names so that each comes after those it depends on. Dependencies outside the map are
/// taken as met.
///
/// # Errors
/// One cycle, beginning with its alphabetically first member.
pub fn start_order(
    depends_on: &BTreeMap<ServiceName, BTreeSet<ServiceName>>,
) -> Result<Vec<ServiceName>, Cycle> {
    let mut waits_for: BTreeMap<&ServiceName, BTreeSet<&ServiceName>> = depends_on
        .iter()
        .map(|(name, on)| {
            let on = on
                .iter()
                .filter(|on| depends_on.contains_key(*on))
                .collect();
            (name, on)
        })
        .collect();
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
        .collect();
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
    match waits_for.keys().next() {
        None => Ok(order),
        Some(first) => Err(Cycle(walked(first, &waits_for))),
    }
}

/// Follows dependencies from `start` until a name repeats; that stretch is a cycle.
fn walked(
    start: &ServiceName,
    waiting: &BTreeMap<&ServiceName, BTreeSet<&ServiceName>>,
) -> Vec<ServiceName> {
    let mut path: Vec<&ServiceName> = vec![start];
    let mut current = start;
    while let Some(next) = waiting.get(current).and_then(|on| on.iter().next()) {
        if let Some(position) = path.iter().position(|seen| seen == next) {
            let mut cycle: Vec<ServiceName> = path.into_iter().skip(position).cloned().collect();
            let smallest = cycle
                .iter()
                .enumerate()
                .min_by_key(|(_, name)| (*name).clone())
                .map_or(0, |(index, _)| index);
            cycle.rotate_left(smallest);
            return cycle;
        }
        path.push(next);
        current = next;
    }
    path.into_iter().cloned().collect()
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
        assert_eq!(cycle, Err(Cycle(vec![name("a"), name("b"), name("c")])));
        assert_eq!(
            start_order(&graph(&[("a", &["a"])])),
            Err(Cycle(vec![name("a")]))
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
