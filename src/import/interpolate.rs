//! `${VARIABLE:-default}` as Compose puts values in.
//!
//! Text in, text out, of bounded length and depth; what is not set and has no default is reported. Values
//! come from the `.env` beside the file, never from whoever runs juniperctl.

use std::collections::BTreeMap;

/// The longest text that may come of one value.
const LONGEST: usize = 65_536;

/// How deep a default may have defaults.
const DEPTH: usize = 8;

/// A value, the variables in it, and those of them that are not set.
pub(super) struct Filled {
    pub(super) names: Vec<String>,
    pub(super) text: String,
    pub(super) unset: Vec<String>,
}

/// Puts the values in; `None` where that is malformed or becomes too long.
pub(super) fn filled(text: &str, values: &BTreeMap<String, String>) -> Option<Filled> {
    let mut filled = Filled {
        names: Vec::new(),
        text: String::new(),
        unset: Vec::new(),
    };
    fill(text, values, DEPTH, &mut filled)?;
    Some(filled)
}

fn fill(
    text: &str,
    values: &BTreeMap<String, String>,
    depth: usize,
    into: &mut Filled,
) -> Option<()> {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        into.text.push_str(before);
        if let Some(literal) = after.strip_prefix('$') {
            into.text.push('$');
            rest = literal;
        } else if let Some(braced) = after.strip_prefix('{') {
            let end = closing(braced)?;
            let (inner, behind) = braced.split_at_checked(end)?;
            expression(inner, values, depth.checked_sub(1)?, into)?;
            rest = behind.strip_prefix('}')?;
        } else {
            let length = name_length(after);
            let (name, behind) = after.split_at_checked(length)?;
            if name.is_empty() {
                return None;
            }
            into.names.push(name.to_owned());
            put(name, values, into);
            rest = behind;
        }
        if into.text.len() > LONGEST {
            return None;
        }
    }
    into.text.push_str(rest);
    (into.text.len() <= LONGEST).then_some(())
}

fn expression(
    inner: &str,
    values: &BTreeMap<String, String>,
    depth: usize,
    into: &mut Filled,
) -> Option<()> {
    let (name, rest) = inner.split_at_checked(name_length(inner))?;
    if name.is_empty() {
        return None;
    }
    into.names.push(name.to_owned());
    let (empty_counts, operator) = match rest.strip_prefix(':') {
        Some(operator) => (true, operator),
        None => (false, rest),
    };
    let value = values
        .get(name)
        .filter(|value| !(empty_counts && value.is_empty()));
    let mut characters = operator.chars();
    match (characters.next(), value) {
        (None, _) if empty_counts => return None,
        (None, _) => put(name, values, into),
        (Some('-' | '?'), Some(value)) => into.text.push_str(value),
        (Some('-'), None) | (Some('+'), Some(_)) => {
            fill(characters.as_str(), values, depth, into)?;
        }
        (Some('+'), None) => {}
        (Some('?'), None) => into.unset.push(name.to_owned()),
        (Some(_), _) => return None,
    }
    Some(())
}

fn put(name: &str, values: &BTreeMap<String, String>, into: &mut Filled) {
    match values.get(name) {
        Some(value) => into.text.push_str(value),
        None => into.unset.push(name.to_owned()),
    }
}

/// Where the brace that closes an expression is.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(place),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn name_length(text: &str) -> usize {
    let digit_first = text.starts_with(|c: char| c.is_ascii_digit());
    if digit_first {
        return 0;
    }
    text.bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count()
}

#[cfg(test)]
mod tests {
    use super::filled;
    use std::collections::BTreeMap;

    fn values() -> BTreeMap<String, String> {
        [("A", "a"), ("E", "")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn values_defaults_and_alternatives() {
        for (text, wanted) in [
            ("x", "x"),
            ("$A-${A}", "a-a"),
            ("$$A", "$A"),
            ("${U:-d}", "d"),
            ("${E:-d}${E-d}", "d"),
            ("${U:-${A}}", "a"),
            ("${U-{\"k\":1}}", "{\"k\":1}"),
            ("${A:+yes}${U:+no}", "yes"),
            ("${A:?must}", "a"),
            ("ä${A}", "äa"),
        ] {
            assert_eq!(filled(text, &values()).unwrap().text, wanted, "{text}");
        }
        assert_eq!(filled("$U ${V?x}", &values()).unwrap().unset, ["U", "V"]);
    }

    #[test]
    fn malformed_and_endless_ones_are_refused() {
        for text in ["$", "${", "${A", "${}", "${A:}", "${A!x}", "${1}", "a $ b"] {
            assert!(filled(text, &values()).is_none(), "{text}");
        }
        assert!(filled(&"${U:-".repeat(20), &values()).is_none());
        assert!(filled(&"${U:-x}".repeat(70_000), &values()).is_none());
    }
}
