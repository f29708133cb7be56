//! An installation that was made by hand to a configuration: `.env` files, a Compose file, unit files.
//!
//! Pure: texts with their names come in, a configuration and a list of all that it does not say come out.
//! A secret that is met is named, never passed on: not into the configuration, not into a message. Nothing
//! here reads a file, and nothing here decides whether the outcome is sound: `spec` does, as for any other.

mod command_line;
mod compose;
mod dotenv;
mod draft;
mod gathering;
mod interpolate;
mod known;
mod unit;
mod variable;
mod written;
mod yaml;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::spec::name::SecretName;

use gathering::Gathering;

/// The largest text that is read: a hundred times what any of these files is.
pub const LIMIT: usize = 1 << 20;

/// How many lines a file of variables may have.
const LINES: usize = 5_000;

/// What kind of file a text is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Variables, one a line.
    Environment,
    /// A Compose file.
    Compose,
    /// A unit file.
    Unit,
}

impl Kind {
    /// The kind by the file's name; `None` where the name tells nothing.
    #[must_use]
    pub fn of(file_name: &str) -> Option<Self> {
        let ends = |kinds: &[&str]| {
            file_name
                .rsplit_once('.')
                .is_some_and(|(_, kind)| kinds.contains(&kind))
        };
        if ends(&["yml", "yaml"]) {
            Some(Self::Compose)
        } else if ends(&["service", "target"]) {
            Some(Self::Unit)
        } else if file_name == ".env" || file_name.starts_with(".env.") || ends(&["env"]) {
            Some(Self::Environment)
        } else {
            None
        }
    }
}

/// One file to import.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its path, as messages call it.
    pub path: String,
    /// What kind it is.
    pub kind: Kind,
    /// What it says.
    pub text: String,
}

impl Source {
    /// What messages call a file that this one refers to.
    fn beside(&self, written: &str) -> String {
        match self.path.rsplit_once('/') {
            Some((directory, _)) if !written.starts_with('/') => format!("{directory}/{written}"),
            _ => written.to_owned(),
        }
    }
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// Something that was not carried over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub what: String,
    /// Why, and what takes its place.
    pub why: String,
}

/// A secret that was met.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundSecret {
    /// Where it stands.
    pub place: Place,
    /// The variable that holds it, or the file that does.
    pub variable: String,
    /// What juniperctl calls it.
    pub name: SecretName,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Import {
    /// The configuration, with the losses as comments.
    pub text: String,
    /// All that it does not say, by file and line.
    pub losses: Vec<Loss>,
    /// Secrets to be set.
    pub secrets: Vec<FoundSecret>,
}

/// A text that cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{}: {what}", place.file, place.line)]
pub struct Refusal {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub what: String,
}

/// Files that a source refers to and that must be read with it, as written there, without repetition.
///
/// # Errors
/// The text cannot be read.
pub fn referred(source: &Source) -> Result<Vec<String>, Refusal> {
    match source.kind {
        Kind::Environment => Ok(Vec::new()),
        Kind::Compose => compose::referred(source),
        Kind::Unit => unit::referred(source),
    }
}

/// Makes one configuration of all sources. `beside` holds files that sources refer to, by the path of
/// the source and the path that is written in it; for a Compose file also its `.env`.
///
/// # Errors
/// A text cannot be read.
pub fn import(
    sources: &[Source],
    beside: &BTreeMap<(String, String), String>,
) -> Result<Import, Refusal> {
    let own = sources
        .iter()
        .filter(|source| source.kind == Kind::Environment);
    let own = own.map(|source| (source.path.as_str(), source.text.as_str()));
    let others = beside
        .iter()
        .map(|((_, path), text)| (path.as_str(), text.as_str()));
    if let Some((file, _)) = own
        .chain(others)
        .find(|(_, text)| text.lines().count() > LINES)
    {
        return Err(Refusal {
            place: Place {
                file: file.to_owned(),
                line: LINES,
            },
            what: format!("it has more than {LINES} lines"),
        });
    }
    let mut gathering = Gathering::new();
    for source in sources {
        match source.kind {
            Kind::Environment => gathering.remember_secrets(&source.text),
            Kind::Compose => compose::remember(source, &mut gathering)?,
            Kind::Unit => unit::remember(source, &mut gathering)?,
        }
    }
    for text in beside.values() {
        gathering.remember_secrets(text);
    }
    let composed = sources.iter().any(|source| source.kind == Kind::Compose);
    for source in sources {
        match source.kind {
            Kind::Compose => compose::gather(source, sources, beside, &mut gathering)?,
            Kind::Unit => unit::gather(source, beside, &mut gathering)?,
            // Beside a Compose file its values only stand in for names in there.
            Kind::Environment if composed => {}
            Kind::Environment => dotenv::gather(source, &mut gathering),
        }
    }
    Ok(written::import(gathering))
}
