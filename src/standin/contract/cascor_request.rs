//! What a request to the training service asks for, in its path and its body. Pure: it reads
//! requests, and refuses what cannot be read in the real service's form.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::cascor::{invalid, refused};
use super::session::{Loaded, Otherwise, Rows};
use super::{Answer, Asked};
use crate::encoded;

/// A route of the training service besides health, start and status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    CreateNetwork,
    Network,
    DeleteNetwork,
    Topology,
    Statistics,
    Stop,
    Pause,
    Resume,
    Reset,
    Parameters,
    SetParameters,
    Stage,
    Unstage,
    Staged,
    Metrics,
    History,
    Dataset,
    DatasetData,
    Boundary,
    Snapshots,
    SaveSnapshot,
    Snapshot(String),
    RestoreSnapshot(String),
    Workers,
    WorkerStatistics,
    Worker(String),
}

/// The methods that a path takes, each with what it asks for.
pub(crate) fn requests(path: &str) -> Vec<(&'static str, Request)> {
    use Request as R;
    let Some(path) = path.strip_prefix("/v1/") else {
        return Vec::new();
    };
    let parts = encoded::segments(path);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["network"] => vec![
            ("POST", R::CreateNetwork),
            ("GET", R::Network),
            ("DELETE", R::DeleteNetwork),
        ],
        ["network", "topology"] => vec![("GET", R::Topology)],
        ["network", "stats"] => vec![("GET", R::Statistics)],
        ["training", "stop"] => vec![("POST", R::Stop)],
        ["training", "pause"] => vec![("POST", R::Pause)],
        ["training", "resume"] => vec![("POST", R::Resume)],
        ["training", "reset"] => vec![("POST", R::Reset)],
        ["training", "params"] => vec![("GET", R::Parameters), ("PATCH", R::SetParameters)],
        ["training", "dataset"] => vec![("POST", R::Stage), ("DELETE", R::Unstage)],
        ["training", "dataset", "pending"] => vec![("GET", R::Staged)],
        ["metrics"] => vec![("GET", R::Metrics)],
        ["metrics", "history"] => vec![("GET", R::History)],
        ["dataset"] => vec![("GET", R::Dataset)],
        ["dataset", "data"] => vec![("GET", R::DatasetData)],
        ["decision-boundary"] => vec![("GET", R::Boundary)],
        ["snapshots"] => vec![("GET", R::Snapshots), ("POST", R::SaveSnapshot)],
        ["snapshots", id] if !id.is_empty() => vec![("GET", R::Snapshot((*id).to_owned()))],
        ["snapshots", id, "restore"] => vec![("POST", R::RestoreSnapshot((*id).to_owned()))],
        ["workers"] => vec![("GET", R::Workers)],
        ["workers", "stats"] => vec![("GET", R::WorkerStatistics)],
        ["workers", id] if !id.is_empty() => vec![("GET", R::Worker((*id).to_owned()))],
        _ => Vec::new(),
    }
}

/// The body of a request, which is an object or nothing.
pub(crate) fn body(asked: &Asked, now: f64) -> Result<Map<String, Value>, Answer> {
    if asked.body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&asked.body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(other) => Err(invalid("", &other, "Input should be an object", now)),
        Err(error) => Err(invalid(
            "",
            &Value::Null,
            &format!("JSON decode error: {error}"),
            now,
        )),
    }
}

/// What a run is to be.
pub(crate) struct Start {
    /// What it is to train on, if the request brings it.
    pub(crate) loaded: Option<Loaded>,
    /// What it is to train on if nothing does. Who sends no body at all, as no client of the real
    /// service does, wants a run and nothing else.
    pub(crate) or_else: Otherwise,
    /// Parameters of the network.
    pub(crate) parameters: Map<String, Value>,
}

#[derive(Deserialize)]
struct Inline {
    train_x: Vec<Vec<f64>>,
    train_y: Vec<Vec<f64>>,
    val_x: Option<Vec<Vec<f64>>>,
    val_y: Option<Vec<Vec<f64>>>,
}

