//! What the training service says. Pure: it is told what came of asking the dataset service and
//! how far training is; it asks nobody and trains nothing.

use serde::Serialize;
use serde_json::Value;

use super::probed::Probed;
use super::session::Picture;
use super::{Answer, Claim, Dependency, Identity};
use crate::training::TrainingState;

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
struct Refusal {
    status: &'static str,
    error: RefusalReason,
    meta: Meta,
}

#[derive(Serialize)]
struct RefusalReason {
    code: String,
    message: String,
    detail: Option<[Fault; 1]>,
}

/// What is wrong with a part of a request.
#[derive(Serialize)]
struct Fault {
    r#type: &'static str,
    loc: [String; 2],
    msg: String,
    input: Value,
}

/// `/v1/health`.
pub(crate) fn health() -> Answer {
    CASCOR.health()
}

/// `/v1/health/live`, which no dependency changes.
pub(crate) fn live() -> Answer {
    CASCOR.live(None)
}

/// `/v1/health/ready`.
pub(crate) fn ready(
    data: Option<&Probed>,
    picture: &Picture,
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
        network_loaded: picture.network.is_some(),
        training_state: TrainingState::of(picture),
    };
    CASCOR.ready(dependencies, details, claim, timestamp)
}

/// What was asked for, in the envelope.
pub(crate) fn envelope(data: impl Serialize, timestamp: f64) -> Answer {
    let body = Envelope {
        status: "success",
        data,
        meta: meta(timestamp),
    };
    Answer::json(200, &body)
}

/// The refusal of a part of a request.
pub(crate) fn invalid(name: &str, input: &Value, should_be: &str, timestamp: f64) -> Answer {
    let fault = Fault {
        r#type: "value_error",
        loc: ["body".to_owned(), name.to_owned()],
        msg: should_be.to_owned(),
        input: input.clone(),
    };
    let body = Refusal {
        status: "error",
        error: RefusalReason {
            code: "VALIDATION_ERROR".to_owned(),
            message: format!("body.{name}: {should_be}"),
            detail: Some([fault]),
        },
        meta: meta(timestamp),
    };
    Answer::json(422, &body)
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
