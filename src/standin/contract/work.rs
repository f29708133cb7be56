//! What the training service says of its work: how far it is, its metrics, its dataset, what its
//! network decides. Pure: it is told what there is; all figures are made up from that.

use serde_json::{Value, json};

use super::Answer;
use super::cascor::{envelope, refused};
use super::network::Network;
use super::session::{Loaded, Picture};
use crate::training::{self, CYCLE, TrainingState};

/// Something that is done at once, and when.
pub(crate) fn done(status: &str, now: f64) -> Answer {
    envelope(json!({"status": status, "timestamp": now}), now)
}

/// `/v1/training/status`.
pub(crate) fn status(picture: &Picture, now: f64) -> Answer {
    let stage = picture.stage;
    let phase = stage.phase().to_ascii_uppercase();
    let is_paused = stage.state() == "PAUSED";
    let metrics = 2 * (stage.epoch() / CYCLE);
    let body = json!({
        "state_machine": {
            "status": stage.state(),
            "phase": phase,
            "paused_phase": is_paused.then_some(&phase),
            "has_candidate_state": false,
        },
        "monitor": {
            "is_training": stage.is_active() || is_paused,
            "current_epoch": stage.epoch(),
            "current_hidden_units": picture.hidden_units(),
            "current_phase": if phase == "CANDIDATE" { "candidate" } else { "output" },
            "total_metrics": metrics,
        },
        "training_state": TrainingState::of(picture),
        "network_loaded": picture.network.is_some(),
        "training_active": stage.is_active(),
        "pending_dataset": picture.staged,
        "completion_reason": (stage.state() == "COMPLETED").then_some("max_iterations"),
        "metrics_clear_undo_available": false,
        "dataset_shortfall": null,
        "auto_start_failure": null,
        "current_dataset": picture.network.as_ref().map(|_| json!({"dataset_type": picture.dataset})),
        "snapshot_seq": 0,
        "server_instance_id": "00000000-0000-4000-8000-000000000000",
    });
    envelope(body, now)
}

/// The loss and the accuracy after so many of a run's steps.
fn figures(step: u32) -> (f64, f64) {
    let step = f64::from(step);
    let loss = 0.05 + 0.65 * (-step / 6.0).exp();
    (
        (loss * 1e6).round() / 1e6,
        ((1.0 - loss) * 1e6).round() / 1e6,
    )
}

/// `/v1/metrics`.
pub(crate) fn metrics(picture: &Picture, now: f64) -> Answer {
    let steps = picture.stage.epoch() / CYCLE;
    let known = (steps > 0).then(|| figures(steps));
    let body = json!({
        "epoch": steps,
        "train_loss": known.map(|it| it.0),
        "train_accuracy": known.map(|it| it.1),
        "val_loss": null,
        "val_accuracy": null,
        "hidden_units": picture.hidden_units(),
        "timestamp": local(now),
        "dataset_shortfall": null,
        "f1": null,
        "precision": null,
        "recall": null,
        "roc_auc": null,
        "eval_metrics": {
            "enabled": true,
            "average": "macro",
            "split": null,
            "n_samples": null,
            "n_classes": null,
            "undefined": {},
            "final": null,
        },
    });
    envelope(body, now)
}

/// `/v1/metrics/history`: two lines for each step, of which the last so many.
pub(crate) fn history(picture: &Picture, count: Option<usize>, now: f64) -> Answer {
    let steps = picture.stage.epoch() / CYCLE;
    let lines: Vec<Value> = (1..=steps)
        .flat_map(|step| [(step, "output_epoch"), (step, "training_step")])
        .map(|(step, kind)| {
            let (loss, accuracy) = figures(step);
            json!({
                "epoch": step,
                "timestamp": local(picture.changed),
                "loss": loss,
                "accuracy": (kind == "training_step").then_some(accuracy),
                "learning_rate": picture.network.as_ref().map(Network::learning_rate),
                "hidden_units": step.min(picture.hidden_units()),
                "phase": "output",
                "validation_loss": null,
                "validation_accuracy": null,
                "kind": kind,
                "f1": null,
                "precision": null,
                "recall": null,
                "roc_auc": null,
            })
        })
        .collect();
    let left_out = count.map_or(0, |count| lines.len().saturating_sub(count));
    envelope(lines.get(left_out..).unwrap_or_default(), now)
}