/// Reads a request for a run.
pub(crate) fn start(asked: &Asked, now: f64) -> Result<Start, Answer> {
    let body = body(asked, now)?;
    let generator = body
        .get("dataset")
        .and_then(|dataset| dataset.get("generator"))
        .and_then(Value::as_str)
        .unwrap_or("spiral");
    if generator != "spiral" {
        let why = format!(
            "dataset.generator '{generator}' is not supported on POST /v1/training/start; \
             stage the dataset instead: POST /v1/training/dataset"
        );
        return Err(refused(422, &why, now));
    }
    let inline = match body.get("inline_data") {
        None | Some(Value::Null) => None,
        Some(given) => {
            let inline: Result<Inline, _> = serde_json::from_value(given.clone());
            let inline = inline
                .map_err(|error| invalid("inline_data", &Value::Null, &error.to_string(), now))?;
            if inline.train_x.len() != inline.train_y.len() {
                let why = "Value error, train_x and train_y must have the same length";
                return Err(invalid("inline_data", &Value::Null, why, now));
            }
            Some(inline)
        }
    };
    let loaded = inline.map(|inline| Loaded {
        name: None,
        train: Rows {
            x: inline.train_x,
            y: inline.train_y,
        },
        validation: inline.val_x.zip(inline.val_y).map(|(x, y)| Rows { x, y }),
    });
    let parameters = match body.get("params") {
        Some(Value::Object(parameters)) => parameters.clone(),
        _ => Map::new(),
    };
    let is_spiral = body.get("dataset").is_some_and(Value::is_object);
    let or_else = if asked.body.is_empty() || is_spiral {
        Otherwise::Own
    } else {
        Otherwise::Nothing
    };
    Ok(Start {
        loaded,
        or_else,
        parameters,
    })
}

/// The kinds of datasets that can be staged.
const KINDS: [&str; 8] = [
    "spirals",
    "xor",
    "mnist",
    "circles",
    "moons",
    "equities",
    "gaussian",
    "checkerboard",
];

/// Reads what is to be staged; nothing clears it.
pub(crate) fn staged(asked: &Asked, now: f64) -> Result<Option<Value>, Answer> {
    let mut body = body(asked, now)?;
    body.retain(|_, value| !value.is_null());
    let kind = body
        .get("dataset_type")
        .cloned()
        .unwrap_or(json!("spirals"));
    if !kind.as_str().is_some_and(|kind| KINDS.contains(&kind)) {
        let (last, others) = KINDS.split_last().unwrap_or((&"", &[]));
        let others: Vec<String> = others.iter().map(|it| format!("'{it}'")).collect();
        let why = format!("Input should be {} or '{last}'", others.join(", "));
        return Err(invalid("dataset_type", &kind, &why, now));
    }
    Ok((!body.is_empty()).then_some(Value::Object(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(body: &str) -> Asked {
        Asked {
            method: "POST".to_owned(),
            path: String::new(),
            query: String::new(),
            authority: None,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn a_run_is_asked_for_with_or_without_data() {
        for body in [
            "",
            "{}",
            "null",
            r#"{"dataset": {"generator": "spiral"}, "inline_data": null}"#,
        ] {
            let start = start(&asked(body), 1.5).ok().unwrap();
            assert!(
                start.loaded.is_none() && start.parameters.is_empty(),
                "{body}"
            );
        }
        let body = r#"{"inline_data": {"train_x": [[0, 1]], "train_y": [[1]]}, "params": {"patience": 3}}"#;
        let start = start(&asked(body), 1.5).ok().unwrap();
        assert_eq!(start.loaded.unwrap().train.x, [[0.0, 1.0]]);
        assert_eq!(start.parameters["patience"], 3);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place() {
        for (body, told) in [
            ("{", "JSON decode error"),
            ("[]", "Input should be an object"),
            (
                r#"{"dataset": {"generator": "xor"}}"#,
                "is not supported on POST",
            ),
            (
                r#"{"inline_data": {"train_x": [[1]], "train_y": []}}"#,
                "same length",
            ),
            (
                r#"{"inline_data": {"train_x": 1}}"#,
                "body.inline_data: invalid type",
            ),
        ] {
            let answer = start(&asked(body), 1.5).err().unwrap();
            assert_eq!(answer.status, 422, "{body}");
            assert!(answer.text().contains(told), "{}", answer.text());
        }
        let answer = staged(&asked(r#"{"dataset_type": "x"}"#), 1.5).unwrap_err();
        assert!(
            answer.text().contains("'gaussian' or 'checkerboard'"),
            "{}",
            answer.text()
        );
        assert_eq!(staged(&asked("{}"), 1.5), Ok(None));
    }
}
