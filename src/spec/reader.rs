//! A TOML table read key by key, recording every fault instead of stopping at the first.
//!
//! serde stops at the first wrong value; people want all of them. The reader hands each value to
//! a parser, notes where it stood, and at the end reports each key that nobody asked for. It
//! knows nothing of what the keys mean.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Code, Fault, Faults, Problem};
use super::form::{Form, Names};
use super::sketch::Sketch;
use super::source::{Located, Location, SourceId};
use super::suggestion::nearest;
use crate::ordered;

/// One table of one source while it is being read.
pub struct TableReader<'t> {
    table: &'t DeTable<'t>,
    /// Dotted path of the table, for messages; empty at the top.
    path: String,
    source: SourceId,
    span: Range<usize>,
    asked: Vec<&'static str>,
    refused: BTreeSet<&'static str>,
    /// Where all that is asked for is noted, while nothing is read.
    sketch: Option<Rc<Sketch>>,
}

impl<'t> TableReader<'t> {
    /// A reader of the document's top table.
    #[must_use]
    pub fn top(table: &'t Spanned<DeTable<'t>>, source: SourceId) -> Self {
        Self {
            table: table.get_ref(),
            path: String::new(),
            source,
            span: table.span(),
            asked: Vec::new(),
            refused: BTreeSet::new(),
            sketch: None,
        }
    }

    /// A reader that notes what is asked for; `table` is empty.
    #[must_use]
    pub fn sketching(
        table: &'t Spanned<DeTable<'t>>,
        source: SourceId,
        sketch: &Rc<Sketch>,
    ) -> Self {
        Self {
            sketch: Some(Rc::clone(sketch)),
            ..Self::top(table, source)
        }
    }

    /// A reader of the same empty table, for what lies below.
    fn sketched(&self, sketch: Rc<Sketch>) -> Self {
        Self {
            table: self.table,
            path: String::new(),
            source: self.source,
            span: 0..0,
            asked: Vec::new(),
            refused: BTreeSet::new(),
            sketch: Some(sketch),
        }
    }

    /// The place of the table itself.
    #[must_use]
    pub fn location(&self) -> Location {
        self.at(self.span.clone())
    }

