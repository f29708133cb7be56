//! The graph in Graphviz's language.
//!
//! Names and labels are quoted strings, in which only the quote and the backslash mean something;
//! in labels Graphviz also reads HTML's `&name;`, so the ampersand is written as one.

use super::{Graph, Node};

/// The digraph.
#[must_use]
pub fn dot(graph: &Graph) -> String {
    let mut lines = vec![
        "digraph juniper {".to_owned(),
        format!(
            "    label={};",
            quoted(&[&format!("profile {}", graph.profile)])
        ),
        "    rankdir=LR;".to_owned(),
        "    node [shape=box, fontname=\"sans-serif\"];".to_owned(),
        "    edge [fontname=\"sans-serif\", fontsize=10];".to_owned(),
    ];
    lines.extend(graph.nodes.iter().map(|node| {
        let style = if node.optional {
            "filled,dashed"
        } else {
            "filled"
        };
        let (fill, line) = node.state().colours();
        format!(
            "    {} [label={}, style=\"{style}\", fillcolor=\"{fill}\", color=\"{line}\"];",
            quoted(&[&node.name]),
            label(node, graph.has_states())
        )
    }));
    lines.extend(graph.edges.iter().map(|edge| {
        let dashed = if graph.is_optional(edge) {
            ", style=dashed"
        } else {
            ""
        };
        format!(
            "    {} -> {} [label={}{dashed}];",
            quoted(&[&edge.from]),
            quoted(&[&edge.to]),
            quoted(&[&edge.label()])
        )
    }));
    lines.join("\n") + "\n}\n"
}

fn label(node: &Node, with_state: bool) -> String {
    let (title, summary) = (node.title(), node.summary());
    if with_state {
        quoted(&[&title, &node.description, &summary])
    } else {
        quoted(&[&title, &node.description])
    }
}

/// A quoted string of these lines.
fn quoted(lines: &[&str]) -> String {
    let escaped: Vec<String> = lines
        .iter()
        .map(|line| {
            line.replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('&', "&amp;")
        })
        .collect();
    format!("\"{}\"", escaped.join("\\n"))
}

#[cfg(test)]
mod tests {
    use super::quoted;
    use proptest::{prop_assert, proptest};

    #[test]
    fn what_means_something_to_graphviz_is_escaped() {
        for (lines, expected) in [
            (&["data"][..], r#""data""#),
            (&["a", "b"], r#""a\nb""#),
            (&[r#"a "b"]; c"#], r#""a \"b\"]; c""#),
            (&[r"\N \"], r#""\\N \\""#),
            (&["<b>&lt;", "#"], r#""<b>&amp;lt;\n#""#),
        ] {
            assert_eq!(quoted(lines), expected);
        }
    }

    proptest! {
        #[test]
        fn no_text_ends_its_string(text in ".{0,60}") {
            let written = quoted(&[&text]);
            let mut inner = written.strip_prefix('"').unwrap().strip_suffix('"').unwrap().chars();
            while let Some(character) = inner.next() {
                prop_assert!(character != '"');
                if character == '\\' {
                    prop_assert!(matches!(inner.next(), Some('\\' | '"')));
                }
            }
        }
    }
}
