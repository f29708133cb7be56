//! How a service starts and ends: slow start, instances, signals.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::ExitStatusExt;

use super::support::{Standin, free_port, until};

/// The number of milliseconds at the end of a logged line.
fn age(line: &str) -> f64 {
    line.split(' ').rev().nth(1).unwrap().parse().unwrap()
}

#[test]
fn it_listens_no_sooner_than_told() {
    let standin = Standin::spawn("cascor", 0, &[("JUNIPER_STANDIN_LIVE_AFTER", "150ms")]);
    assert!(age(&standin.line("listening on")) >= 150.0);
}

#[test]
fn between_live_and_ready_it_says_so() {
    let never = [("JUNIPER_STANDIN_READY_AFTER", "1h")];
    for service in ["cascor", "canopy"] {
        let standin = Standin::start(service, &never);
        assert_eq!(standin.get("/v1/health/live").status, 200, "{service}");
        let ready = standin.get("/v1/health/ready");
        assert_eq!(
            (ready.status, ready.value("/status")),
            (503, "not_ready".into()),
            "{service}"
        );
    }
    let standin = Standin::start("cascor", &[("JUNIPER_STANDIN_READY_AFTER", "100ms")]);
    assert!(age(&standin.line("ready after")) >= 100.0);
    let ready = standin.get("/v1/health/ready");
    assert_eq!(
        (ready.status, ready.header("x-juniper-readiness")),
        (200, Some("ready"))
    );
}

#[test]
fn a_workers_instance_moves_its_port() {
    let first = until("two free ports in a row", || {
        let first = free_port();
        let second = TcpListener::bind((Ipv4Addr::LOCALHOST, first.checked_add(1)?));
        second.is_ok().then_some(first)
    });
    let standin = Standin::spawn_by_environment(
        "worker",
        &[
            (
                "JUNIPER_CASCOR_WORKER_SERVER_URL",
                "ws://127.0.0.1:9/ws/v1/workers",
            ),
            ("JUNIPER_CASCOR_WORKER_HEALTH_PORT", &first.to_string()),
            ("JUNIPERCTL_INSTANCE", "2"),
        ],
    );
    standin.line(&format!("listening on 127.0.0.1:{} after", first + 1));
}

#[test]
fn a_termination_signal_ends_it_as_it_ends_uvicorn() {
    let mut standin = Standin::start("cascor", &[]);
    standin.terminate();
    assert_eq!(standin.wait().signal(), Some(15));
}