/// `/v1/dataset`.
pub(crate) fn dataset(loaded: Option<&Loaded>, now: f64) -> Answer {
    let Some(loaded) = loaded else {
        return envelope(json!({"loaded": false}), now);
    };
    let first = |rows: &[Vec<f64>]| rows.first().map_or(0, Vec::len);
    let body = json!({
        "loaded": true,
        "train_samples": loaded.train.x.len(),
        "val_samples": loaded.validation.as_ref().map_or(0, |it| it.x.len()),
        "test_samples": 0,
        "input_features": first(&loaded.train.x),
        "output_features": first(&loaded.train.y),
    });
    envelope(body, now)
}

/// `/v1/dataset/data`.
pub(crate) fn dataset_data(loaded: Option<&Loaded>, now: f64) -> Answer {
    let Some(loaded) = loaded else {
        return refused(404, "No dataset loaded", now);
    };
    let mut body = json!({"train_x": loaded.train.x, "train_y": loaded.train.y});
    if let (Some(validation), Some(fields)) = (&loaded.validation, body.as_object_mut()) {
        fields.insert("val_x".to_owned(), json!(validation.x));
        fields.insert("val_y".to_owned(), json!(validation.y));
    }
    envelope(body, now)
}

/// `/v1/decision-boundary`: each point is given the class of the nearest one that was trained on.
pub(crate) fn boundary(loaded: &Loaded, resolution: u32, now: f64) -> Answer {
    let rows = &loaded.train;
    let range = |column: usize| {
        let values = || {
            rows.x
                .iter()
                .filter_map(move |row| row.get(column).copied())
        };
        let least = values().fold(f64::INFINITY, f64::min) - 0.5;
        let most = values().fold(f64::NEG_INFINITY, f64::max) + 0.5;
        let step = (most - least) / f64::from(resolution.saturating_sub(1).max(1));
        let places: Vec<f64> = (0..resolution)
            .map(|place| least + f64::from(place) * step)
            .collect();
        ([least, most], places)
    };
    let (x_range, across) = range(0);
    let (y_range, down) = range(1);
    let predictions: Vec<Vec<usize>> = down
        .iter()
        .map(|y| across.iter().map(|x| nearest(loaded, *x, *y)).collect())
        .collect();
    let body = json!({
        "x_range": x_range,
        "y_range": y_range,
        "resolution": resolution,
        "grid_x": down.iter().map(|_| &across).collect::<Vec<_>>(),
        "grid_y": down.iter().map(|y| vec![y; across.len()]).collect::<Vec<_>>(),
        "predictions": predictions,
    });
    envelope(body, now)
}

fn nearest(loaded: &Loaded, x: f64, y: f64) -> usize {
    let distance = |row: &[f64]| match row {
        [a, b, ..] => (a - x).powi(2) + (b - y).powi(2),
        _ => f64::INFINITY,
    };
    // A sample is enough: nobody looks closely at what was made up.
    let sampled = loaded.train.x.iter().zip(&loaded.train.y).take(400);
    let nearest = sampled.min_by(|a, b| distance(a.0).total_cmp(&distance(b.0)));
    nearest.map_or(0, |(_, target)| {
        let most = target.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        target.iter().position(|it| *it >= most).unwrap_or(0)
    })
}

/// A moment as the real service's monitor writes it, without its zone.
fn local(seconds: f64) -> String {
    training::moment(seconds).trim_end_matches('Z').to_owned()
}
