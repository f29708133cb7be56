//! Secrets in running text: what stands after a telling name, an authorization scheme, in a URL
//! before the host, or has the form of a signed token. Pure; it knows no secret by its value.

use std::ops::Range;
use std::sync::LazyLock;

use regex_lite::Regex;

use super::SCRUBBED;
use super::name::{Sensitivity, sensitivity};

/// An authorization scheme and what follows it.
static SCHEME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:bearer|basic|digest|apikey|negotiate)\s+([^\s,;'\x22<>]+)").ok()
});
/// User and password of a URL.
static USER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"://([^/\s@'\x22<>]+)@").ok());
/// A JSON Web Token.
static SIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?)").ok()
});
/// A name and what parts it from its value.
static NAMED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"([A-Za-z][A-Za-z0-9_.-]*)['\x22]?\s*[=:]\s*").ok());

/// The text without what its form gives away as a secret.
pub(crate) fn scrubbed(text: &str) -> String {
    let text = [&SCHEME, &USER, &SIGNED]
        .into_iter()
        .filter_map(|form| form.as_ref())
        .fold(text.to_owned(), |text, form| {
            let places = form
                .captures_iter(&text)
                .filter_map(|found| Some(found.get(1)?.range()))
                .collect();
            without(&text, places)
        });
    let Some(named) = NAMED.as_ref() else {
        return SCRUBBED.to_owned();
    };
    let places = named
        .captures_iter(&text)
        .filter_map(|found| value_of(&text, found.get(1)?.as_str(), found.get(0)?.end()))
        .collect();
    without(&text, places)
}

/// Where the value of a telling name is, which begins at this place.
fn value_of(text: &str, name: &str, begin: usize) -> Option<Range<usize>> {
    if sensitivity(name) < Sensitivity::Certain {
        return None;
    }
    let rest = text.get(begin..)?;
    let (begin, rest, end): (_, _, fn(char) -> bool) = match rest.chars().next()? {
        '"' => (begin + 1, rest.get(1..)?, |it| matches!(it, '"' | '\n')),
        '\'' => (begin + 1, rest.get(1..)?, |it| matches!(it, '\'' | '\n')),
        // Several may follow one another, and each is one.
        _ if name.to_ascii_lowercase().ends_with("cookie") => (begin, rest, |it| it == '\n'),
        _ => (begin, rest, |it| {
            it.is_whitespace() || matches!(it, '&' | ';' | ',' | '"' | '\'' | '<' | '>')
        }),
    };
    let length = rest.find(end).unwrap_or(rest.len());
    (length > 0).then_some(begin..begin + length)
}

/// The text with these places, in order, replaced.
fn without(text: &str, places: Vec<Range<usize>>) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut end = 0;
    for place in places {
        if place.start < end {
            continue;
        }
        kept.push_str(text.get(end..place.start).unwrap_or_default());
        kept.push_str(SCRUBBED);
        end = place.end;
    }
    kept.push_str(text.get(end..).unwrap_or_default());
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_text_are_replaced_and_nothing_else() {
        for (text, expected) in [
            ("Bearer abc.def-1", "Bearer SCRUBBED"),
            (
                "authorization: Bearer abc",
                "authorization: SCRUBBED SCRUBBED",
            ),
            ("http://user:pw@host/x", "http://SCRUBBED@host/x"),
            ("see eyJhbGciOi.eyJzdWIi.sIg-_x end", "see SCRUBBED end"),
            ("a=1&token=xyz&b=2", "a=1&token=SCRUBBED&b=2"),
            ("path: api_key=xyz", "path: api_key=SCRUBBED"),
            (
                "{'password': 'a b c', 'n': 1}",
                "{'password': 'SCRUBBED', 'n': 1}",
            ),
            (
                "Set-Cookie: a=b; c=d\nnext: 1",
                "Set-Cookie: SCRUBBED\nnext: 1",
            ),
            ("status: ready, n_samples=3", "status: ready, n_samples=3"),
            (
                "http://127.0.0.1:8100/v1/health",
                "http://127.0.0.1:8100/v1/health",
            ),
            ("text/html; charset=utf-8", "text/html; charset=utf-8"),
        ] {
            assert_eq!(scrubbed(text), expected, "{text}");
        }
    }
}
