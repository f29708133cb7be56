//! Datasets as the dataset service describes them: what a request makes, its description, and what is
//! said of it. Pure: it is handed requests and descriptions, and keeps nothing.

pub(crate) mod generator;
pub(crate) mod npz;
pub(crate) mod points;
pub(crate) mod requested;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use self::points::Points;
use self::requested::Wanted;
use super::Answer;
use crate::training;

/// The most rows of a preview.
const LONGEST_PREVIEW: usize = 1000;

/// A dataset that was made.
pub(crate) struct Made {
    pub(crate) id: String,
    pub(crate) description: Value,
    pub(crate) artifact: Vec<u8>,
}

/// What a dataset would be: its identity, before anything is made.
pub(crate) struct Plan {
    generator: &'static Value,
    parameters: Map<String, Value>,
    pub(crate) id: String,
}

impl Plan {
    /// The dataset that is wanted, or why there is none, with the status. `nonce` tells apart what
    /// is wanted without a seed.
    pub(crate) fn of(wanted: &Wanted, nonce: u64) -> Result<Self, (u16, String)> {
        let generator = generator::named(&wanted.generator)
            .ok_or_else(|| (400, generator::unknown(&wanted.generator)))?;
        let parameters =
            generator::parameters(generator, &wanted.params).map_err(|fault| (400, fault))?;
        let id = identity(&wanted.generator, version(generator), &parameters, nonce);
        Ok(Self {
            generator,
            parameters,
            id,
        })
    }

    /// Makes it. `number` is its version under its name; `now` is in seconds since 1970.
    pub(crate) fn make(self, wanted: &Wanted, number: Option<u64>, now: f64) -> Made {
        let points = points::make(&wanted.generator, &self.parameters, seed(&self.id));
        let artifact = npz::of(&points);
        let all = || {
            [&points.train, &points.validation, &points.test]
                .into_iter()
                .flatten()
        };
        let mut distribution: BTreeMap<String, usize> = BTreeMap::new();
        for point in all() {
            *distribution.entry(point.class.to_string()).or_default() += 1;
        }
        let expires = wanted
            .ttl_seconds
            .map(|seconds| moment(now + f64::from(seconds)));
        let description = json!({
            "dataset_id": self.id,
            "generator": wanted.generator,
            "generator_version": version(self.generator),
            "params": self.parameters,
            "n_samples": all().count(),
            "n_features": 2,
            "task_type": "classification",
            "n_classes": points.classes,
            "n_train": points.train.len(),
            "n_val": points.validation.len(),
            "n_test": points.test.len(),
            "class_distribution": distribution,
            "sequence": false,
            "lookback": null,
            "time_unit": null,
            "dt_scaling": null,
            "target_scaling": null,
            "truncation": null,
            "data_quality": null,
            "artifact_formats": ["npz"],
            "created_at": moment(now),
            "checksum": hexadecimal(&Sha256::digest(&artifact)),
            "dataset_name": wanted.name,
            "dataset_version": number,
            "parent_dataset_id": wanted.parent_dataset_id,
            "description": wanted.description,
            "created_by": wanted.created_by,
            "tags": wanted.tags,
            "ttl_seconds": wanted.ttl_seconds,
            "expires_at": expires,
        });
        Made {
            id: self.id,
            description,
            artifact,
        }
    }
}

