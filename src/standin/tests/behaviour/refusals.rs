//! When the program refuses to run, and what a running service refuses to answer.

use std::net::{Ipv4Addr, TcpListener};

use super::support::{DEADLINE, Standin, outcome, request};

#[test]
fn nothing_runs_in_production() {
    let production = [("JUNIPER_ENV", "production")];
    for arguments in [
        &["data"][..],
        &["cascor"],
        &["canopy"],
        &["worker"],
        &["fault", "hang", "data"],
    ] {
        let (status, stderr) = outcome(arguments, &production);
        assert_eq!(status, Some(3), "{arguments:?}");
        assert!(stderr.contains("JUNIPER_ENV=production"), "{stderr}");
    }
}

#[test]
fn a_taken_port_ends_each_service_as_the_real_one_ends() {
    let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = holder.local_addr().unwrap().port();
    let text = port.to_string();
    let directory = tempfile::tempdir().unwrap();
    let environment = [
        (
            "JUNIPER_DATA_STORAGE_PATH",
            directory.path().to_str().unwrap(),
        ),
        ("JUNIPER_CANOPY_JUNIPER_DATA_URL", "http://127.0.0.1:9"),
        (
            "JUNIPER_CASCOR_WORKER_SERVER_URL",
            "ws://127.0.0.1:9/ws/v1/workers",
        ),
    ];
    for (service, expected) in [("data", 3), ("cascor", 3), ("canopy", 3), ("worker", 1)] {
        let (status, stderr) = outcome(&[service, "--port", &text], &environment);
        assert_eq!(status, Some(expected), "{service}: {stderr}");
        let words = format!(
            "[Errno 98] error while attempting to bind on address ('127.0.0.1', {port}): address already in use"
        );
        assert!(stderr.contains(&words), "{stderr}");
    }
}

#[test]
fn every_fault_of_the_environment_is_named() {
    let environment = [
        ("JUNIPER_CASCOR_WORKER_HEALTH_PORT", "abc"),
        ("JUNIPER_STANDIN_FAULT", "x"),
    ];
    let (status, stderr) = outcome(&["worker"], &environment);
    assert_eq!((status, stderr.lines().count()), (Some(1), 3), "{stderr}");
}

#[test]
fn a_head_request_a_slash_and_a_foreign_path_are_refused_as_by_the_real_services() {
    let cascor = Standin::start("cascor", &[]);
    let head = request(cascor.port, "HEAD", "/v1/health/ready", "", DEADLINE).unwrap();
    assert_eq!(
        (head.status, head.header("allow"), head.body.as_str()),
        (405, Some("GET"), "")
    );
    assert_eq!(head.header("content-length"), Some("31"));

    let slash = cascor.get("/v1/health/");
    let location = format!("{}/v1/health", cascor.url());
    assert_eq!(
        (slash.status, slash.header("location")),
        (307, Some(location.as_str()))
    );

    let foreign = cascor.get("/v2/health");
    assert_eq!(
        (foreign.status, foreign.body.as_str()),
        (404, "{\"detail\":\"Not Found\"}")
    );
    assert_eq!(foreign.header("x-content-type-options"), Some("nosniff"));
}
