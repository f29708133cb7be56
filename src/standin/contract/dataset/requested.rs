//! What a request to the dataset service asks for, in its path, its query and its body. Pure: it
//! reads requests, and refuses what cannot be read in the real service's form.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::super::{Answer, Asked};
use crate::encoded;

/// A route of the dataset service besides health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Generators,
    Schema(String),
    Create,
    List,
    Versions,
    Latest,
    Describe(String),
    Delete(String),
    Artifact(String),
    Preview(String),
    DeleteAll,
    CreateAll,
    TagAll,
    ExportAll,
}

/// The methods that a path takes, each with what it asks for.
pub(crate) fn requests(path: &str) -> Vec<(&'static str, Request)> {
    use Request as R;
    let parts = encoded::segments(path);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["", "v1", "generators"] => vec![("GET", R::Generators)],
        ["", "v1", "generators", name, "schema"] => vec![("GET", R::Schema((*name).to_owned()))],
        ["", "v1", "datasets"] => vec![("GET", R::List), ("POST", R::Create)],
        ["", "v1", "datasets", "versions"] => vec![("GET", R::Versions)],
        ["", "v1", "datasets", "latest"] => vec![("GET", R::Latest)],
        ["", "v1", "datasets", "batch-delete"] => vec![("POST", R::DeleteAll)],
        ["", "v1", "datasets", "batch-create"] => vec![("POST", R::CreateAll)],
        ["", "v1", "datasets", "batch-tags"] => vec![("PATCH", R::TagAll)],
        ["", "v1", "datasets", "batch-export"] => vec![("POST", R::ExportAll)],
        ["", "v1", "datasets", id] if !id.is_empty() => vec![
            ("GET", R::Describe((*id).to_owned())),
            ("DELETE", R::Delete((*id).to_owned())),
        ],
        ["", "v1", "datasets", id, "artifact"] => vec![("GET", R::Artifact((*id).to_owned()))],
        ["", "v1", "datasets", id, "preview"] => vec![("GET", R::Preview((*id).to_owned()))],
        _ => Vec::new(),
    }
}

/// A dataset that somebody wants.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) generator: String,
    #[serde(default)]
    pub(crate) params: Map<String, Value>,
    #[serde(default = "yes")]
    pub(crate) persist: bool,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    pub(crate) ttl_seconds: Option<u32>,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) created_by: Option<String>,
    pub(crate) parent_dataset_id: Option<String>,
}

fn yes() -> bool {
    true
}

/// Several datasets that somebody wants.
#[derive(Debug, Deserialize)]
pub(crate) struct WantedAll {
    pub(crate) datasets: Vec<Wanted>,
}

/// Datasets, and what becomes of their tags.
#[derive(Debug, Deserialize)]
pub(crate) struct Chosen {
    pub(crate) dataset_ids: Vec<String>,
    #[serde(default)]
    pub(crate) add_tags: Vec<String>,
    #[serde(default)]
    pub(crate) remove_tags: Vec<String>,
}

/// The body of a request, or the refusal of it.
pub(crate) fn body<T: DeserializeOwned>(asked: &Asked) -> Result<T, Answer> {
    serde_json::from_slice(&asked.body).map_err(|error| {
        let fault = json!({
            "type": "value_error",
            "loc": ["body"],
            "msg": error.to_string(),
            "input": {},
        });
        Answer::json(422, &json!({ "detail": [fault] }))
    })
}

/// A parameter of the query.
pub(crate) fn parameter(asked: &Asked, name: &str) -> Option<String> {
    asked
        .query
        .split('&')
        .filter_map(|part| part.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| encoded::of_query(value))
}

/// A number in the query.
pub(crate) fn count(asked: &Asked, name: &str, default: usize) -> usize {
    parameter(asked, name)
        .and_then(|value| value.parse().ok())
        .unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_dataset_in_whatever_encoding() {
        let named = Request::Artifact("a b/../c".to_owned());
        assert_eq!(
            requests("/v1/datasets/a%20b%2F..%2Fc/artifact"),
            [("GET", named)]
        );
        assert_eq!(
            requests("/v1/datasets/versions"),
            [("GET", Request::Versions)]
        );
        assert_eq!(requests("/v1/datasets").len(), 2);
        assert!(requests("/v1/datasets/").is_empty() && requests("/v1/other").is_empty());
    }

    #[test]
    fn a_query_is_read() {
        let asked = Asked {
            method: "GET".to_owned(),
            path: String::new(),
            query: "name=two+words%21&limit=3&offset=x".to_owned(),
            authority: None,
            body: Vec::new(),
        };
        assert_eq!(parameter(&asked, "name").as_deref(), Some("two words!"));
        assert_eq!(
            (count(&asked, "limit", 9), count(&asked, "offset", 0)),
            (3, 0)
        );
        assert_eq!(body::<Chosen>(&asked).unwrap_err().status, 422);
    }
}
