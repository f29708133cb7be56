//! The dependency graph of a stack with the state of each service, and the forms it is shown in.
//!
//! Nodes stand in start order and edges lead from a dependency to its dependent. The model is free
//! of any format; whoever draws it escapes what comes from the configuration.

mod ascii;
mod dot;
mod json;
mod lanes;
mod mermaid;
mod state;

use std::collections::BTreeMap;

use crate::spec::stack::{Gate, Kind, Service, Stack, WhenLost};
use crate::spec::text::for_terminal;
use crate::unit::service::file_name;

pub use ascii::text;
pub use dot::dot;
pub use json::json;
pub use mermaid::mermaid;
pub use state::State;

/// How much of a description is shown in a drawing, in characters.
const DESCRIPTION: usize = 60;

/// Services and what each waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// The profile it is of.
    pub profile: String,
    /// One for each service, in start order.
    pub nodes: Vec<Node>,
    /// From dependency to dependent, grouped by dependent.
    pub edges: Vec<GraphEdge>,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name in the configuration.
    pub name: String,
    /// What it is, for people.
    pub description: String,
    /// Its unit; a template where it has instances.
    pub unit: String,
    /// Whether somebody else ships the unit, so that the group can do without it.
    pub optional: bool,
    /// All that runs of it.
    pub members: Vec<NodeMember>,
}

/// One thing that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeMember {
    /// `data`, `worker@2`.
    pub label: String,
    /// The unit that runs it.
    pub unit: String,
    /// How it is.
    pub state: State,
}

/// One dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphEdge {
    /// The service depended on.
    pub from: String,
    /// The service that waits for it.
    pub to: String,
    /// What is waited for.
    pub gate: Gate,
    /// What happens to the dependent when the other is lost.
    pub when_lost: WhenLost,
}

impl Graph {
    /// The graph of a stack, with the states of its members by label. A member without one was not
    /// asked.
    #[must_use]
    pub fn of(stack: &Stack, states: &BTreeMap<String, State>) -> Self {
        let edges = stack.services.iter().flat_map(|service| {
            service
                .depends_on
                .iter()
                .filter(|edge| stack.service(&edge.on).is_some())
                .map(|edge| GraphEdge {
                    from: edge.on.to_string(),
                    to: service.name.to_string(),
                    gate: edge.gate,
                    when_lost: edge.when_lost,
                })
        });
        Self {
            profile: stack.profile.to_string(),
            nodes: stack
                .services
                .iter()
                .map(|service| node(service, states))
                .collect(),
            edges: edges.collect(),
        }
    }

    /// Whether anybody was asked; a graph without states is drawn without colours.
    #[must_use]
    pub fn has_states(&self) -> bool {
        self.nodes
            .iter()
            .any(|node| node.state() != State::NotAsked)
    }

    /// What a service depends on.
    pub fn dependencies(&self, name: &str) -> impl Iterator<Item = &GraphEdge> {
        self.edges.iter().filter(move |edge| edge.to == name)
    }

    /// A service by name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// Whether an edge leads from a service that the group can do without.
    fn is_optional(&self, edge: &GraphEdge) -> bool {
        self.node(&edge.from).is_some_and(|node| node.optional)
    }
}

fn node(service: &Service, states: &BTreeMap<String, State>) -> Node {
    let members = service.members().into_iter().map(|member| {
        let label = member.label();
        NodeMember {
            state: states.get(&label).copied().unwrap_or(State::NotAsked),
            unit: member.unit(),
            label,
        }
    });
    Node {
        name: service.name.to_string(),
        description: for_terminal(service.description.as_str(), DESCRIPTION),
        unit: match &service.kind {
            Kind::Managed(managed) => file_name(managed),
            Kind::Foreign(unit) => unit.to_string(),
        },
        optional: matches!(service.kind, Kind::Foreign(_)),
        members: members.collect(),
    }
}

impl Node {
    /// The state of the member that is worst off.
    #[must_use]
    pub fn state(&self) -> State {
        self.members
            .iter()
            .map(|member| member.state)
            .max()
            .unwrap_or(State::NotAsked)
    }

    /// `worker x4`, `redis (optional)`.
    #[must_use]
    pub fn title(&self) -> String {
        match (self.members.len(), self.optional) {
            (_, true) => format!("{} (optional)", self.name),
            (0 | 1, false) => self.name.clone(),
            (count, false) => format!("{} x{count}", self.name),
        }
    }

    /// `ready`; for several members `3 of 4 ready, 1 down`.
    #[must_use]
    pub fn summary(&self) -> String {
        let worst = self.state();
        if self.members.len() < 2 || worst == State::NotAsked {
            return worst.prose().to_owned();
        }
        let mut counts: BTreeMap<State, usize> = BTreeMap::new();
        for member in &self.members {
            *counts.entry(member.state).or_default() += 1;
        }
        let ready = counts.remove(&State::Ready).unwrap_or(0);
        let mut parts = vec![format!("{ready} of {} ready", self.members.len())];
        let others = counts.iter().rev();
        parts.extend(others.map(|(state, count)| format!("{count} {}", state.prose())));
        parts.join(", ")
    }
}

impl GraphEdge {
    /// `ready, keep`: the gate, and what happens when the dependency is lost.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}, {}", self.gate_word(), self.when_lost_word())
    }

    /// The configuration's word for its gate.
    #[must_use]
    pub fn gate_word(&self) -> &'static str {
        match self.gate {
            Gate::Started => "started",
            Gate::Live => "live",
            Gate::Ready => "ready",
        }
    }

    /// The configuration's word for what happens when the dependency is lost.
    #[must_use]
    pub fn when_lost_word(&self) -> &'static str {
        match self.when_lost {
            WhenLost::Keep => "keep",
            WhenLost::Restart => "restart",
            WhenLost::Stop => "stop",
        }
    }
}

#[cfg(test)]
mod example;
#[cfg(test)]
mod tests;