    /// The dotted path of the table.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Reads a key if it is there; a refused value is recorded and counts as absent.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a form is made where it is handed over"
    )]
    pub fn optional<T>(
        &mut self,
        key: &'static str,
        faults: &mut Faults,
        form: impl Form<T>,
    ) -> Option<Located<T>> {
        self.asked.push(key);
        if let Some(sketch) = &self.sketch {
            sketch.value(key, form.described());
        }
        let value = self.table.get(key)?;
        let parsed = self.parsed(key, value, faults, |value| form.read(value));
        if parsed.is_none() {
            self.refused.insert(key);
        }
        parsed
    }

    /// The keys that are there but were refused: missing, as far as their values go, yet nobody
    /// should be told to write them.
    #[must_use]
    pub fn refused(&self) -> BTreeSet<&'static str> {
        self.refused.clone()
    }

    /// A reader of a table below this one, if the key is there.
    pub fn table(&mut self, key: &'static str, faults: &mut Faults) -> Option<TableReader<'t>> {
        self.asked.push(key);
        if let Some(sketch) = &self.sketch {
            return Some(self.sketched(sketch.table(key)));
        }
        let value = self.table.get(key)?;
        self.below(key, value, faults)
    }

    /// Reads a table whose keys are names, each with a value.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a form is made where it is handed over"
    )]
    pub fn values<K: Ord, V>(
        &self,
        faults: &mut Faults,
        names: Names<K>,
        form: impl Form<V>,
    ) -> BTreeMap<K, Located<V>> {
        if let Some(sketch) = &self.sketch {
            sketch.named_values((names.described)(), form.described());
        }
        let mut read = BTreeMap::new();
        for (key, value) in self.entries() {
            match (names.read)(key.value) {
                Ok(name) => {
                    let value = self.parsed(key.value, value, faults, |value| form.read(value));
                    if let Some(value) = value {
                        read.insert(name, value);
                    }
                }
                Err(problem) => self.refused_key(&key, problem, faults),
            }
        }
        read
    }

    /// Reads a table whose keys are names, each with a table, which `read` takes with the place of its
    /// name. `refuse` says what is wrong with a value where more is to be said than that it is no table.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a form is made where it is handed over"
    )]
    pub fn tables<K: Ord, V>(
        &self,
        faults: &mut Faults,
        names: Names<K>,
        refuse: impl Fn(&K, &DeValue<'_>) -> Option<Problem>,
        mut read: impl FnMut(Self, Location, &mut Faults) -> V,
    ) -> BTreeMap<K, V> {
        if let Some(sketch) = &self.sketch {
            let below = self.sketched(sketch.named_tables((names.described)()));
            read(below, self.location(), faults);
        }
        let mut tables = BTreeMap::new();
        for (key, value) in self.entries() {
            match (names.read)(key.value) {
                Ok(name) => {
                    if let Some(problem) = refuse(&name, value.get_ref()) {
                        self.parsed::<()>(key.value, value, faults, |_| Err(problem));
                    } else if let Some(below) = self.below(key.value, value, faults) {
                        tables.insert(name, read(below, key.at, faults));
                    }
                }
                Err(problem) => self.refused_key(&key, problem, faults),
            }
        }
        tables
    }

    /// All keys of a table whose keys are names: each with its place and its value.
    fn entries(
        &self,
    ) -> impl Iterator<Item = (Located<&'t str>, &'t Spanned<DeValue<'t>>)> + use<'t> {
        let source = self.source;
        self.table.iter().map(move |(key, value)| {
            let key = Located {
                value: key.get_ref().as_ref(),
                at: Location {
                    source,
                    span: key.span(),
                },
            };
            (key, value)
        })
    }

    /// Reads one entry's value.
    fn parsed<T>(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        faults: &mut Faults,
        parse: impl FnOnce(&DeValue<'_>) -> Result<T, Problem>,
    ) -> Option<Located<T>> {
        let at = self.at(value.span());
        match parse(value.get_ref()) {
            Ok(value) => Some(Located { value, at }),
            Err(problem) => {
                faults.push(self.fault(key, at, problem));
                None
            }
        }
    }

    /// A reader of one entry that must be a table.
    fn below(
        &self,
        key: &str,
        value: &'t Spanned<DeValue<'t>>,
        faults: &mut Faults,
    ) -> Option<TableReader<'t>> {
        let Some(table) = value.get_ref().as_table() else {
            let problem = Problem::wrong_type("a table", value.get_ref().type_str());
            faults.push(self.fault(key, self.at(value.span()), problem));
            return None;
        };
        Some(TableReader {
            table,
            path: self.joined(key),
            source: self.source,
            span: value.span(),
            asked: Vec::new(),
            refused: BTreeSet::new(),
            sketch: None,
        })
    }

    /// Records a refused name of an entry.
    fn refused_key(&self, key: &Located<&str>, problem: Problem, faults: &mut Faults) {
        faults.push(self.fault(key.value, key.at.clone(), problem));
    }

    /// Reports the keys that nobody asked for.
    pub fn finish(self, faults: &mut Faults) {
        for (key, _) in self.entries() {
            if self.asked.contains(&key.value) {
                continue;
            }
            let help = nearest(key.value, self.asked.iter().copied()).map_or_else(
                || {
                    let mut known = self.asked.clone();
                    ordered::sort(&mut known);
                    format!("known here: {}", known.join(", "))
                },
                |near| format!("did you mean `{near}`?"),
            );
            faults.push(Fault {
                code: Code::UnknownKey,
                title: format!("unknown key `{}`", self.joined(key.value)),
                at: Some(key.at),
                label: "nothing reads this key".to_owned(),
                also: None,
                help: Some(help),
            });
        }
    }

    fn fault(&self, key: &str, at: Location, problem: Problem) -> Fault {
        Fault {
            code: problem.code,
            title: format!("`{}` is refused", self.joined(key)),
            at: Some(problem.span.map_or(at, |span| self.at(span))),
            label: problem.label,
            also: None,
            help: problem.help,
        }
    }

    fn joined(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn at(&self, span: Range<usize>) -> Location {
        Location {
            source: self.source,
            span,
        }
    }
}
