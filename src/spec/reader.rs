//! A TOML table read key by key, recording every fault instead of stopping at the first.
//!
//! serde stops at the first wrong value; people want all of them. The reader hands each value to
//! a parser, notes where it stood, and at the end reports each key that nobody asked for. It
//! knows nothing of what the keys mean.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Code, Fault, Faults, Problem};
use super::source::{Located, Location, SourceId};
use super::suggestion::nearest;

/// One table of one source while it is being read.
pub struct TableReader<'t> {
    table: &'t DeTable<'t>,
    /// Dotted path of the table, for messages; empty at the top.
    path: String,
    source: SourceId,
    span: Range<usize>,
    asked: Vec<&'static str>,
    refused: BTreeSet<&'static str>,
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
    pub fn optional<T>(
        &mut self,
        key: &'static str,
        faults: &mut Faults,
        parse: impl FnOnce(&DeValue<'_>) -> Result<T, Problem>,
    ) -> Option<Located<T>> {
        self.asked.push(key);
        let value = self.table.get(key)?;
        let parsed = self.parsed(key, value, faults, parse);
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
        let value = self.table.get(key)?;
        self.below(key, value, faults)
    }

    /// All keys of a table whose keys are names: each with its place and its value.
    pub fn entries(
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
    pub fn parsed<T>(
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
    pub fn below(
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
        })
    }

    /// Records a refused name of an entry.
    pub fn refused_key(&self, key: &Located<&str>, problem: Problem, faults: &mut Faults) {
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
                    known.sort_unstable();
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

/// A string handed on to a parser of text.
pub fn string<T>(
    parse: impl FnOnce(&str) -> Result<T, Problem>,
) -> impl FnOnce(&DeValue<'_>) -> Result<T, Problem> {
    |value| match value.as_str() {
        Some(text) => parse(text),
        None => Err(Problem::wrong_type("a string", value.type_str())),
    }
}

/// True or false.
///
/// # Errors
/// Refuses everything else.
pub fn flag(value: &DeValue<'_>) -> Result<bool, Problem> {
    value
        .as_bool()
        .ok_or_else(|| Problem::wrong_type("true or false", value.type_str()))
}

/// A whole number within limits.
pub fn number(low: u64, high: u64) -> impl FnOnce(&DeValue<'_>) -> Result<u64, Problem> {
    move |value| {
        let Some(integer) = value.as_integer() else {
            return Err(Problem::wrong_type("a whole number", value.type_str()));
        };
        u64::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .filter(|number| (low..=high).contains(number))
            .ok_or_else(|| Problem::invalid(format!("must be from {low} to {high}")))
    }
}

/// An array of strings, each handed on to a parser of text; the first refused one is reported.
pub fn strings<T>(
    parse: impl Fn(&str) -> Result<T, Problem>,
) -> impl FnOnce(&DeValue<'_>) -> Result<Vec<T>, Problem> {
    move |value| {
        let Some(array) = value.as_array() else {
            return Err(Problem::wrong_type("an array of strings", value.type_str()));
        };
        array
            .iter()
            .map(|item| string(&parse)(item.get_ref()).map_err(|problem| problem.at(item.span())))
            .collect()
    }
}

/// A word of a closed set.
pub fn word<T: Copy>(
    words: &'static [(&'static str, T)],
) -> impl FnOnce(&DeValue<'_>) -> Result<T, Problem> {
    string(move |text| {
        words
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, value)| *value)
            .ok_or_else(|| {
                let known: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
                let problem = Problem::invalid(format!("one of {}", known.join(", ")));
                match nearest(text, known) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => problem,
                }
            })
    })
}

/// A scalar as environment text: people write ports and flags without quotes.
///
/// # Errors
/// Refuses arrays, tables and dates, and text that cannot be carried.
pub fn scalar(value: &DeValue<'_>) -> Result<super::text::Text, Problem> {
    match value {
        DeValue::String(text) => super::text::Text::parse(text),
        DeValue::Integer(integer) if integer.radix() == 10 => {
            super::text::Text::parse(integer.as_str())
        }
        DeValue::Boolean(flag) => super::text::Text::parse(if *flag { "true" } else { "false" }),
        DeValue::Float(float) => super::text::Text::parse(float.as_str()),
        _ => Err(
            Problem::wrong_type("a string, a number or a boolean", value.type_str())
                .help("put the value in quotes"),
        ),
    }
}
