//! The contract beside the captured replies of the real services: the same keys in the same
//! order, the same types, the same values, save what differs from one run to the next.

use std::time::Duration;

use serde_json::Value;

use super::canopy::Standing;
use super::data::Storage;
use super::network::Network;
use super::probed::{Outcome, Probed};
use super::session::Picture;
use super::watch::Watch;
use super::{Answer, Claim, canopy, cascor, data, work, worker};
use crate::training::Stage;

/// What no two runs share; its type must still agree.
const VOLATILE: [&str; 5] = [
    "timestamp",
    "latency_ms",
    "backend_status_age_seconds",
    "worker_id",
    "duration_ms",
];

const DATA_URL: &str = "http://127.0.0.1:8100/v1/health/live";
const CASCOR_URL: &str = "http://127.0.0.1:8200/v1/health/live";

macro_rules! captured {
    ($name:literal) => {
        include_str!(concat!("../fixtures/", $name, ".json"))
    };
}

/// Fails unless the answer's body is the captured one but for what is volatile.
fn assert_as_captured(answer: &Answer, status: u16, captured: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    let ours: Value = serde_json::from_str(answer.text()).unwrap();
    let theirs: Value = serde_json::from_str(captured).unwrap();
    assert_same("$", &ours, &theirs);
    assert_eq!(keys(answer.text()), keys(captured), "the order of keys");
}

