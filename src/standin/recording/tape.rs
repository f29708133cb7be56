//! Which recorded answer comes next. A session is told in chapters, each begun by a request that
//! changes something: within a chapter, what was asked repeatedly is answered in the recorded order,
//! the last answer again and again. Pure: it is asked, and keeps no time.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Content, Exchange, Line, Recording};
use crate::scrub::{self, SCRUBBED};

/// A recording that is being played.
pub(crate) struct Tape {
    /// In the order in which the requests came.
    exchanges: Vec<Exchange>,
    upgrades: Vec<String>,
    is_full: bool,
    /// Where the present chapter begins.
    begin: usize,
    /// How often each request was answered within it.
    told: BTreeMap<Asked, usize>,
}

/// What was asked, as far as answers differ by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    method: String,
    path: String,
    query: String,
    body: String,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Next {
    /// This answer; whether it was given to a request with this very body.
    Answer(Box<Exchange>, bool),
    /// No answer, and why not.
    Missing(String),
}

impl Tape {
    /// A tape at its beginning.
    pub(crate) fn new(recording: Recording) -> Self {
        let mut tape = Self {
            exchanges: Vec::new(),
            upgrades: Vec::new(),
            is_full: false,
            begin: 0,
            told: BTreeMap::new(),
        };
        for line in recording.lines {
            match line {
                Line::Exchange(exchange) => tape.exchanges.push(*exchange),
                Line::Upgrade(upgrade) => tape.upgrades.push(upgrade.path),
                Line::Full(_) => tape.is_full = true,
            }
        }
        tape.exchanges.sort_by_key(|exchange| exchange.number);
        tape
    }

    /// How many answers there are.
    pub(crate) fn len(&self) -> usize {
        self.exchanges.len()
    }

    /// The last good answer to a plain question, wherever the tape is.
    pub(crate) fn last_good(&self, path: &str) -> Option<&Exchange> {
        let is_good = |exchange: &&Exchange| {
            (exchange.method.as_str(), exchange.status) == ("GET", 200) && exchange.path == path
        };
        self.exchanges.iter().rfind(is_good)
    }

    /// The answer to a request.
    pub(crate) fn next(&mut self, method: &str, path: &str, query: &str, body: &[u8]) -> Next {
        let query = scrub::query_by_name(query);
        let content = scrub::content_by_name(Content::of(body));
        let same: Vec<(usize, bool)> = self
            .exchanges
            .iter()
            .enumerate()
            .filter(|(_, it)| {
                it.method == method && is_path(&it.path, path) && is_query(&it.query, &query)
            })
            .map(|(place, it)| (place, is_content(&it.request, &content)))
            .collect();
        let with_this_body = same.iter().any(|(_, is_same)| *is_same);
        let places: Vec<usize> = same
            .iter()
            .filter(|(_, is_same)| *is_same || !with_this_body)
            .map(|(place, _)| *place)
            .collect();
        let asked = Asked {
            method: method.to_owned(),
            path: path.to_owned(),
            query,
            body: String::from_utf8_lossy(&content.bytes().unwrap_or_default()).into_owned(),
        };
        let chosen = if changes(method) {
            self.turned(&places)
        } else {
            self.repeated(&places, asked)
        };
        let Some(exchange) = chosen.and_then(|place| self.exchanges.get(place)) else {
            return Next::Missing(self.missing(method, path));
        };
        match &exchange.content {
            Content::Withheld(reason) => Next::Missing(format!(
                "the recording has an answer to {method} {path} without its body: {reason}"
            )),
            _ => Next::Answer(Box::new(exchange.clone()), with_this_body),
        }
    }

    /// A request that changes something: the next of its kind, from the beginning again when there
    /// is none left. What follows it is the new chapter.
    fn turned(&mut self, places: &[usize]) -> Option<usize> {
        let next = places.iter().find(|place| **place >= self.begin);
        let place = *next.or(places.first())?;
        self.begin = place + 1;
        self.told.clear();
        Some(place)
    }

