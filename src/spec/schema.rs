//! The JSON schema of the configuration, from which editors complete and check as one types.
//!
//! The keys and their values come from the reading code itself, run over an empty table with a sketch
//! beside it; the sentence for each key comes from `key_text`. A schema judges one value at a time: what
//! takes more than one key to judge is `check`'s.

use std::rc::Rc;

use serde_json::{Map, Value, json};
use toml::Spanned;
use toml::de::DeTable;

use super::fault::Faults;
use super::key_text;
use super::layer;
use super::reader::TableReader;
use super::sketch::Sketch;
use super::source::Sources;

/// Where the package puts the schema, as an editor takes it.
pub const PLACE: &str = "file:///usr/share/juniperctl/juniper.schema.json";

/// The schema.
#[must_use]
pub fn schema() -> Value {
    let mut schema = sketched();
    tell(&mut schema, &mut Vec::new());
    let service = schema
        .pointer("/properties/services/additionalProperties")
        .cloned()
        .unwrap_or_default();
    for place in [
        "/properties/services/additionalProperties",
        "/properties/profiles/additionalProperties/properties/overrides/additionalProperties",
    ] {
        if let Some(found) = schema.pointer_mut(place) {
            *found = json!({ "$ref": "#/definitions/service" });
        }
    }
    let mut whole = Map::new();
    let mut put = |key: &str, value: Value| whole.insert(key.to_owned(), value);
    put("$schema", json!("http://json-schema.org/draft-07/schema#"));
    put("title", json!("juniper.toml"));
    put(
        "description",
        json!("The configuration of juniperctl: what differs from the built-in stack."),
    );
    if let Value::Object(keys) = schema {
        whole.extend(keys);
    }
    whole.insert("definitions".to_owned(), json!({ "service": service }));
    Value::Object(whole)
}

/// Every key that the reader asks for, as a dotted path; a name that the site chooses is `*`.
#[must_use]
pub fn keys() -> Vec<String> {
    let mut keys = Vec::new();
    walk(&sketched(), &mut Vec::new(), &mut |path, _| {
        keys.push(path.join("."));
    });
    keys
}

/// What the reading code asks for.
fn sketched() -> Value {
    let sketch = Rc::new(Sketch::default());
    let empty = Spanned::new(0..0, DeTable::new());
    let source = Sources::default().add("", "");
    let mut faults = Faults::default();
    let _ = layer::document(TableReader::sketching(&empty, source, &sketch), &mut faults);
    sketch.schema()
}

/// Visits every key with what is said of it.
fn walk(schema: &Value, path: &mut Vec<String>, visit: &mut impl FnMut(&[String], &Value)) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (key, below) in properties.into_iter().flatten() {
        path.push(key.clone());
        visit(path, below);
        walk(below, path, visit);
        path.pop();
    }
    if let Some(below) = schema.get("additionalProperties")
        && below.is_object()
    {
        path.push("*".to_owned());
        walk(below, path, visit);
        path.pop();
    }
}

/// Puts the sentence for each key beside it.
fn tell(schema: &mut Value, path: &mut Vec<String>) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (key, below) in properties {
            path.push(key.clone());
            if let (Some(text), Some(below)) =
                (key_text::of(&path.join(".")), below.as_object_mut())
            {
                below.insert("description".to_owned(), json!(text));
            }
            tell(below, path);
            path.pop();
        }
    }
    if let Some(below) = schema
        .get_mut("additionalProperties")
        .filter(|below| below.is_object())
    {
        path.push("*".to_owned());
        tell(below, path);
        path.pop();
    }
}

/// The schema as it is shipped.
#[must_use]
pub fn written() -> String {
    format!("{:#}\n", schema())
}

#[cfg(test)]
mod tests {
    use super::{key_text, keys, schema};
    use std::collections::BTreeSet;

    #[test]
    fn each_key_has_a_sentence_and_each_sentence_a_key() {
        let read: BTreeSet<String> = keys()
            .into_iter()
            .map(|key| key_text::general(&key).to_owned())
            .collect();
        let told: BTreeSet<String> = key_text::TEXTS
            .iter()
            .map(|(key, _)| (*key).to_owned())
            .collect();
        assert_eq!(read, told);
    }

    #[test]
    fn a_service_is_described_once() {
        let schema = schema();
        let service = &schema["definitions"]["service"]["properties"];
        assert_eq!(service["port"]["maximum"], 65_535);
        assert_eq!(service["standard_output"]["enum"][1], "discard");
        assert_eq!(
            schema["properties"]["services"]["additionalProperties"]["$ref"],
            "#/definitions/service"
        );
    }
}
