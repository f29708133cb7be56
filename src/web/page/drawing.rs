//! The graph as boxes and lines with words in them, coloured by state.

use std::collections::BTreeMap;

use crate::ordered::Ordered as _;
use crate::output::graph::{Graph, Node};
use crate::spec::text::for_terminal;
use crate::watchdog::{Condition, View};

use super::super::layout::{BOX, Point, layout};

/// How much of a name fits into a box.
const NAME: usize = 13;

/// The drawing.
pub(in crate::web) struct Drawing {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) box_width: u32,
    pub(super) box_height: u32,
    pub(super) boxes: Vec<Boxed>,
    pub(super) lines: Vec<Line>,
}

/// One service.
pub(in crate::web) struct Boxed {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) name: String,
    /// `ready`; for several members `3 of 4 ready`.
    pub(super) summary: String,
    pub(super) title: String,
    pub(super) symbol: char,
    pub(super) condition: Condition,
}

/// One dependency.
pub(in crate::web) struct Line {
    /// The `d` of a path.
    pub(super) path: String,
    pub(super) title: String,
    /// How the one that it leads from is.
    pub(super) condition: Condition,
}

pub(in crate::web) fn drawing(graph: &Graph, view: &View) -> Drawing {
    let conditions: BTreeMap<&str, Condition> = view
        .members
        .iter()
        .map(|member| (member.label.as_str(), member.condition))
        .ordered();
    let position = |name: &str| graph.nodes.iter().position(|node| node.name == name);
    let edges: Vec<_> = graph
        .edges
        .iter()
        .filter_map(|edge| Some((edge, position(&edge.from)?, position(&edge.to)?)))
        .collect();
    let ends: Vec<(usize, usize)> = edges.iter().map(|(_, from, to)| (*from, *to)).collect();
    let places = layout(graph.nodes.len(), &ends);
    let boxes = graph
        .nodes
        .iter()
        .zip(&places.boxes)
        .map(|(node, place)| boxed(node, *place, &conditions))
        .collect();
    let lines = edges
        .iter()
        .zip(&places.lines)
        .map(|((edge, from, _), points)| Line {
            path: path(points),
            title: format!("{} waits for {}: {}", edge.to, edge.from, edge.label()),
            condition: graph
                .nodes
                .get(*from)
                .map(|node| worst(node, &conditions))
                .unwrap_or_default(),
        })
        .collect();
    Drawing {
        width: places.size.0,
        height: places.size.1,
        box_width: BOX.0,
        box_height: BOX.1,
        boxes,
        lines,
    }
}

fn members<'n>(
    node: &'n Node,
    conditions: &'n BTreeMap<&str, Condition>,
) -> impl Iterator<Item = Condition> + 'n {
    node.members
        .iter()
        .filter_map(|member| conditions.get(member.label.as_str()).copied())
}

fn worst(node: &Node, conditions: &BTreeMap<&str, Condition>) -> Condition {
    members(node, conditions).max().unwrap_or_default()
}

fn boxed(node: &Node, (x, y): Point, conditions: &BTreeMap<&str, Condition>) -> Boxed {
    let condition = worst(node, conditions);
    let total = node.members.len();
    let summary = if node.optional {
        "not watched".to_owned()
    } else if total == 0 {
        "none runs".to_owned()
    } else if total == 1 || condition == Condition::Unknown {
        condition.prose().to_owned()
    } else {
        let ready = members(node, conditions)
            .filter(|one| *one == Condition::Ready)
            .count();
        format!("{ready} of {total} ready")
    };
    Boxed {
        x,
        y,
        name: for_terminal(&node.name, NAME),
        title: format!("{} ({}): {summary}", node.name, node.unit),
        summary,
        symbol: if node.optional {
            '\u{2013}'
        } else {
            super::symbol(condition)
        },
        condition,
    }
}

/// A line through points: straight past the boxes of a layer, curved between two layers.
fn path(points: &[Point]) -> String {
    use std::fmt::Write as _;
    let mut path = String::new();
    let mut before: Option<Point> = None;
    for (index, (x, y)) in points.iter().copied().enumerate() {
        let written = match before {
            None => write!(path, "M{x} {y}"),
            Some((from_x, from_y)) if index % 2 == 1 => {
                let bend = (y.saturating_sub(from_y)) / 2;
                let (upper, lower) = (from_y + bend, y.saturating_sub(bend));
                write!(path, "C{from_x} {upper} {x} {lower} {x} {y}")
            }
            Some(_) => write!(path, "V{y}"),
        };
        // Writing to a string cannot fail.
        let _ = written;
        before = Some((x, y));
    }
    path
}
