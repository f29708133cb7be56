//! The graph for a terminal: a listing in start order, with the dependencies of each service below
//! it and lanes in front that lead from one to the other.
//!
//! Mark, word and colour say the same, so any one of them may be missing.

use std::collections::{BTreeMap, BTreeSet};

use crate::ordered::Ordered as _;
use crate::output::table::{Cell, aligned};

use super::lanes::{self, Drawn};
use super::state::State;
use super::{Graph, GraphEdge, Node};

/// With more lanes than this the lines would take the room of the words.
const LANES: usize = 10;

/// The graph for people.
#[must_use]
pub fn text(graph: &Graph) -> String {
    let positions: BTreeMap<&str, usize> = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(position, node)| (node.name.as_str(), position))
        .ordered();
    let waits_for: Vec<BTreeSet<usize>> = graph
        .nodes
        .iter()
        .map(|node| {
            graph
                .dependencies(&node.name)
                .filter_map(|edge| positions.get(edge.from.as_str()).copied())
                .ordered()
        })
        .collect();
    let lanes = lanes::drawn(&waits_for, LANES);
    let mut rows = vec![row(
        graph,
        Cell::plain(""),
        Cell::plain("SERVICE"),
        Cell::plain("STATE"),
        Some(["GATE", "WHEN LOST"]),
    )];
    for (position, node) in graph.nodes.iter().enumerate() {
        let drawn = lanes.as_ref().and_then(|lanes| lanes.get(position));
        rows.push(service(graph, node, drawn));
        let below = drawn.map(|drawn| drawn.below.as_str()).unwrap_or_default();
        rows.extend(
            graph
                .dependencies(&node.name)
                .map(|edge| dependency(graph, edge, below)),
        );
    }
    format!("profile {}\n{}", graph.profile, aligned(&rows))
}

fn service(graph: &Graph, node: &Node, drawn: Option<&Drawn>) -> Vec<Cell> {
    let state = node.state();
    let mark = Cell::painted(&state.symbol().to_string(), state.style());
    let lanes = match drawn {
        None => mark,
        Some(drawn) => Cell::joined([
            Cell::plain(drawn.before.clone()),
            mark,
            Cell::plain(drawn.after.clone()),
        ]),
    };
    let summary = Cell::painted(&node.summary(), state.style());
    row(graph, lanes, Cell::plain(node.title()), summary, None)
}

fn dependency(graph: &Graph, edge: &GraphEdge, below: &str) -> Vec<Cell> {
    // Said again only where it may be what the dependent suffers from.
    let state = match graph.node(&edge.from) {
        Some(node) if node.state() != State::Ready && !node.optional => {
            Cell::painted(&node.summary(), node.state().style())
        }
        _ => Cell::plain(""),
    };
    row(
        graph,
        Cell::plain(below),
        Cell::plain(format!("  <- {}", edge.from)),
        state,
        Some([edge.gate_word(), edge.when_lost_word()]),
    )
}

/// One row; the column of states is left out where there are none.
fn row(graph: &Graph, lanes: Cell, name: Cell, state: Cell, label: Option<[&str; 2]>) -> Vec<Cell> {
    let mut cells = vec![lanes, name];
    if graph.has_states() {
        cells.push(state);
    }
    cells.extend(label.into_iter().flatten().map(Cell::plain));
    cells
}