    /// A request that changes nothing: the next of its kind in this chapter, else the last before
    /// it, else the first after it.
    fn repeated(&mut self, places: &[usize], asked: Asked) -> Option<usize> {
        let later = self.exchanges.iter().enumerate().skip(self.begin);
        let end = later
            .clone()
            .find(|(_, it)| changes(&it.method))
            .map_or(self.exchanges.len(), |(place, _)| place);
        let here: Vec<usize> = places
            .iter()
            .copied()
            .filter(|place| (self.begin..end).contains(place))
            .collect();
        if here.is_empty() {
            let before = places.iter().rfind(|place| **place < self.begin);
            return before.or(places.first()).copied();
        }
        let told = self.told.entry(asked).or_default();
        let place = here.get(*told).or(here.last()).copied();
        *told += 1;
        place
    }

    fn missing(&self, method: &str, path: &str) -> String {
        let count =
            |test: &dyn Fn(&Exchange) -> bool| self.exchanges.iter().filter(|it| test(it)).count();
        if self.upgrades.iter().any(|it| it == path) {
            return format!(
                "{path} became a WebSocket when it was recorded, and those are not recorded"
            );
        }
        let queries = count(&|it| it.method == method && it.path == path);
        let methods = count(&|it| it.path == path);
        let known = if queries > 0 {
            format!("with this query; {queries} answers were, with others")
        } else if methods > 0 {
            format!("with this method; {methods} answers were, with others")
        } else {
            "at all".to_owned()
        };
        let full = if self.is_full {
            "; the recording reached its limit, so that it may have come after its end"
        } else {
            ""
        };
        format!("{method} {path} was never recorded {known}{full}")
    }
}

/// Whether a request may change what later ones are answered.
fn changes(method: &str) -> bool {
    !matches!(method, "GET" | "HEAD" | "OPTIONS")
}

/// Whether a path is the recorded one; where that was scrubbed, anything may stand.
fn is_path(recorded: &str, asked: &str) -> bool {
    is_list(recorded, asked, '/')
}

fn is_query(recorded: &str, asked: &str) -> bool {
    let sorted = |text: &str| {
        let mut parts: Vec<&str> = text.split('&').collect();
        parts.sort_unstable();
        parts.join("&")
    };
    is_list(&sorted(recorded), &sorted(asked), '&')
}

fn is_list(recorded: &str, asked: &str, separator: char) -> bool {
    let (mut left, mut right) = (recorded.split(separator), asked.split(separator));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(left), Some(right)) if left == right || is_scrubbed(left, right) => {}
            _ => return false,
        }
    }
}

/// Whether a part is a scrubbed one, and the other may be what stood there.
fn is_scrubbed(recorded: &str, asked: &str) -> bool {
    recorded
        .strip_suffix(SCRUBBED)
        .is_some_and(|before| asked.starts_with(before))
}

fn is_content(recorded: &Content, asked: &Content) -> bool {
    match (recorded, asked) {
        (Content::Json(recorded), Content::Json(asked)) => is_value(recorded, asked),
        (Content::Text(recorded), Content::Text(asked)) => {
            recorded == asked || is_query(recorded, asked)
        }
        _ => recorded == asked,
    }
}

fn is_value(recorded: &Value, asked: &Value) -> bool {
    match (recorded, asked) {
        (Value::String(recorded), Value::String(asked)) => {
            recorded == asked || recorded == SCRUBBED
        }
        (Value::Array(recorded), Value::Array(asked)) => {
            recorded.len() == asked.len()
                && recorded
                    .iter()
                    .zip(asked)
                    .all(|(left, right)| is_value(left, right))
        }
        (Value::Object(recorded), Value::Object(asked)) => {
            recorded.len() == asked.len()
                && recorded
                    .iter()
                    .all(|(key, left)| asked.get(key).is_some_and(|right| is_value(left, right)))
        }
        _ => recorded == asked,
    }
}

#[cfg(test)]
#[path = "tape_tests.rs"]
mod tests;
