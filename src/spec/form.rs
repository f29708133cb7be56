//! What a key's value may be: a form reads one value, and describes all that it takes.
//!
//! Reader and schema come from the same forms, so that neither can forget what the other knows. A
//! description may allow more than the form (a schema cannot count bytes), never less. Nothing here
//! knows which keys there are.

use serde_json::{Value, json};
use toml::de::DeValue;

use super::fault::Problem;
use super::suggestion::nearest;

/// A form of values.
pub trait Form<T> {
    /// Reads one value.
    ///
    /// # Errors
    /// Says what is allowed.
    fn read(&self, value: &DeValue<'_>) -> Result<T, Problem>;

    /// All values that it takes, as a JSON schema.
    fn described(&self) -> Value;
}

/// A type whose values can be described.
pub trait Described {
    /// All values that are taken for it, as a JSON schema.
    fn described() -> Value;
}

impl<T: Described, F: Fn(&DeValue<'_>) -> Result<T, Problem>> Form<T> for F {
    fn read(&self, value: &DeValue<'_>) -> Result<T, Problem> {
        self(value)
    }

    fn described(&self) -> Value {
        T::described()
    }
}

/// A function with a description of its own: its type says too little.
#[derive(Debug, Clone, Copy)]
pub struct Special<T> {
    /// Reads one value.
    pub read: fn(&DeValue<'_>) -> Result<T, Problem>,
    /// All values that it takes, as a JSON schema.
    pub described: fn() -> Value,
}

impl<T> Form<T> for Special<T> {
    fn read(&self, value: &DeValue<'_>) -> Result<T, Problem> {
        (self.read)(value)
    }

    fn described(&self) -> Value {
        (self.described)()
    }
}

/// The names that the keys of a table are.
#[derive(Debug, Clone, Copy)]
pub struct Names<K> {
    /// Reads one name.
    pub read: fn(&str) -> Result<K, Problem>,
    /// All names that it takes, as a JSON schema.
    pub described: fn() -> Value,
}

impl<K: Described> Names<K> {
    /// Names whose type describes itself.
    pub fn of(read: fn(&str) -> Result<K, Problem>) -> Self {
        Self {
            read,
            described: K::described,
        }
    }
}

/// See [`string`].
#[derive(Debug, Clone, Copy)]
pub struct StringForm<F>(F);

/// A string handed on to a parser of text.
pub fn string<F>(parse: F) -> StringForm<F> {
    StringForm(parse)
}

impl<T: Described, F: Fn(&str) -> Result<T, Problem>> Form<T> for StringForm<F> {
    fn read(&self, value: &DeValue<'_>) -> Result<T, Problem> {
        read_string(value, &self.0)
    }

    fn described(&self) -> Value {
        T::described()
    }
}

/// A string, read by `parse`.
///
/// # Errors
/// It is no string, or `parse` refuses it.
pub fn read_string<T>(
    value: &DeValue<'_>,
    parse: impl Fn(&str) -> Result<T, Problem>,
) -> Result<T, Problem> {
    match value.as_str() {
        Some(text) => parse(text),
        None => Err(Problem::wrong_type("a string", value.type_str())),
    }
}

/// See [`strings`].
#[derive(Debug, Clone, Copy)]
pub struct StringsForm<F>(F);

/// An array of strings, each handed on to a parser of text; the first refused one is reported.
pub fn strings<F>(parse: F) -> StringsForm<F> {
    StringsForm(parse)
}

impl<T: Described, F: Fn(&str) -> Result<T, Problem>> Form<Vec<T>> for StringsForm<F> {
    fn read(&self, value: &DeValue<'_>) -> Result<Vec<T>, Problem> {
        let Some(array) = value.as_array() else {
            return Err(Problem::wrong_type("an array of strings", value.type_str()));
        };
        array
            .iter()
            .map(|item| {
                read_string(item.get_ref(), &self.0).map_err(|problem| problem.at(item.span()))
            })
            .collect()
    }

    fn described(&self) -> Value {
        json!({ "type": "array", "items": T::described() })
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

impl Described for bool {
    fn described() -> Value {
        json!({ "type": "boolean" })
    }
}

/// See [`number`].
#[derive(Debug, Clone, Copy)]
pub struct Number {
    low: u64,
    high: u64,
}

/// A whole number within limits.
#[must_use]
pub fn number(low: u64, high: u64) -> Number {
    Number { low, high }
}

impl Form<u64> for Number {
    fn read(&self, value: &DeValue<'_>) -> Result<u64, Problem> {
        let Some(integer) = value.as_integer() else {
            return Err(Problem::wrong_type("a whole number", value.type_str()));
        };
        let Self { low, high } = *self;
        u64::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .filter(|number| (low..=high).contains(number))
            .ok_or_else(|| Problem::invalid(format!("must be from {low} to {high}")))
    }

    fn described(&self) -> Value {
        json!({ "type": "integer", "minimum": self.low, "maximum": self.high })
    }
}

/// See [`word`].
#[derive(Debug, Clone, Copy)]
pub struct Word<T: 'static>(&'static [(&'static str, T)]);

/// A word of a closed set.
#[must_use]
pub fn word<T: Copy>(words: &'static [(&'static str, T)]) -> Word<T> {
    Word(words)
}

impl<T: Copy> Form<T> for Word<T> {
    fn read(&self, value: &DeValue<'_>) -> Result<T, Problem> {
        read_string(value, |text| {
            let known = self.0.iter().find(|(name, _)| *name == text);
            known.map(|(_, value)| *value).ok_or_else(|| {
                let known: Vec<&str> = self.0.iter().map(|(name, _)| *name).collect();
                let problem = Problem::invalid(format!("one of {}", known.join(", ")));
                match nearest(text, known) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => problem,
                }
            })
        })
    }

    fn described(&self) -> Value {
        let words: Vec<&str> = self.0.iter().map(|(name, _)| *name).collect();
        json!({ "enum": words })
    }
}

/// A scalar as environment text: people write ports and flags without quotes.
pub const SCALAR: Special<super::text::Text> = Special {
    read: scalar,
    described: || json!({ "type": ["string", "number", "boolean"] }),
};

fn scalar(value: &DeValue<'_>) -> Result<super::text::Text, Problem> {
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