fn assert_same(path: &str, ours: &Value, theirs: &Value) {
    if let (Value::Object(left), Value::Object(right)) = (ours, theirs) {
        let names: (Vec<_>, Vec<_>) = (left.keys().collect(), right.keys().collect());
        assert_eq!(names.0, names.1, "keys of {path}");
        for (name, value) in left {
            let path = format!("{path}.{name}");
            if VOLATILE.contains(&name.as_str()) {
                assert_eq!(kind(value), kind(&right[name]), "type of {path}");
            } else {
                assert_same(&path, value, &right[name]);
            }
        }
    } else {
        assert_eq!(ours, theirs, "value of {path}");
        assert_eq!(kind(ours), kind(theirs), "type of {path}");
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The quoted words before a colon, in the order of the text.
fn keys(text: &str) -> Vec<&str> {
    let words: Vec<&str> = text.split('"').collect();
    words
        .windows(2)
        .filter(|pair| pair[1].starts_with(':'))
        .map(|pair| pair[0])
        .collect()
}

fn probed(url: &str, outcome: Outcome) -> Probed {
    Probed {
        url: url.to_owned(),
        latency_ms: 1.3,
        outcome,
    }
}

fn healthy(url: &str) -> Probed {
    probed(url, Outcome::Answered(200))
}

fn refused(url: &str) -> Probed {
    probed(
        url,
        Outcome::Unreachable(Some(111), "Connection refused".to_owned()),
    )
}

fn storage(path: &str, datasets: Option<usize>) -> Storage {
    Storage {
        path: path.to_owned(),
        datasets,
    }
}

fn service_mode(failures: u64) -> Standing {
    let mut watch = Watch::new(Duration::ZERO);
    for second in 1..=failures {
        watch.take(Duration::from_secs(second), None);
    }
    let mut status = watch.status(Duration::from_secs(failures));
    // A whole number of seconds would be written as a float all the same.
    status.age_seconds += 0.5;
    Standing {
        data_available: true,
        backend: Some(status),
        training_active: false,
    }
}

const DEMO: Standing = Standing {
    data_available: true,
    backend: None,
    training_active: true,
};

#[test]
fn data_speaks_as_captured() {
    let stored = storage("data/datasets", Some(0));
    assert_as_captured(&data::health(), 200, captured!("data-health"));
    assert_as_captured(&data::live(&stored), 200, captured!("data-live"));
    let ready = data::ready(&stored, Claim::Truth, 1.5);
    assert_as_captured(&ready, 200, captured!("data-ready"));
    assert!(
        ready
            .headers
            .contains(&("x-juniper-readiness".into(), "ready".to_owned()))
    );
    assert!(
        ready
            .headers
            .contains(&("x-content-type-options".into(), "nosniff".to_owned()))
    );
}

#[test]
fn data_without_its_storage_speaks_as_captured() {
    let missing = storage("/srv/juniper/data/datasets", None);
    assert_as_captured(
        &data::live(&missing),
        503,
        captured!("data-live-no-storage"),
    );
    let ready = data::ready(&missing, Claim::Truth, 1.5);
    assert_as_captured(&ready, 503, captured!("data-ready-no-storage"));
    assert!(
        ready
            .headers
            .contains(&("x-juniper-readiness".into(), "not_ready".to_owned()))
    );
}

#[test]
fn cascor_speaks_as_captured() {
    assert_as_captured(&cascor::health(), 200, captured!("cascor-health"));
    assert_as_captured(&cascor::live(), 200, captured!("cascor-live"));
    let ready = |data: &Probed| cascor::ready(Some(data), &Picture::empty(1.5), Claim::Truth, 1.5);
    assert_as_captured(&ready(&healthy(DATA_URL)), 200, captured!("cascor-ready"));
    assert_as_captured(
        &ready(&refused(DATA_URL)),
        503,
        captured!("cascor-ready-data-down"),
    );
    let hung = probed(DATA_URL, Outcome::TimedOut);
    assert_as_captured(&ready(&hung), 503, captured!("cascor-ready-data-hung"));
    assert_as_captured(
        &work::done("training_started", 1.5),
        200,
        captured!("cascor-training-started"),
    );
}

#[test]
fn cascor_without_a_data_url_has_no_such_dependency() {
    let picture = Picture {
        stage: Stage::Completed,
        network: Some(Network::new(2, 2, 1)),
        ..Picture::empty(1.5)
    };
    let ready = cascor::ready(None, &picture, Claim::Truth, 1.5);
    let body: Value = serde_json::from_str(ready.text()).unwrap();
    assert_eq!(
        (ready.status, &body["dependencies"]["juniper_data"]),
        (200, &Value::Null)
    );
    assert_eq!(body["details"]["training_state"]["status"], "Completed");
    assert_eq!(body["details"]["network_loaded"], true);
}

#[test]
fn canopy_in_service_mode_speaks_as_captured() {
    let standing = service_mode(0);
    assert_as_captured(
        &canopy::health(&standing, 1.5),
        200,
        captured!("canopy-health"),
    );
    assert_as_captured(&canopy::live(), 200, captured!("canopy-live"));
    let ready = |data: &Probed, cascor: &Probed, failures| {
        canopy::ready(
            data,
            Some(cascor),
            &service_mode(failures),
            Claim::Truth,
            1.5,
        )
    };
    let (data, cascor) = (healthy(DATA_URL), healthy(CASCOR_URL));
    let all_well = ready(&data, &cascor, 0);
    assert_as_captured(&all_well, 200, captured!("canopy-ready"));
    assert!(
        all_well
            .headers
            .iter()
            .all(|(name, _)| *name != "x-juniper-readiness")
    );
    let data_down = ready(&refused(DATA_URL), &cascor, 0);
    assert_as_captured(&data_down, 200, captured!("canopy-ready-data-down"));
    let data_hung = ready(&probed(DATA_URL, Outcome::TimedOut), &cascor, 0);
    assert_as_captured(&data_hung, 200, captured!("canopy-ready-data-hung"));
    let cascor_down = ready(&data, &refused(CASCOR_URL), 2);
    assert_as_captured(&cascor_down, 200, captured!("canopy-ready-cascor-down"));
}

#[test]
fn canopy_in_demo_mode_speaks_as_captured() {
    let local = healthy("http://localhost:8100/v1/health/live");
    let ready = canopy::ready(&local, None, &DEMO, Claim::Truth, 1.5);
    assert_as_captured(&ready, 200, captured!("canopy-ready-demo"));
    let (data, cascor) = (healthy(DATA_URL), healthy(CASCOR_URL));
    let sticky = canopy::ready(&data, Some(&cascor), &DEMO, Claim::Truth, 1.5);
    assert_as_captured(&sticky, 200, captured!("canopy-ready-sticky-demo"));
    assert_as_captured(
        &canopy::health(&DEMO, 1.5),
        200,
        captured!("canopy-health-sticky-demo"),
    );
}

#[test]
fn the_worker_speaks_as_captured_to_the_byte() {
    let same = |answer: Answer, status, captured: &str| {
        assert_as_captured(&answer, status, captured);
        assert_eq!(answer.text(), captured.trim_end());
    };
    same(
        worker::health(Some("49a884e6-8be6-457f-aaf8-b7015f1832cc")),
        200,
        captured!("worker-health"),
    );
    same(worker::live(true), 200, captured!("worker-live"));
    same(
        worker::ready(true, Claim::Truth),
        200,
        captured!("worker-ready"),
    );
    same(
        worker::live(false),
        503,
        captured!("worker-live-cascor-down"),
    );
    same(
        worker::ready(false, Claim::Truth),
        503,
        captured!("worker-ready-cascor-down"),
    );
}

#[test]
fn a_claim_overrides_the_truth_and_names_the_service_itself() {
    let stored = storage("d", Some(1));
    let degraded = data::ready(&stored, Claim::Degraded, 1.5);
    assert_eq!(degraded.status, 200);
    assert!(
        degraded
            .headers
            .contains(&("x-juniper-readiness".into(), "degraded".to_owned()))
    );
    assert_eq!(data::ready(&stored, Claim::NotReady, 1.5).status, 503);
    let cascor = cascor::ready(None, &Picture::empty(1.5), Claim::NotReady, 1.5);
    assert!(cascor.text().contains("not bound on app.state"));
    let url = healthy(DATA_URL);
    assert_eq!(
        canopy::ready(&url, None, &DEMO, Claim::NotReady, 1.5).status,
        503
    );
    assert_eq!(worker::ready(true, Claim::NotReady).status, 503);
}
