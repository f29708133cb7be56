//! The secrets that are known by their value, and whether one is hidden in some bytes, in whatever
//! encoding. Pure: it is handed the values, and never tells them.

use std::collections::BTreeSet;

use super::encoding;

/// Shorter values are found by chance, so only their names give them away.
pub(crate) const SHORTEST: usize = 6;
/// A value that was seen under a telling name is looked for elsewhere from this length on.
const SHORTEST_LEARNT: usize = 8;
/// An encoding within an encoding within an encoding is read; of long texts one layer alone.
const LAYERS: u32 = 3;
const LONG: usize = 16 * 1024;
/// What a variable may say that is no secret, whatever its name.
const WORDS: [&str; 6] = [
    "enabled", "disabled", "required", "bearer", "scrubbed", "password",
];

/// The values that must not be kept.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    values: BTreeSet<Vec<u8>>,
}

impl Secrets {
    /// Adds a value that somebody said is a secret.
    pub(crate) fn add(&mut self, value: &str) {
        self.add_from(value, SHORTEST);
    }

    /// Adds a value that stood where secrets stand.
    pub(crate) fn learn(&mut self, value: &str) {
        self.add_from(value, SHORTEST_LEARNT);
    }

    fn add_from(&mut self, value: &str, shortest: usize) {
        let value = value.trim();
        let is_word = WORDS.contains(&value.to_ascii_lowercase().as_str());
        let is_marker = value.contains(super::SCRUBBED);
        if value.len() >= shortest && !is_word && !is_marker {
            self.values.insert(value.as_bytes().to_vec());
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether one of them is in these bytes, as it is or encoded.
    pub(crate) fn are_in(&self, bytes: &[u8]) -> bool {
        let layers = if bytes.len() > LONG { 1 } else { LAYERS };
        !self.values.is_empty() && self.are_within(bytes, layers)
    }

    fn are_within(&self, bytes: &[u8], layers: u32) -> bool {
        self.are_plain_in(bytes)
            || (layers > 0
                && encoding::readings(bytes)
                    .iter()
                    .any(|reading| self.are_within(reading, layers - 1)))
    }

    fn are_plain_in(&self, bytes: &[u8]) -> bool {
        self.values
            .iter()
            .any(|value| bytes.windows(value.len()).any(|part| part == value))
    }

    /// The text with each plain one of them replaced, longest first.
    pub(crate) fn replaced(&self, text: &str, by: &str) -> String {
        let mut values: Vec<&str> = self
            .values
            .iter()
            .filter_map(|value| str::from_utf8(value).ok())
            .collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values
            .iter()
            .fold(text.to_owned(), |text, value| text.replace(value, by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_every_guise_and_nothing_else_is() {
        let mut secrets = Secrets::default();
        secrets.add("s3cr3t&Value");
        for text in [
            "s3cr3t&Value",
            "a=s3cr3t%26Value",
            "czNjcjN0JlZhbHVl",
            "user:czNjcjN0JlZhbHVl==",
            "73336372337426 56616c7565 7333637233742656616c7565",
            "Y3pOamNqTjBKbFpoYkhWbA==",
        ] {
            assert!(secrets.are_in(text.as_bytes()), "{text}");
        }
        assert!(!secrets.are_in(b"s3cr3t Value, and nothing else that matters"));
        assert_eq!(secrets.replaced("<s3cr3t&Value>", "*"), "<*>");
    }

    #[test]
    fn words_and_short_values_are_no_secrets() {
        let mut secrets = Secrets::default();
        for value in ["true", "12345", "enabled", " SCRUBBED ", ""] {
            secrets.add(value);
        }
        secrets.learn("1234567");
        assert_eq!(secrets.len(), 0);
    }
}