fn version(generator: &Value) -> &str {
    generator
        .get("version")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The identity that the real service gives to the same parameters.
fn identity(name: &str, version: &str, parameters: &Map<String, Value>, nonce: u64) -> String {
    let parameters: BTreeMap<&String, &Value> = parameters.iter().collect();
    let mut hashed = BTreeMap::from([
        ("generator", json!(name)),
        ("version", json!(version)),
        ("params", json!(parameters)),
    ]);
    if parameters
        .get(&"seed".to_owned())
        .is_none_or(|seed| seed.is_null())
    {
        hashed.insert("_nonce", json!(format!("{nonce:08x}")));
    }
    let text = json!(hashed).to_string();
    let digest = hexadecimal(&Sha256::digest(text));
    let (short, _) = digest.split_at_checked(16).unwrap_or((&digest, ""));
    format!("{name}-{version}-{short}")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Which points a dataset has follows from its identity.
fn seed(id: &str) -> u64 {
    let digest = id.rsplit('-').next().unwrap_or_default();
    u64::from_str_radix(digest, 16).unwrap_or_default()
}

/// A moment as Python writes it.
fn moment(seconds: f64) -> String {
    training::moment(seconds)
}

/// What is said of a dataset that was made, or was there.
pub(crate) fn created(description: &Value) -> Answer {
    let id = description.get("dataset_id").cloned().unwrap_or_default();
    let body = json!({
        "dataset_id": id,
        "generator": description.get("generator"),
        "meta": description,
        "artifact_url": artifact_url(id.as_str().unwrap_or_default()),
    });
    Answer::json(201, &body)
}

/// Where an artifact is to be had.
pub(crate) fn artifact_url(id: &str) -> String {
    format!("/v1/datasets/{id}/artifact")
}

/// All versions under a name, the earliest first.
pub(crate) fn versions(name: &str, descriptions: &[Value]) -> Answer {
    let latest = descriptions.last().and_then(|it| it.get("dataset_version"));
    let body = json!({
        "dataset_name": name,
        "versions": descriptions,
        "total": descriptions.len(),
        "latest_version": latest,
    });
    Answer::json(200, &body)
}

/// The first rows of the part that models are trained on; the points follow from the description.
pub(crate) fn preview(description: &Value, rows: usize) -> Option<Answer> {
    let generator = description.get("generator")?.as_str()?;
    let parameters = description.get("params")?.as_object()?;
    let id = description.get("dataset_id")?.as_str()?;
    generator::named(generator)?;
    let Points { classes, train, .. } = points::make(generator, parameters, seed(id));
    let shown = || train.iter().take(rows.min(LONGEST_PREVIEW));
    let labels = |point| npz::hot(point, classes).collect::<Vec<f32>>();
    let body = json!({
        "n_samples": shown().count(),
        "X_sample": shown().map(|point| point.place).collect::<Vec<_>>(),
        "y_sample": shown().map(labels).collect::<Vec<_>>(),
    });
    Some(Answer::json(200, &body))
}

/// There is no such dataset.
pub(crate) fn not_found(id: &str) -> Answer {
    Answer::detail(404, &format!("Dataset '{id}' not found"))
}

/// A description with tags added and taken away, in order.
pub(crate) fn retagged(mut description: Value, add: &[String], remove: &[String]) -> Value {
    if let Some(tags) = description.get_mut("tags") {
        let before: Vec<String> = serde_json::from_value(tags.take()).unwrap_or_default();
        let mut after: Vec<String> = before.into_iter().chain(add.iter().cloned()).collect();
        after.retain(|tag| !remove.contains(tag));
        after.sort();
        after.dedup();
        *tags = json!(after);
    }
    description
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(body: &str) -> Made {
        let wanted: Wanted = serde_json::from_str(body).unwrap();
        Plan::of(&wanted, 1)
            .unwrap()
            .make(&wanted, None, 1_795_658_524.5)
    }

    #[test]
    fn a_dataset_has_the_identity_that_the_real_service_gives_it() {
        // Each was captured from it.
        for (body, id) in [
            (
                r#"{"generator":"spiral","params":{"n_spirals":2,"n_points_per_spiral":50,"noise":0.05,"seed":42}}"#,
                "spiral-3.0.0-f9d83e87ed9bedcd",
            ),
            (
                r#"{"generator":"xor","params":{"seed":3}}"#,
                "xor-3.0.0-8cb25f20eee318f5",
            ),
            (
                r#"{"generator":"circles","params":{"seed":3}}"#,
                "circles-3.0.0-5cb6896bfaacf6f5",
            ),
            (
                r#"{"generator":"moon","params":{"seed":3}}"#,
                "moon-3.0.0-ce6effd78b9d6441",
            ),
        ] {
            assert_eq!(made(body).id, id);
        }
    }

    #[test]
    fn without_a_seed_no_two_are_the_same() {
        let wanted: Wanted =
            serde_json::from_str(r#"{"generator":"xor","params":{"seed":null}}"#).unwrap();
        let id = |nonce| Plan::of(&wanted, nonce).unwrap().id;
        assert_ne!(id(1), id(2));
    }

    #[test]
    fn a_dataset_is_described_and_shown() {
        let made = made(r#"{"generator":"xor","ttl_seconds":60,"tags":["b"]}"#);
        let description = &made.description;
        assert_eq!(description["n_samples"], 340);
        assert_eq!(
            description["class_distribution"],
            json!({"0": 170, "1": 170})
        );
        assert_eq!(description["created_at"], "2026-11-26T02:02:04.500000Z");
        assert_eq!(description["expires_at"], "2026-11-26T02:03:04.500000Z");
        let shown: Value = serde_json::from_slice(&preview(description, 2).unwrap().body).unwrap();
        assert_eq!(shown["n_samples"], 2);
        assert_eq!(shown["X_sample"].as_array().unwrap().len(), 2);
        let tags = retagged(
            description.clone(),
            &["c".into(), "a".into()],
            &["b".into()],
        );
        assert_eq!(tags["tags"], json!(["a", "c"]));
    }
}
