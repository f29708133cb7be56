//! Graphs of small stacks, for tests.

use std::collections::BTreeMap;

use crate::ordered::Ordered as _;
use crate::spec::builtin::stack_of;

use super::{Graph, State};

/// The graph of a profile of the built-in stack with `text` laid over it.
pub(super) fn graph(text: &str, profile: &str, states: &[(&str, State)]) -> Graph {
    let states: BTreeMap<String, State> = states
        .iter()
        .map(|(label, state)| ((*label).to_owned(), *state))
        .ordered();
    Graph::of(&stack_of(text, profile), &states)
}

/// The full profile with four workers and some trouble.
pub(super) fn troubled() -> Graph {
    let states = [
        ("data", State::Ready),
        ("cascor", State::Degraded),
        ("redis", State::NotInstalled),
        ("worker@1", State::Ready),
        ("worker@2", State::Ready),
        ("worker@3", State::Down),
        ("worker@4", State::Ready),
        ("canopy", State::NotReady),
    ];
    graph("services.worker.instances = 4", "full", &states)
}

/// A service whose description would like to be something else.
pub(super) fn hostile() -> Graph {
    let text = "[services.end]\n\
        description = '\"]; x[\"<b>&quot;#quot; \\N'\n\
        command = [\"/bin/true\"]\n\
        [profiles.site]\n\
        services = [\"end\"]\n";
    graph(text, "site", &[])
}
