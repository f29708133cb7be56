//! A pretended training run from outside.

use std::path::Path;

use super::support::{DEADLINE, Standin, request};

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_run_that_starts_by_itself_ends_with_a_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let snapshots = directory.path().join("snapshots");
    let standin = Standin::start(
        "cascor",
        &[
            ("JUNIPER_CASCOR_AUTO_START", "true"),
            ("JUNIPER_STANDIN_TRAINING", "200ms"),
            ("JUNIPER_CASCOR_SNAPSHOTS_DIR", snapshots.to_str().unwrap()),
        ],
    );
    standin.line("training completed");
    let ready = standin.get("/v1/health/ready");
    assert_eq!(ready.value("/details/training_state/status"), "Completed");
    let names = names(&snapshots);
    assert_eq!(names.len(), 1, "{names:?}");
    assert!(
        names[0].starts_with("snapshot_20") && names[0].ends_with("Z.h5"),
        "{names:?}"
    );
}

#[test]
fn a_client_that_brings_nothing_to_train_on_is_refused() {
    let standin = Standin::start("cascor", &[]);
    let start = |body| request(standin.port, "POST", "/v1/training/start", body, DEADLINE).unwrap();
    let refused = start("{}");
    assert_eq!(refused.status, 409);
    let why = refused.value("/error/message").to_string();
    assert!(why.contains("Training data not provided"), "{why}");
    let inline = "{\"inline_data\": {\"train_x\": [[0, 1]], \"train_y\": [[1]]}}";
    assert_eq!(start(inline).status, 200);
}

#[test]
fn a_run_is_started_once_and_advances() {
    let standin = Standin::start("cascor", &[("JUNIPER_STANDIN_TRAINING", "5s")]);
    let state = || {
        standin
            .get("/v1/health/ready")
            .value("/details/training_state")
    };
    assert_eq!(state()["status"], "Stopped");

    let start = || request(standin.port, "POST", "/v1/training/start", "", DEADLINE).unwrap();
    let started = start();
    assert_eq!(
        (started.status, started.value("/data/status")),
        (200, "training_started".into())
    );
    assert_eq!(start().status, 409);

    let before = state();
    assert_eq!(before["status"], "Started");
    super::support::until("the epoch advances", || {
        let epoch = state()["current_epoch"].as_u64();
        (epoch > before["current_epoch"].as_u64()).then_some(())
    });
    let status = standin.get("/v1/training/status");
    assert_eq!(status.value("/data/training_active"), true);
    assert_eq!(status.value("/data/state_machine/status"), "STARTED");
}
