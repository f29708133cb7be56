//! The graph in its documented form for programs.

use serde_json::{Value, json as object};

use super::Graph;

/// The graph for programs.
#[must_use]
pub fn json(graph: &Graph) -> Value {
    let nodes: Vec<Value> = graph
        .nodes
        .iter()
        .map(|node| {
            let members: Vec<Value> = node
                .members
                .iter()
                .map(|member| {
                    object!({
                        "name": member.label,
                        "unit": member.unit,
                        "state": member.state.word(),
                    })
                })
                .collect();
            object!({
                "name": node.name,
                "unit": node.unit,
                "optional": node.optional,
                "instances": node.members.len(),
                "state": node.state().word(),
                "members": members,
            })
        })
        .collect();
    let edges: Vec<Value> = graph
        .edges
        .iter()
        .map(|edge| {
            object!({
                "from": edge.from,
                "to": edge.to,
                "gate": edge.gate_word(),
                "when_lost": edge.when_lost_word(),
            })
        })
        .collect();
    object!({ "version": 1, "profile": graph.profile, "nodes": nodes, "edges": edges })
}
