//! The graph as a Mermaid flowchart, as wikis and forges draw it.
//!
//! Services are called `service0`, `service1` there, because `end` and others are words of the
//! language. In a label, everything but letters, digits and a few harmless signs is written as
//! `#N;`, the language's own escape, so nothing in it can end the label, begin markup or a comment.

use std::collections::BTreeSet;

use super::state::State;
use super::{Graph, Node};
use crate::ordered::Ordered as _;

/// The flowchart.
#[must_use]
pub fn mermaid(graph: &Graph) -> String {
    let mut lines = vec![
        "flowchart LR".to_owned(),
        format!("    %% profile {}", graph.profile),
    ];
    let position = |name: &str| graph.nodes.iter().position(|node| node.name == name);
    for (index, node) in graph.nodes.iter().enumerate() {
        let label = label(node, graph.has_states());
        let (open, close) = if node.optional {
            ("([", "])")
        } else {
            ("[", "]")
        };
        lines.push(format!("    service{index}{open}\"{label}\"{close}"));
    }
    for edge in &graph.edges {
        if let (Some(from), Some(to)) = (position(&edge.from), position(&edge.to)) {
            let arrow = if graph.is_optional(edge) {
                "-.->"
            } else {
                "-->"
            };
            let label = edge.label();
            lines.push(format!(
                "    service{from} {arrow}|\"{label}\"| service{to}"
            ));
        }
    }
    if graph.has_states() {
        lines.extend(classes(graph));
    }
    lines.join("\n") + "\n"
}

fn label(node: &Node, with_state: bool) -> String {
    let mut label = format!(
        "{}<br/>{}",
        escaped(&node.title()),
        escaped(&node.description)
    );
    if with_state {
        label.push_str("<br/>");
        label.push_str(&escaped(&node.summary()));
    }
    label
}

/// The colours of the states that occur, and who has them.
fn classes(graph: &Graph) -> Vec<String> {
    let states: BTreeSet<State> = graph.nodes.iter().map(Node::state).ordered();
    let definitions = states.into_iter().map(|state| {
        let (fill, stroke) = state.colours();
        let word = state.word();
        format!("    classDef {word} fill:{fill},stroke:{stroke},color:#000000")
    });
    let uses = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(index, node)| format!("    class service{index} {}", node.state().word()));
    definitions.chain(uses).collect()
}

fn escaped(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_alphanumeric() || " -.,_()".contains(character) {
                character.to_string()
            } else {
                format!("#{};", u32::from(character))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::escaped;
    use proptest::{prop_assert, proptest};

    #[test]
    fn what_means_something_to_mermaid_is_written_as_a_number() {
        for (text, expected) in [
            ("Juniper dataset service", "Juniper dataset service"),
            ("a \"b\"]; end", "a #34;b#34;#93;#59; end"),
            ("#quot; <b>&amp;", "#35;quot#59; #60;b#62;#38;amp#59;"),
            (
                "`*x*` %% \\n | {}",
                "#96;#42;x#42;#96; #37;#37; #92;n #124; #123;#125;",
            ),
            ("style:#a;", "style#58;#35;a#59;"),
            ("äöü 漢字 🦀", "äöü 漢字 #129408;"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_label(text in ".{0,60}") {
            let written = escaped(&text);
            prop_assert!(!written.contains(['"', '<', '>', '[', ']', '`', '\\', '\n', ':']));
        }
    }
}
