//! juniper.toml(5): every key of the configuration with what it takes and what it means.
//!
//! Written from the JSON schema, which the reading code itself has sketched, so that page, schema and reader
//! cannot differ. Nothing of a key is said here that is not said there.

use std::fmt::Write as _;

use serde_json::Value;

/// What the page says besides the keys: where the files lie and how they are laid over each other; examples.
const INTRODUCTION: &str = include_str!("configuration_page/introduction.roff");
const EXAMPLES: &str = include_str!("configuration_page/examples.roff");

/// The page in troff, of a schema.
#[must_use]
pub fn configuration_page(schema: &Value) -> String {
    let mut page = INTRODUCTION.to_owned();
    let keys = schema.get("properties").and_then(Value::as_object);
    page.push_str(".SH TOP\\-LEVEL KEYS\n");
    for (key, below) in keys.into_iter().flatten() {
        tell(&mut page, key, below);
    }
    for (key, below) in keys.into_iter().flatten() {
        let mut section = String::new();
        below_of(&mut section, key, below, schema);
        if !section.is_empty() {
            let _ = writeln!(page, ".SH {}", roff(&key.to_uppercase()));
            page.push_str(&section);
        }
    }
    page.push_str(EXAMPLES);
    page
}

/// All keys below one, depth first.
fn below_of(page: &mut String, path: &str, schema: &Value, whole: &Value) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (key, below) in properties.into_iter().flatten() {
        let path = format!("{path}.{key}");
        tell(page, &path, below);
        below_of(page, &path, below, whole);
    }
    let Some(named) = schema.get("additionalProperties") else {
        return;
    };
    let path = format!("{path}.{}", placeholder(path));
    match named.get("$ref") {
        // Below a profile's overrides a service has the keys that it has anyway.
        Some(_) if path.starts_with("profiles.") => {
            let _ = writeln!(
                page,
                ".TP\n\\fB{}.\\fIKEY\\fR\nA key of the service, as below \\fBservices\\fR.",
                roff_path(&path)
            );
        }
        Some(_) => {
            if let Some(service) = whole.pointer("/definitions/service") {
                below_of(page, &path, service, whole);
            }
        }
        None => below_of(page, &path, named, whole),
    }
}

/// One key: its path, what it takes, its sentence.
fn tell(page: &mut String, path: &str, schema: &Value) {
    let sentence = schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let _ = writeln!(
        page,
        ".TP\n\\fB{}\\fR (\\fI{}\\fR)\n{}",
        roff_path(path),
        roff(&takes(schema)),
        roff(sentence)
    );
}

/// What stands for a name that the site chooses.
fn placeholder(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("profiles") => "PROFILE",
        Some("depends_on") => "OTHER",
        Some("credentials") => "SECRET",
        _ => "NAME",
    }
}

/// What a value looks like, in words.
fn takes(schema: &Value) -> String {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        let quoted: Vec<String> = choices.iter().map(ToString::to_string).collect();
        return quoted.join(" or ");
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let words: Vec<String> = choices.iter().map(takes).collect();
        return words.join(", or ");
    }
    match text("type") {
        Some("boolean") => "true or false".to_owned(),
        Some("integer" | "number") => match (schema.get("minimum"), schema.get("maximum")) {
            (Some(least), Some(most)) => format!("number from {least} to {most}"),
            _ => "number".to_owned(),
        },
        Some("array") => "list of texts".to_owned(),
        Some("object") => "table".to_owned(),
        _ => match text("pattern") {
            Some(pattern) if pattern.contains("(ms|s|min|h|d)") => "duration",
            Some(pattern) if pattern.contains("[KMGT]") => "size",
            Some("^/") => "absolute path",
            _ => "text",
        }
        .to_owned(),
    }
}

/// A dotted path with the names that the site chooses in italics.
fn roff_path(path: &str) -> String {
    let parts: Vec<String> = path
        .split('.')
        .map(|part| {
            if part.chars().all(|letter| letter.is_ascii_uppercase()) {
                format!("\\fI{part}\\fB")
            } else {
                roff(part)
            }
        })
        .collect();
    parts.join(".")
}

/// A text that troff takes as it is.
fn roff(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-");
    if escaped.starts_with(['.', '\'']) {
        format!("\\&{escaped}")
    } else {
        escaped
    }
}

#[cfg(test)]
mod tests {
    use super::{configuration_page, roff, takes};
    use crate::spec::schema;
    use serde_json::json;

    #[test]
    fn every_key_of_the_schema_is_on_the_page() {
        let page = configuration_page(&schema::schema());
        for key in schema::keys() {
            if key.starts_with("profiles.*.overrides.*.") {
                continue;
            }
            let last = key.rsplit('.').find(|part| *part != "*").unwrap();
            assert!(page.contains(&roff(last)), "{key}");
        }
        assert!(page.contains(
            ".TP\n\\fBservices.\\fINAME\\fB.readiness.interval\\fR (\\fIduration\\fR)\n"
        ));
        assert!(page.contains("services.\\fINAME\\fB.depends_on.\\fIOTHER\\fB.gate\\fR"));
    }

    #[test]
    fn what_a_key_takes_is_told_in_words() {
        assert_eq!(takes(&json!({ "enum": ["a", "b"] })), "\"a\" or \"b\"");
        assert_eq!(
            takes(&json!({ "type": "integer", "minimum": 1, "maximum": 9 })),
            "number from 1 to 9"
        );
        assert_eq!(
            takes(&json!({ "anyOf": [{ "type": "boolean" }, { "type": "array" }] })),
            "true or false, or list of texts"
        );
        assert_eq!(
            takes(&json!({ "type": "string", "pattern": "^/" })),
            "absolute path"
        );
    }

    #[test]
    fn no_text_becomes_a_request() {
        assert_eq!(roff(".so /etc/passwd"), "\\&.so /etc/passwd");
        assert_eq!(roff("a-b\\c"), "a\\-b\\ec");
    }
}
