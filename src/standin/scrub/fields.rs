//! Secrets by the name under which they stand: in headers, queries, forms and JSON. Pure: it takes
//! values out of their places, or notes them for whoever looks for them elsewhere.

use crate::encoded;
use serde_json::{Map, Value};

use super::name::{Sensitivity, sensitivity};
use super::secrets::Secrets;
use super::{SCRUBBED, text};
use crate::recording::{Content, Exchange};

/// The query, or form, with the values of telling names replaced.
pub(crate) fn query_by_name(query: &str) -> String {
    if query.is_empty() {
        return String::new();
    }
    let parts: Vec<String> = query
        .split('&')
        .map(|part| match part.split_once('=') {
            Some((name, value)) if !value.is_empty() && is_telling(name) => {
                format!("{name}={SCRUBBED}")
            }
            _ => part.to_owned(),
        })
        .collect();
    parts.join("&")
}

fn is_telling(name: &str) -> bool {
    sensitivity(&encoded::of_query(name)) > Sensitivity::Open
}

/// The body with what stands under telling names replaced.
pub(crate) fn content_by_name(content: Content) -> Content {
    match content {
        Content::Json(value) => Content::Json(value_by_name(value)),
        Content::Text(text) if is_form(&text) => Content::Text(query_by_name(&text)),
        other => other,
    }
}

/// Whether a text may be the fields of a form.
fn is_form(text: &str) -> bool {
    text.contains('=') && !text.contains(char::is_whitespace)
}

fn value_by_name(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let names_a_value = names_a_value(&fields);
            let fields = fields.into_iter().map(|(name, value)| {
                let is_value = names_a_value && name == "value";
                let how = if is_value {
                    Sensitivity::Certain
                } else {
                    sensitivity(&name)
                };
                let value = match how {
                    Sensitivity::Open => value_by_name(value),
                    Sensitivity::Doubtful => emptied(value, false),
                    Sensitivity::Certain => emptied(value, true),
                };
                (name, value)
            });
            Value::Object(fields.collect())
        }
        // A name and its value as a pair.
        Value::Array(pair) if is_telling_pair(&pair) => {
            let mut pair = pair.into_iter();
            let name = pair.next();
            Value::Array(
                name.into_iter()
                    .chain(pair.map(|it| emptied(it, true)))
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(items.into_iter().map(value_by_name).collect()),
        other => other,
    }
}

/// Whether an object is a telling name and a value, such as `{"name": "X-API-Key", "value": ...}`.
fn names_a_value(fields: &Map<String, Value>) -> bool {
    fields.contains_key("value")
        && ["name", "key", "header", "field", "variable"]
            .iter()
            .any(|it| {
                fields
                    .get(*it)
                    .and_then(Value::as_str)
                    .is_some_and(|name| sensitivity(name) > Sensitivity::Open)
            })
}

fn is_telling_pair(items: &[Value]) -> bool {
    match items {
        [Value::String(name), Value::String(_)] => sensitivity(name) == Sensitivity::Certain,
        _ => false,
    }
}

/// A value of the same form with nothing in it.
fn emptied(value: Value, numbers_too: bool) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::String(text),
        Value::String(_) => Value::String(SCRUBBED.to_owned()),
        Value::Number(_) if numbers_too => Value::from(0),
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .map(|item| emptied(item, numbers_too))
                .collect(),
        ),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| (name, emptied(value, numbers_too)))
                .collect(),
        ),
        other => other,
    }
}

/// The value with each of its texts, names included, changed; JSON within a text is read, too.
pub(super) fn mapped(value: Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => {
            let nested = serde_json::from_str::<Value>(&text).ok();
            Value::String(match nested.filter(|it| it.is_object() || it.is_array()) {
                Some(nested) => mapped(value_by_name(nested), change).to_string(),
                None => change(&text),
            })
        }
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|it| mapped(it, change)).collect())
        }
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| (change_name(&name, change), mapped(value, change)))
                .collect(),
        ),
        other => other,
    }
}

/// A field's name is no running text: a telling one says nothing of itself.
fn change_name(name: &str, change: &dyn Fn(&str) -> String) -> String {
    if text::scrubbed(name) == name {
        change(name)
    } else {
        SCRUBBED.to_owned()
    }
}

/// Notes what stands under names that are sure to be those of secrets.
pub(super) fn learn(exchange: &Exchange, secrets: &mut Secrets) {
    for (name, value) in exchange.request_headers.iter().chain(&exchange.headers) {
        if sensitivity(name) == Sensitivity::Certain {
            learn_header(value, secrets);
        }
    }
    learn_query(&exchange.query, secrets);
    for content in [&exchange.request, &exchange.content] {
        match content {
            Content::Json(value) => learn_value(value, secrets),
            Content::Text(text) if is_form(text) => learn_query(text, secrets),
            _ => {}
        }
    }
}

/// A whole value, what follows its scheme, and the values of its cookies.
fn learn_header(value: &str, secrets: &mut Secrets) {
    secrets.learn(value);
    if let Some((_, after)) = value.trim().split_once(' ') {
        secrets.learn(after);
    }
    for cookie in value.split(';') {
        if let Some((_, value)) = cookie.split_once('=') {
            secrets.learn(value);
        }
    }
}

fn learn_query(query: &str, secrets: &mut Secrets) {
    for (name, value) in query.split('&').filter_map(|part| part.split_once('=')) {
        if sensitivity(&encoded::of_query(name)) == Sensitivity::Certain {
            secrets.learn(&encoded::of_query(value));
        }
    }
}

fn learn_value(value: &Value, secrets: &mut Secrets) {
    match value {
        Value::Array(items) => items.iter().for_each(|it| learn_value(it, secrets)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if sensitivity(name) == Sensitivity::Certain => {
                        secrets.learn(text);
                    }
                    other => learn_value(other, secrets),
                }
            }
        }
        _ => {}
    }
}
