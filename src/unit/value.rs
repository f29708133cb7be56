//! Strings written so that systemd reads back exactly what was meant.
//!
//! The rules are systemd.syntax(7)'s and systemd.unit(5)'s: `%` begins a specifier everywhere,
//! quotes and backslashes matter in `ExecStart=` and `Environment=`. Dollar signs are literal
//! because every command line of ours carries the `:` prefix (systemd.service(5), "COMMAND LINES"),
//! which switches expansion off and keeps what D-Bus reports equal to what was configured.
//! Control characters never get here: [`Text`](crate::spec::text::Text) refuses them.

use crate::spec::derived::EnvironmentValue;
use crate::spec::name::EnvironmentName;
use crate::spec::text::RelativePath;

/// A word of a command line, quoted where it must be.
#[must_use]
pub fn argument(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_/.,:=@+-".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A text between double quotes, specifiers doubled.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '%' => out.push_str("%%"),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

/// A line or path for a directive that knows no quotes; only specifiers need care.
#[must_use]
pub fn raw(text: &str) -> String {
    text.replace('%', "%%")
}

/// The directories systemd makes for a service, as specifiers that hold in system and user mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directories {
    /// Path below systemd's own bases, such as `juniper/data` or `juniper/worker/%i`.
    pub below: String,
}

impl Directories {
    /// `/var/lib/juniper/NAME` or one below it.
    #[must_use]
    pub fn state(&self, below: Option<&RelativePath>) -> String {
        self.path("%S", below)
    }

    /// `/var/log/juniper/NAME` or one below it.
    #[must_use]
    pub fn logs(&self, below: Option<&RelativePath>) -> String {
        self.path("%L", below)
    }

    /// `/var/cache/juniper/NAME` or one below it.
    #[must_use]
    pub fn cache(&self, below: Option<&RelativePath>) -> String {
        self.path("%C", below)
    }

    /// The directory that a value speaks of; `None` for a literal.
    #[must_use]
    pub fn of(&self, value: &EnvironmentValue) -> Option<String> {
        match value {
            EnvironmentValue::Literal(_) => None,
            EnvironmentValue::State(below) => Some(self.state(below.as_ref())),
            EnvironmentValue::Logs(below) => Some(self.logs(below.as_ref())),
            EnvironmentValue::Cache(below) => Some(self.cache(below.as_ref())),
        }
    }

    fn path(&self, base: &str, below: Option<&RelativePath>) -> String {
        match below {
            None => format!("{base}/{}", self.below),
            Some(below) => format!("{base}/{}/{below}", self.below),
        }
    }
}

/// The value of `Environment=` for one variable.
#[must_use]
pub fn assignment(
    name: &EnvironmentName,
    value: &EnvironmentValue,
    directories: &Directories,
) -> String {
    match (value, directories.of(value)) {
        (_, Some(directory)) => format!("{name}={directory}"),
        (EnvironmentValue::Literal(text), None) if argument(text.as_str()) != text.as_str() => {
            quoted(&format!("{name}={text}"))
        }
        (EnvironmentValue::Literal(text), None) => format!("{name}={text}"),
        (_, None) => format!("{name}="),
    }
}

/// A span in the form that systemd.time(7) reads.
#[must_use]
pub fn span(span: std::time::Duration) -> String {
    crate::spec::duration::written(span)
}

#[cfg(test)]
mod tests {
    use super::{argument, quoted, raw};
    use proptest::{prop_assert, prop_assert_eq, proptest};

    /// systemd's unquoting of one double-quoted word followed by specifier expansion of `%%`.
    fn read_back(word: &str) -> String {
        let inner = word
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap_or(word);
        let mut out = String::new();
        let mut characters = inner.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' => out.push(characters.next().unwrap()),
                '%' => {
                    assert_eq!(characters.next(), Some('%'));
                    out.push('%');
                }
                _ => out.push(character),
            }
        }
        out
    }

    #[test]
    fn hostile_words_are_quoted() {
        for (word, written) in [
            ("plain-1.2/x", "plain-1.2/x"),
            ("", "\"\""),
            (";", "\";\""),
            ("a b", "\"a b\""),
            ("%n", "\"%%n\""),
            ("$HOME", "\"$HOME\""),
            ("a\"b\\", "\"a\\\"b\\\\\""),
            ("'", "\"'\""),
        ] {
            assert_eq!(argument(word), written, "{word}");
        }
        assert_eq!(raw("100% a"), "100%% a");
    }

    proptest! {
        #[test]
        fn a_word_reads_back_as_it_was(text in "[^\\p{Cc}]*") {
            prop_assert_eq!(read_back(&argument(&text)), text.clone());
            prop_assert_eq!(read_back(&quoted(&text)), text);
        }

        #[test]
        fn nothing_adds_a_line(text in "[^\\p{Cc}]*") {
            prop_assert!(!quoted(&text).contains('\n'));
        }
    }
}
