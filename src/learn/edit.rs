//! Proposals as changes of the configuration's text: comments and order stay, and values are written by a
//! TOML writer, so that nothing that a service said can become another line.
//!
//! The text is only made. Nothing writes it anywhere.

use toml_edit::{Array, DocumentMut, Item, Table, Value, value};

use crate::hardening::Exposure;
use crate::plan::difference::unified;
use crate::spec::ServiceName;

/// One change of a service's table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edit {
    /// A directory that exists before it starts, below its state directory.
    StateDirectory(String),
    /// A directory that it insists on writing to, led to one of its own.
    Bind {
        /// Where it writes.
        directory: String,
        /// What is there instead: `self.state/x`.
        own: String,
    },
    /// A variable that names one of its own directories; one that is written out goes.
    Variable {
        /// Its name.
        name: String,
        /// The directory: `self.state/x`.
        own: String,
    },
    /// The GPUs that it may open.
    Gpu,
    /// Its limit of memory, in bytes.
    MemoryMax(u64),
    /// A directive that is taken off.
    Relax {
        /// The directive.
        directive: &'static str,
        /// Why; never what a service said.
        reason: &'static str,
    },
    /// How exposed it may be.
    Budget(Exposure),
}

/// Why a text cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It is no TOML.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// A key holds something else than it should.
    #[error("`{0}` is not a table")]
    NotATable(String),
}

/// The text with these changes of a service. `state_directories` are those that it has by now, wherever
/// they are written.
///
/// # Errors
/// The text has another form than a configuration has.
pub fn edited(
    text: &str,
    service: &ServiceName,
    state_directories: &[String],
    edits: &[Edit],
) -> Result<String, EditError> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| EditError::Unreadable(error.message().to_owned()))?;
    let services = below(document.as_table_mut(), "services", Form::Hidden)?;
    let table = below(services, service.as_str(), Form::Header)?;
    let mut directories = state_directories.to_vec();
    for edit in edits {
        match edit {
            Edit::StateDirectory(name) => {
                if !directories.contains(name) {
                    directories.push(name.clone());
                }
                let list: Array = directories.iter().map(String::as_str).collect();
                put(table, "state_directories", list.into());
            }
            Edit::Bind { directory, own } => {
                put(
                    below(table, "bind_directories", Form::Dotted)?,
                    directory,
                    own.into(),
                );
            }
            Edit::Variable { name, own } => {
                if let Some(literal) = table
                    .get_mut("environment")
                    .and_then(Item::as_table_like_mut)
                {
                    literal.remove(name);
                }
                put(
                    below(table, "derived_environment", Form::Dotted)?,
                    name,
                    own.into(),
                );
            }
            Edit::Gpu => put(table, "gpu", "all".into()),
            Edit::MemoryMax(bytes) => put(table, "memory_max", megabytes(*bytes).into()),
            Edit::Relax { directive, reason } => {
                put(
                    below(table, "relax", Form::Dotted)?,
                    directive,
                    (*reason).into(),
                );
            }
            Edit::Budget(exposure) => {
                let figure: f64 = exposure.to_string().parse().unwrap_or(10.0);
                put(table, "exposure_budget", figure.into());
            }
        }
    }
    Ok(document.to_string())
}

/// `1536M`: the next whole number.
fn megabytes(bytes: u64) -> String {
    format!("{}M", bytes.div_ceil(1 << 20))
}

/// How a table that is not there yet is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Only the tables in it are.
    Hidden,
    /// With a header of its own.
    Header,
    /// As `table.key = value` in the table that it is in.
    Dotted,
}

/// A table of a table, made where there is none.
fn below<'t>(
    table: &'t mut dyn toml_edit::TableLike,
    name: &str,
    form: Form,
) -> Result<&'t mut dyn toml_edit::TableLike, EditError> {
    if !table.contains_key(name) {
        let mut made = Table::new();
        made.set_implicit(form == Form::Hidden);
        made.set_dotted(form == Form::Dotted);
        table.insert(name, Item::Table(made));
    }
    table
        .get_mut(name)
        .and_then(Item::as_table_like_mut)
        .ok_or_else(|| EditError::NotATable(name.to_owned()))
}

/// Sets a value and leaves what stands around it.
fn put(table: &mut dyn toml_edit::TableLike, key: &str, new: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            let around = old.decor().clone();
            *old = new;
            *old.decor_mut() = around;
        }
        None => {
            table.insert(key, value(new));
        }
    }
}

/// What changes, as a unified difference; empty where nothing does.
#[must_use]
pub fn difference(path: &str, before: &str, after: &str) -> String {
    unified([path, path], before, after, 3)
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
