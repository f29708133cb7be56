//! What becomes of a service when one that it depends on is away, hung or back.

use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use super::support::{DEADLINE, Reply, Standin, free_port, is_silent, request, until};

const LIVE: &str = "/v1/health/live";
const READY: &str = "/v1/health/ready";

/// A dataset service with its storage below the directory.
fn data(directory: &tempfile::TempDir) -> Standin {
    let storage = directory.path().join("datasets");
    Standin::start(
        "data",
        &[("JUNIPER_DATA_STORAGE_PATH", storage.to_str().unwrap())],
    )
}

/// Waits until readiness is as wanted.
fn ready_when(standin: &Standin, what: &str, wanted: impl Fn(&Reply) -> bool) -> Reply {
    until(what, || {
        Some(standin.get(READY)).filter(|reply| wanted(reply))
    })
}

#[test]
fn data_follows_its_storage_and_cascor_follows_data() {
    let directory = tempfile::tempdir().unwrap();
    let mut data = data(&directory);
    let cascor = Standin::start("cascor", &[("JUNIPER_DATA_URL", &data.url())]);
    assert_eq!(
        (data.get(READY).status, cascor.get(READY).status),
        (200, 200)
    );

    std::fs::remove_dir(directory.path().join("datasets")).unwrap();
    assert_eq!((data.get(LIVE).status, data.get(READY).status), (503, 503));
    assert_eq!(cascor.get(READY).status, 503);

    data.kill();
    let ready = cascor.get(READY);
    assert_eq!(ready.status, 503);
    assert_eq!(
        ready.value("/dependencies/juniper_data/message"),
        format!(
            "{}{LIVE} — URLError: <urlopen error [Errno 111] Connection refused>",
            data.url()
        )
    );
    assert_eq!(
        (cascor.get(LIVE).status, cascor.get("/v1/health").status),
        (200, 200)
    );
}

#[test]
fn a_hung_data_stops_cascors_liveness_but_not_canopys() {
    let hung = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", hung.local_addr().unwrap());

    let cascor = Standin::start("cascor", &[("JUNIPER_DATA_URL", &url)]);
    let port = cascor.port;
    let asking = thread::spawn(move || request(port, "GET", READY, "", DEADLINE).unwrap());
    let (probe, _) = hung.accept().unwrap();
    assert!(
        is_silent(cascor.port),
        "liveness came through a blocked event loop"
    );
    drop(probe);
    assert_eq!(asking.join().unwrap().status, 503);
    assert_eq!(cascor.get(LIVE).status, 200);

    let canopy = Standin::spawn("canopy", 0, &[("JUNIPER_CANOPY_JUNIPER_DATA_URL", &url)]);
    drop(hung.accept().unwrap());
    let canopy = canopy.listening();
    let port = canopy.port;
    let asking = thread::spawn(move || request(port, "GET", READY, "", DEADLINE).unwrap());
    let (probe, _) = hung.accept().unwrap();
    assert!(!is_silent(port));
    drop(probe);
    let ready = asking.join().unwrap();
    assert_eq!(
        (ready.status, ready.value("/status")),
        (200, "degraded".into())
    );
}

#[test]
fn canopy_that_started_without_its_backend_stays_in_demo_mode() {
    let directory = tempfile::tempdir().unwrap();
    let data = data(&directory);
    let port = free_port();
    let backend = format!("http://127.0.0.1:{port}");
    let environment = [
        ("JUNIPER_CANOPY_JUNIPER_DATA_URL", data.url()),
        ("JUNIPER_CANOPY_CASCOR_SERVICE_URL", backend),
    ];
    let environment = environment
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let canopy = Standin::start("canopy", &environment);
    assert_eq!(canopy.get(READY).value("/status"), "degraded");

    let _cascor = Standin::start_on("cascor", port, &[]);
    let ready = canopy.get(READY);
    assert_eq!(
        (ready.status, ready.value("/status")),
        (200, "ready".into())
    );
    assert_eq!(ready.value("/details/mode"), "demo");
    assert_eq!(ready.value("/details/training_active"), true);
    assert_eq!(canopy.get("/v1/health").value("/demo_mode"), true);

    let again = Standin::start("canopy", &environment);
    assert_eq!(again.get(READY).value("/details/mode"), "service");
    assert_eq!(again.get("/dashboard/").status, 200);
    assert_eq!(again.get("/api/v1/metrics/layouts").value("/total"), 0);
}

#[test]
fn canopy_in_service_mode_reports_its_lost_backend() {
    let mut cascor = Standin::start(
        "cascor",
        &[
            ("JUNIPER_CASCOR_AUTO_START", "1"),
            ("JUNIPER_STANDIN_TRAINING", "1h"),
        ],
    );
    let canopy = Standin::start(
        "canopy",
        &[("JUNIPER_CANOPY_CASCOR_SERVICE_URL", &cascor.url())],
    );
    ready_when(&canopy, "training is noticed", |ready| {
        ready.value("/details/training_active") == true
    });
    cascor.kill();
    let ready = ready_when(&canopy, "the loss is noticed", |ready| {
        ready.value("/details/backend_status") != "ok"
    });
    assert_eq!(
        (ready.status, ready.value("/status")),
        (200, "degraded".into())
    );
    assert_eq!(ready.value("/details/backend_status"), "unreachable");
    assert_eq!(ready.value("/details/mode"), "service");
    assert_eq!(canopy.get(LIVE).status, 200);
}

#[test]
fn a_worker_is_alive_and_ready_only_with_its_server() {
    let port = free_port();
    let server = format!("ws://127.0.0.1:{port}/ws/v1/workers");
    let worker = Standin::start("worker", &[("JUNIPER_CASCOR_WORKER_SERVER_URL", &server)]);
    let (live, ready) = (worker.get(LIVE), worker.get(READY));
    assert_eq!((live.status, ready.status), (503, 503));
    assert_eq!(ready.value("/error"), "websocket connection not bound");
    assert_eq!(ready.header("x-juniper-readiness"), Some("not_ready"));
    assert!(worker.get("/v1/health").value("/worker_id").is_null());

    let mut cascor = Standin::start_on("cascor", port, &[]);
    worker.line("registered");
    assert_eq!(
        (worker.get(LIVE).status, worker.get(READY).status),
        (200, 200)
    );
    assert!(worker.get("/v1/health").value("/worker_id").is_string());

    cascor.kill();
    worker.line("connection lost");
    assert_eq!(
        (worker.get(LIVE).status, worker.get(READY).status),
        (503, 503)
    );
}
