//! What the training service says. Pure: it is told what came of asking the dataset service and
//! how far training is; it asks nobody and trains nothing.

use serde::Serialize;

use super::probed::Probed;
use super::{Answer, Claim, Dependency, Identity};
use crate::training::{Stage, TrainingState};

const CASCOR: Identity = Identity {
    name: "juniper-cascor",
    version: "0.12.0",
    header: true,
    when_unhealthy: Claim::NotReady,
};

#[derive(Serialize)]
struct Details {
    network_loaded: bool,
    training_state: TrainingState,
}

/// The envelope in which everything but health comes.
#[derive(Serialize)]
struct Envelope<D: Serialize> {
    status: &'static str,
    data: D,
    meta: Meta,
}

#[derive(Serialize)]
struct Meta {
    timestamp: f64,
    version: &'static str,
}

#[derive(Serialize)]
struct Begun {
    status: &'static str,
    timestamp: f64,
}

#[derive(Serialize)]
struct Refusal {
    status: &'static str,
    error: RefusalReason,
    meta: Meta,
}

#[derive(Serialize)]
struct RefusalReason {
    code: String,
    message: String,
    detail: Option<&'static str>,
}

#[derive(Serialize)]
struct Status {
    state_machine: StateMachine,
    monitor: Monitor,
    training_state: TrainingState,
    network_loaded: bool,
    training_active: bool,
    pending_dataset: Option<&'static str>,
    completion_reason: Option<&'static str>,
    metrics_clear_undo_available: bool,
    dataset_shortfall: Option<&'static str>,
    auto_start_failure: Option<&'static str>,
    current_dataset: Option<Dataset>,
}

#[derive(Serialize)]
struct StateMachine {
    status: String,
    phase: String,
    paused_phase: Option<&'static str>,
    has_candidate_state: bool,
}

#[derive(Serialize)]
struct Monitor {
    is_training: bool,
    current_epoch: u32,
    current_hidden_units: u32,
    current_phase: String,
    total_metrics: u32,
}

#[derive(Serialize)]
struct Dataset {
    dataset_type: &'static str,
}

/// `/v1/health`.
pub(crate) fn health() -> Answer {
    CASCOR.health()
}

/// `/v1/health/live`, which no dependency changes.
pub(crate) fn live() -> Answer {
    CASCOR.live(None)
}

/// `/v1/health/ready`; `changed` is when training last changed.
pub(crate) fn ready(
    data: Option<&Probed>,
    stage: Stage,
    changed: f64,
    claim: Claim,
    timestamp: f64,
) -> Answer {
    let lifecycle = Dependency::new("Lifecycle Manager", "healthy", "bound".to_owned());
    let lifecycle = lifecycle.claimed(claim, "not bound on app.state");
    let mut dependencies = vec![("lifecycle", lifecycle)];
    dependencies.extend(data.map(|probed| {
        let entry = probed.in_urllib_words("JuniperData Service");
        ("juniper_data", entry)
    }));
    let details = Details {
        network_loaded: stage.has_network(),
        training_state: TrainingState::of(stage, changed),
    };
    CASCOR.ready(dependencies, details, claim, timestamp)
}

/// `POST /v1/training/start`, when a run begins.
pub(crate) fn training_started(timestamp: f64) -> Answer {
    envelope(
        Begun {
            status: "training_started",
            timestamp,
        },
        timestamp,
    )
}

/// `POST /v1/training/start`, while one is under way.
pub(crate) fn training_refused(timestamp: f64) -> Answer {
    let why = "Training cannot be started: Training already in progress";
    refused(409, why, timestamp)
}

/// `/v1/training/status`.
pub(crate) fn training_status(stage: Stage, changed: f64, timestamp: f64) -> Answer {
    let training_state = TrainingState::of(stage, changed);
    let (status, phase) = training_state.summary();
    let phase = phase.to_ascii_uppercase();
    let known = stage.has_network();
    let body = Status {
        state_machine: StateMachine {
            status: status.to_ascii_uppercase(),
            phase: phase.clone(),
            paused_phase: None,
            has_candidate_state: false,
        },
        monitor: Monitor {
            is_training: stage.is_active(),
            current_epoch: stage.epoch(),
            current_hidden_units: stage.hidden_units(),
            current_phase: phase.to_ascii_lowercase(),
            total_metrics: stage.epoch(),
        },
        training_state,
        network_loaded: known,
        training_active: stage.is_active(),
        pending_dataset: None,
        completion_reason: (stage == Stage::Completed).then_some("max_iterations"),
        metrics_clear_undo_available: false,
        dataset_shortfall: None,
        auto_start_failure: None,
        current_dataset: known.then_some(Dataset {
            dataset_type: "spiral",
        }),
    };
    envelope(body, timestamp)
}

fn envelope(data: impl Serialize, timestamp: f64) -> Answer {
    let body = Envelope {
        status: "success",
        data,
        meta: meta(timestamp),
    };
    Answer::json(200, &body)
}

/// A refusal as the real service words it: in its envelope, with the status as code.
pub(crate) fn refused(status: u16, message: &str, timestamp: f64) -> Answer {
    let body = Refusal {
        status: "error",
        error: RefusalReason {
            code: format!("HTTP_{status}"),
            message: message.to_owned(),
            detail: None,
        },
        meta: meta(timestamp),
    };
    Answer::json(status, &body)
}

fn meta(timestamp: f64) -> Meta {
    Meta {
        timestamp,
        version: CASCOR.version,
    }
}
