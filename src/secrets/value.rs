//! The value of a secret: what it may be, and how one is made.
//!
//! It is handed over as it is and never shown: it has no `Display`, and its `Debug` says nothing.

use std::fmt::{self, Write as _};

/// The longest value taken; systemd itself takes a mebibyte.
pub const LONGEST: usize = 64 * 1024;

/// How many random bytes a generated value is made of.
pub const RANDOM: usize = 32;

/// Below this many characters a value can be guessed.
const SHORT: usize = 16;

/// A value that every service can take: one line of printable ASCII without spaces and commas.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(String);

impl SecretValue {
    /// Takes what was typed or read, without the line break at its end.
    ///
    /// # Errors
    /// Says what is wrong with it, never what it is.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.is_empty() {
            return Err("it is empty");
        }
        if text.len() > LONGEST {
            return Err("it is longer than 64 KiB");
        }
        if text.contains(',') {
            return Err("it has a comma, at which the services would split it into several keys");
        }
        if !text.chars().all(|character| character.is_ascii_graphic()) {
            return Err(
                "it has a space, a line break or a character beyond ASCII, which HTTP headers cannot carry",
            );
        }
        Ok(Self(text.to_owned()))
    }

    /// Makes one of random bytes: hexadecimal digits.
    #[must_use]
    pub fn of_random(bytes: [u8; RANDOM]) -> Self {
        let mut text = String::with_capacity(2 * RANDOM);
        for byte in bytes {
            // Writing into a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// What is written into the file, or handed to `systemd-creds` through a pipe.
    #[must_use]
    pub fn exposed(&self) -> &str {
        &self.0
    }

    /// Whether somebody could guess it.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.0.len() < SHORT
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretValue(not shown)")
    }
}

#[cfg(test)]
mod tests {
    use super::{RANDOM, SecretValue};
    use proptest::{prop_assert, proptest};

    #[test]
    fn a_value_is_one_word_that_a_header_can_carry() {
        for good in ["k", "0123456789abcdef", "a=b/c+d~!\"'\\$%", "x\n", "x\r\n"] {
            let taken = SecretValue::parse(good).unwrap();
            assert_eq!(taken.exposed(), good.trim_end());
        }
        for bad in [
            "",
            "\n",
            "a b",
            "a,b",
            "a\nb",
            "a\n\n",
            "ä",
            "a\tb",
            "\u{1b}[31m",
        ] {
            assert!(SecretValue::parse(bad).is_err(), "{bad:?}");
        }
        assert!(SecretValue::parse(&"x".repeat(65_537)).is_err());
    }

    #[test]
    fn a_generated_value_is_a_value_and_is_not_shown() {
        let made = SecretValue::of_random([0xa5; RANDOM]);
        assert_eq!(made.exposed(), "a5".repeat(RANDOM));
        assert_eq!(SecretValue::parse(made.exposed()), Ok(made.clone()));
        assert!(!made.is_short());
        assert!(!format!("{made:?}").contains("a5"));
    }

    proptest! {
        #[test]
        fn no_refusal_tells_the_value(text in "[a-z]{4,12} [a-z]{4,12}") {
            let why = SecretValue::parse(&text).unwrap_err();
            let (first, _) = text.split_once(' ').unwrap();
            prop_assert!(!why.contains(&text));
            prop_assert!(first.len() < 6 || !why.contains(first) || ["character", "header", "headers"].contains(&first));
        }
    }
}
