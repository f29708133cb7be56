//! Values as YAML that readers of YAML 1.1 and 1.2 read alike.
//!
//! Block style; a text stands bare only where it is letters, digits and `.`, `_`, `-`, `/`, begins with a letter or a
//! slash, and is no word that some reader takes for something else (`no`, `on`, `null`). Everything else is quoted as
//! JSON quotes it, which is YAML, too: neither Norway nor an octal number nor a date is lost. Why not a library: those
//! with an emitter bring a second parser along, and this is all that is needed of one.

use std::fmt::Write as _;

use serde_json::Value;

/// Words that are something else than a text to some reader.
const RESERVED: [&str; 11] = [
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf",
];

/// One document.
pub(super) fn document(value: &Value) -> String {
    let mut out = String::new();
    nested(&mut out, value, 0);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// Writes a value whose first line is already begun.
fn nested(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) if map.is_empty() => out.push_str("{}"),
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        Value::Object(map) => {
            for (index, (key, value)) in map.iter().enumerate() {
                if index > 0 {
                    indent(out, depth);
                }
                text(out, key);
                out.push(':');
                below(out, value, depth);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    indent(out, depth);
                }
                out.push_str("- ");
                nested(out, item, depth + 1);
                end_line(out);
            }
        }
        Value::String(words) => text(out, words),
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            // Writing to a string cannot fail.
            let _ = write!(out, "{value}");
        }
    }
}

/// Writes the value of a key and ends its line.
fn below(out: &mut String, value: &Value, depth: usize) {
    let is_nested = match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_nested {
        out.push('\n');
        indent(out, depth + 1);
        nested(out, value, depth + 1);
    } else {
        out.push(' ');
        nested(out, value, depth);
    }
    end_line(out);
}

fn end_line(out: &mut String) {
    if !out.ends_with('\n') {
        out.push('\n');
    }
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

/// A text, quoted where it must be.
fn text(out: &mut String, text: &str) {
    if is_plain(text) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            _ if is_printable(character) => out.push(character),
            _ => {
                let code = u32::from(character);
                // Writing to a string cannot fail.
                let _ = if code > 0xffff {
                    write!(out, "\\U{code:08X}")
                } else {
                    write!(out, "\\u{code:04X}")
                };
            }
        }
    }
    out.push('"');
}

fn is_plain(text: &str) -> bool {
    let begins = text
        .chars()
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '/');
    begins
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str())
}

/// What YAML 1.1 lets stand in a text; a line break is never let through.
fn is_printable(character: char) -> bool {
    matches!(
        character,
        ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}'
            | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..
    )
}

#[cfg(test)]
mod tests {
    use super::document;
    use serde_json::json;

    #[test]
    fn the_structure_is_in_blocks() {
        let value = json!({
            "apiVersion": "v1",
            "empty": {}, "none": [], "count": 3, "yes": true,
            "list": [{ "a": "b", "c": ["d", ["e", "f"]] }, "x"],
            "deep": { "er": { "est": null } },
        });
        assert_eq!(
            document(&value),
            "apiVersion: v1\nempty: {}\nnone: []\ncount: 3\n\"yes\": true\n\
             list:\n  - a: b\n    c:\n      - d\n      - - e\n        - f\n  - x\n\
             deep:\n  er:\n    est: null\n"
        );
    }

    #[test]
    fn what_could_be_something_else_is_quoted() {
        for text in [
            "no",
            "NO",
            "Yes",
            "on",
            "null",
            "",
            " ",
            "0123",
            "1e3",
            "2001-01-01",
            "1:20",
            "a: b",
            "#",
            "- a",
            "~",
            "=",
            "<<",
            "*a",
            "&a",
            "!x",
            "@",
            "%",
            "a b",
            "a#",
            "{}",
            "[",
            "nan",
        ] {
            assert_eq!(document(&json!(text)), format!("\"{text}\"\n"));
        }
        for text in ["v1", "/usr/bin/env", "a-b_c.d/e", "Norway"] {
            assert_eq!(document(&json!(text)), format!("{text}\n"));
        }
        assert_eq!(
            document(&json!("a\"\\\u{85}\u{feff}🦀")),
            "\"a\\\"\\\\\\u0085\\uFEFF🦀\"\n"
        );
    }
}
