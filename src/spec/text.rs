//! Strings from configuration that are fit to stand in a unit file.
//!
//! Every string a site can write ends up in one of these types. They refuse what no quoting can
//! carry; the quoting itself is [`crate::unit::value`]'s work.

use std::fmt;

use super::fault::Problem;

/// The longest string accepted, in bytes. The kernel's own limit for one argument or one
/// environment variable is 128 KiB (execve(2), `MAX_ARG_STRLEN`).
pub const MAX_BYTES: usize = 64 * 1024;

/// One argument or one environment value: any text without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(String);

/// One line for a directive that systemd reads raw, such as `Description=`: a [`Text`] that
/// survives without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line(String);

/// An absolute path in its normal form, fit for directives that take a raw path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AbsolutePath(String);

/// A relative path that stays below the directory it is joined to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RelativePath(String);

impl Text {
    /// Takes any text without control characters and below [`MAX_BYTES`].
    ///
    /// # Errors
    /// Names the character that cannot be carried.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if let Some(control) = text.chars().find(|c| is_control(*c)) {
            return Err(Problem::invalid(format!(
                "the control character {} is not allowed",
                control.escape_unicode()
            ))
            .help("write the value without line breaks, tabs or escape characters"));
        }
        if text.len() > MAX_BYTES {
            return Err(Problem::invalid(format!(
                "{} bytes; at most {MAX_BYTES} are allowed",
                text.len()
            )));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Line {
    /// Takes a text that systemd's line parser gives back unchanged.
    ///
    /// # Errors
    /// Says what would be lost: white space at an end, or a backslash that would join lines.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let Text(text) = Text::parse(text)?;
        if text.is_empty() {
            return Err(Problem::invalid("must not be empty"));
        }
        if text.trim() != text {
            return Err(Problem::invalid("must not begin or end with white space"));
        }
        if text.ends_with('\\') {
            return Err(Problem::invalid(
                "must not end with a backslash: systemd would join the next line to it",
            ));
        }
        Ok(Self(text))
    }
}

impl AbsolutePath {
    /// Takes an absolute path without `.`, `..`, doubled or trailing slashes.
    ///
    /// # Errors
    /// Says which of these it has.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if !text.starts_with('/') {
            return Err(Problem::invalid("a path must be absolute: begin with /"));
        }
        if text.len() >= 4096 {
            return Err(Problem::invalid("a path must be shorter than 4096 bytes"));
        }
        let Line(text) = Line::parse(text)?;
        let normal = text == "/" || text.split('/').skip(1).all(is_plain_component);
        if normal {
            Ok(Self(text))
        } else {
            Err(Problem::invalid(
                "a path must not contain empty, . or .. components or parts over 255 bytes",
            ))
        }
    }

    /// The path with another below it.
    #[must_use]
    pub fn join(&self, below: &RelativePath) -> Self {
        Self(format!("{}/{}", self.0.trim_end_matches('/'), below.0))
    }
}

impl RelativePath {
    /// Takes components of letters, digits, `.`, `_`, `-`, joined by slashes.
    ///
    /// # Errors
    /// Says what is allowed.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let plain = |part: &str| {
            is_plain_component(part)
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        if text.len() < 1024 && text.split('/').all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Problem::invalid(
                "a directory below the service's own: letters, digits, ., _ and -, joined by /",
            ))
        }
    }
}

fn is_plain_component(part: &str) -> bool {
    !matches!(part, "" | "." | "..") && part.len() <= 255
}

/// C0, DEL and C1 controls, and the Unicode characters that rearrange a terminal's line.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{feff}'
        )
        || ('\u{202a}'..='\u{202e}').contains(&character)
        || ('\u{2066}'..='\u{2069}').contains(&character)
}

/// Text from elsewhere (an HTTP reply, a journal line) made fit for a terminal: control
/// characters become their escapes, and it ends after `limit` characters.
#[must_use]
pub fn for_terminal(text: &str, limit: usize) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == limit {
            shown.push('…');
            break;
        }
        if is_control(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

macro_rules! text_type {
    ($($name:ident),*) => {$(
        impl $name {
            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )*};
}

text_type!(Text, Line, AbsolutePath, RelativePath);

#[cfg(test)]
mod tests {
    use super::{AbsolutePath, Line, RelativePath, Text, for_terminal};

    #[test]
    fn a_text_carries_anything_but_control_characters() {
        for good in ["", " ", "a\"b", "%n $HOME \\ ; # -+!@:", "äöü 漢字 🦀"] {
            assert_eq!(Text::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "a\nb",
            "a\rb",
            "\t",
            "\0",
            "\u{7f}",
            "\u{85}",
            "\u{202e}abc",
            "\u{2028}",
        ] {
            assert!(Text::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Text::parse(&"a".repeat(super::MAX_BYTES)).is_ok());
        assert!(Text::parse(&"a".repeat(super::MAX_BYTES + 1)).is_err());
    }

    #[test]
    fn a_line_survives_systemds_line_parser() {
        assert!(Line::parse("Juniper 100% \"fast\"").is_ok());
        for bad in ["", " a", "a ", "a\\", "a\nb"] {
            assert!(Line::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn paths_are_absolute_and_normal() {
        for good in ["/", "/srv/a b", "/opt/x-1.2", "/-"] {
            assert!(AbsolutePath::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "", "a", "~/a", "/a/", "//a", "/a/./b", "/a/../b", "-/a", "/a\n", "/a\\",
        ] {
            assert!(AbsolutePath::parse(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "/a", "..", "a/../b", "a b", "a/", "%h"] {
            assert!(RelativePath::parse(bad).is_err(), "{bad:?}");
        }
        assert!(RelativePath::parse("snapshots/old").is_ok());
    }

    #[test]
    fn nothing_from_elsewhere_reaches_the_terminal_raw() {
        assert_eq!(for_terminal("a\u{1b}[31mb\n", 99), "a\\u{1b}[31mb\\n");
        assert_eq!(for_terminal("abcdef", 3), "abc…");
    }
}
