//! A YAML text to a tree of bounded size, each node with its line.
//!
//! Compose files come from anywhere: nesting, the number of nodes (those behind aliases counted each time)
//! and the length are limited, so that a text that would grow without end is refused in bounded time. Tags
//! mean nothing here, and a scalar stays the text that was written.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::{LIMIT, Place, Refusal};

/// How deep it may be nested; a Compose file is nested eight deep.
const DEPTH: usize = 32;

/// How many nodes there may be; upstream's file has about a thousand.
const NODES: usize = 20_000;

/// One value and the line it begins on.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

/// What it is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) line: usize,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.node)
    }

    fn count(&self) -> usize {
        match &self.value {
            Value::Null | Value::Scalar(_) => 1,
            Value::List(items) => 1 + items.iter().map(Self::count).sum::<usize>(),
            Value::Map(entries) => 1 + entries.iter().map(|one| one.node.count()).sum::<usize>(),
        }
    }

    fn depth(&self) -> usize {
        1 + match &self.value {
            Value::Null | Value::Scalar(_) => 0,
            Value::List(items) => items.iter().map(Self::depth).max().unwrap_or(0),
            Value::Map(entries) => entries
                .iter()
                .map(|one| one.node.depth())
                .max()
                .unwrap_or(0),
        }
    }
}

/// A list or map that is still open.
struct Open {
    line: usize,
    anchor: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    /// Entries, those that `<<` brings, and a key whose value is still to come.
    Map(Vec<Entry>, Vec<Entry>, Option<(String, usize)>),
}

/// Reads the one document of a text.
pub(super) fn read(file: &str, text: &str) -> Result<Node, Refusal> {
    let refused = |(line, what): (usize, String)| Refusal {
        place: Place {
            file: file.to_owned(),
            line,
        },
        what,
    };
    if text.len() > LIMIT {
        return Err(refused((1, "the file is larger than 1 MiB".to_owned())));
    }
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let what = format!("this is not YAML: {}", error.info());
            refused((error.marker().line(), what))
        })?;
        let line = span.start.line();
        builder
            .take(event, line)
            .map_err(|what| refused((line, what.to_owned())))?;
    }
    builder
        .root
        .ok_or_else(|| refused((1, "the file is empty".to_owned())))
}

/// The tree while it grows.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    root: Option<Node>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), &'static str> {
        let (anchor, done) = match event {
            Event::Scalar(text, style, anchor, _) => {
                let null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null");
                let value = if null {
                    Value::Null
                } else {
                    Value::Scalar(text.into_owned())
                };
                (anchor, Node { line, value })
            }
            Event::Alias(id) => (0, self.alias(id, line)?),
            Event::SequenceStart(anchor, _) => {
                return self.begun(line, anchor, OpenKind::List(Vec::new()));
            }
            Event::MappingStart(anchor, _) => {
                return self.begun(line, anchor, OpenKind::Map(Vec::new(), Vec::new(), None));
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(closed) => (closed.anchor, closed.done()),
                None => return Ok(()),
            },
            Event::DocumentStart(_) if self.root.is_some() => {
                return Err("there is a second document; a Compose file is one");
            }
            _ => return Ok(()),
        };
        self.counted(1)?;
        if anchor > 0 {
            self.anchors.insert(anchor, done.clone());
        }
        self.put(done)
    }

    fn counted(&mut self, nodes: usize) -> Result<(), &'static str> {
        self.nodes += nodes;
        if self.nodes > NODES {
            return Err("it has too many values, those behind aliases counted");
        }
        Ok(())
    }

    fn begun(&mut self, line: usize, anchor: usize, kind: OpenKind) -> Result<(), &'static str> {
        self.open.push(Open { line, anchor, kind });
        if self.open.len() > DEPTH {
            return Err("it is nested too deep");
        }
        self.counted(1)
    }

    fn alias(&mut self, id: usize, line: usize) -> Result<Node, &'static str> {
        let node = self
            .anchors
            .get(&id)
            .ok_or("an alias of something that is not complete")?;
        let (count, depth) = (node.count(), node.depth());
        let node = Node {
            line,
            value: node.value.clone(),
        };
        self.counted(count)?;
        if self.open.len() + depth > DEPTH {
            return Err("it is nested too deep");
        }
        Ok(node)
    }

    fn put(&mut self, done: Node) -> Result<(), &'static str> {
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(done),
            Some(OpenKind::List(items)) => items.push(done),
            Some(OpenKind::Map(entries, merged, pending)) => match pending.take() {
                None => {
                    let Value::Scalar(key) = done.value else {
                        return Err("a key must be a word");
                    };
                    if entries.iter().any(|entry| entry.key == key) {
                        return Err("this key stands here twice");
                    }
                    *pending = Some((key, done.line));
                }
                Some((key, _)) if key == "<<" => match done.value {
                    Value::Map(entries) => merged.extend(entries),
                    Value::List(items) => {
                        merged.extend(items.into_iter().flat_map(|item| match item.value {
                            Value::Map(entries) => entries,
                            _ => Vec::new(),
                        }));
                    }
                    _ => return Err("only a map can be merged"),
                },
                Some((key, line)) => entries.push(Entry {
                    key,
                    line,
                    node: done,
                }),
            },
        }
        Ok(())
    }
}

impl Open {
    fn done(self) -> Node {
        let value = match self.kind {
            OpenKind::List(items) => Value::List(items),
            OpenKind::Map(mut entries, merged, _) => {
                for entry in merged {
                    if entries.iter().all(|own| own.key != entry.key) {
                        entries.push(entry);
                    }
                }
                Value::Map(entries)
            }
        };
        Node {
            line: self.line,
            value,
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test that measures")]
mod tests {
    use super::{LIMIT, read};
    use std::fmt::Write as _;

    #[test]
    fn anchors_merge_and_lines_stay() {
        let read = read(
            "f",
            "x: &a\n  k: v\n  m: w\ny:\n  <<: *a\n  k: own\nz: *a\n",
        )
        .unwrap();
        let merged = read.get("y").unwrap();
        assert_eq!(merged.get("k").unwrap().text(), Some("own"));
        assert_eq!(merged.get("m").unwrap().text(), Some("w"));
        assert_eq!(read.get("z").unwrap().line, 7);
    }

    #[test]
    fn hostile_texts_are_refused_soon() {
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..40 {
            let all = vec![format!("*a{}", n - 1); 9].join(", ");
            writeln!(laughs, "a{n}: &a{n} [{all}]").unwrap();
        }
        let deep = |unit: &str| unit.repeat(LIMIT / unit.len() - 1);
        let many = "- x\n".repeat(LIMIT / 5);
        let keys: String = (0..30_000).fold(String::new(), |mut text, n| {
            writeln!(text, "k{n}: v").unwrap();
            text
        });
        let cases = [
            laughs,
            deep("["),
            deep("{"),
            deep("- "),
            deep("? "),
            deep("a: {"),
            deep("&a "),
            deep("!x "),
            deep("\""),
            many,
            keys,
            "a: *b\n".to_owned(),
            "a: &a [*a]\n".to_owned(),
            "a: 1\na: 2\n".to_owned(),
            "[x]: 1\n".to_owned(),
            "a: 1\n---\nb: 2\n".to_owned(),
            String::new(),
            " ".repeat(LIMIT + 1),
        ];
        for case in &cases {
            let begun = std::time::Instant::now();
            let beginning: String = case.chars().take(20).collect();
            assert!(read("f", case).is_err(), "{beginning:?}");
            let took = begun.elapsed();
            assert!(took.as_secs() < 5, "{beginning:?} took {took:?}");
        }
    }
}
