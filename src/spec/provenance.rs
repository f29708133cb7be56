//! Where each value was written: every text taken apart into its keys, whatever they mean.
//!
//! Tables are merged key by key and everything else is replaced whole (`merge`), so that the last text
//! that writes a key is the one that counts. Only for configurations that were taken: nothing is judged.

use std::collections::BTreeMap;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::builtin;
use super::source::{Location, Sources};

/// A key with all that it lies below, outermost first.
pub type Path = Vec<String>;

/// One place where a value is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where.
    pub at: Location,
    /// The value as it stands there.
    pub text: String,
}

/// Where every key is written, the place that counts last.
#[derive(Debug, Clone, Default)]
pub struct Provenance(BTreeMap<Path, Vec<Written>>);

impl Provenance {
    /// Takes all texts apart.
    #[must_use]
    pub fn of(sources: &Sources) -> Self {
        let mut provenance = Self::default();
        for (id, source) in sources.iter() {
            let (table, _) = DeTable::parse_recoverable(&source.text);
            let mut note = |path: &Path, value: &Spanned<DeValue<'_>>| {
                let span = value.span();
                let text = source.text.get(span.clone()).unwrap_or_default();
                let written = Written {
                    at: Location { source: id, span },
                    text: text.to_owned(),
                };
                provenance.0.entry(path.clone()).or_default().push(written);
            };
            walk(table.get_ref(), &mut Path::new(), &mut note);
        }
        provenance
    }

    /// The places where a key is written, the one that counts last.
    #[must_use]
    pub fn places(&self, path: &[&str]) -> &[Written] {
        let path: Path = path.iter().map(|part| (*part).to_owned()).collect();
        self.0.get(&path).map_or(&[], Vec::as_slice)
    }
}

impl Written {
    /// Whether the built-in stack says so.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        self.at.source == builtin::source()
    }
}

fn walk(table: &DeTable<'_>, path: &mut Path, note: &mut impl FnMut(&Path, &Spanned<DeValue<'_>>)) {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        match value.get_ref() {
            DeValue::Table(below) => walk(below, path, note),
            _ => note(path, value),
        }
        path.pop();
    }
}

/// A dotted key as TOML has it.
#[must_use]
pub fn dotted(path: &[String]) -> String {
    let bare = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    let parts: Vec<String> = path
        .iter()
        .map(|part| {
            if bare(part) {
                part.clone()
            } else {
                // What JSON quotes, TOML reads.
                Value::from(part.as_str()).to_string()
            }
        })
        .collect();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::{Provenance, dotted};
    use crate::spec::source::Sources;

    #[test]
    fn the_last_text_that_writes_a_key_counts() {
        let mut sources = Sources::default();
        sources.add("a", "[t]\nx = 1\ny = { z = [1, 2] }\n");
        sources.add("b", "t.x = 2\n");
        let provenance = Provenance::of(&sources);
        let places = provenance.places(&["t", "x"]);
        let texts: Vec<&str> = places.iter().map(|place| place.text.as_str()).collect();
        assert_eq!(texts, ["1", "2"]);
        assert!(places[0].is_built_in() && !places[1].is_built_in());
        assert_eq!(provenance.places(&["t", "y", "z"])[0].text, "[1, 2]");
        assert!(provenance.places(&["t", "y"]).is_empty());
    }

    #[test]
    fn keys_are_quoted_where_they_must_be() {
        let path = ["a", "b c", "d.e", "/x\"y"].map(str::to_owned);
        assert_eq!(dotted(&path), r#"a."b c"."d.e"."/x\"y""#);
    }
}
