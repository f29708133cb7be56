//! `health` with endpoints that answer and no bus: the verdict is its exit code.

use std::fmt::Write as _;
use std::net::SocketAddr;

use libtest_mimic::Trial;
use serde_json::Value;

use crate::program::{Said, juniperctl, said};
use crate::server::{Server, closed, not_ready, ready, reply};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        the_verdict_is_the_exit_code,
        the_root_cause_comes_first,
        health_answers_json_of_version_1,
        one_service_can_be_asked_alone,
    ]
}

/// Asks two services, the second of which depends on the first.
fn health(first: SocketAddr, second: SocketAddr, options: &[&str]) -> Said {
    let directory = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for (name, address) in [("first", first), ("second", second)] {
        writeln!(
            text,
            "[services.{name}]\ncommand = [\"/bin/true\"]\nhost = \"{}\"\nport = {}\n\
             readiness = {{ path = \"/v1/health/ready\" }}",
            address.ip(),
            address.port()
        )
        .unwrap();
    }
    text.push_str("depends_on.first = {}\n");
    // Whichever profile this computer's receipt names, it has these two.
    for profile in ["default", "full", "demo", "dev", "mock"] {
        writeln!(
            text,
            "[profiles.{profile}]\nservices = [\"first\", \"second\"]\nstand_in = false"
        )
        .unwrap();
    }
    let file = directory.path().join("juniper.toml");
    std::fs::write(&file, text).unwrap();
    said(
        juniperctl()
            .env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent")
            .arg("--config")
            .arg(&file)
            .arg("health")
            .args(options),
    )
}

fn the_verdict_is_the_exit_code() {
    let (first, good) = (Server::replying(ready()), Server::replying(ready()));
    let degraded = Server::replying(reply("200 OK", r#"{"status":"degraded"}"#));
    let bad = Server::replying(not_ready());
    for (second, code, word) in [
        (good.address(), 0, "ready"),
        (degraded.address(), 1, "second is degraded"),
        (bad.address(), 2, "second is not ready"),
        (closed(), 3, "second is down"),
    ] {
        let said = health(first.address(), second, &[]);
        assert_eq!(said.code, Some(code), "{said:#?}");
        assert!(said.stdout.contains(word), "{said:#?}");
        assert_eq!(said.stderr, "");
    }
}

fn the_root_cause_comes_first() {
    let bad = Server::replying(not_ready());
    let said = health(closed(), bad.address(), &[]);
    assert_eq!(said.code, Some(3), "{said:#?}");
    assert_eq!(
        said.stdout.lines().next(),
        Some("first is down; therefore second not ready")
    );
}

fn health_answers_json_of_version_1() {
    let bad = Server::replying(not_ready());
    let said = health(closed(), bad.address(), &["--json"]);
    assert_eq!(said.code, Some(3), "{said:#?}");
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(report["version"], 1);
    assert_eq!(report["verdict"], "down");
    let services = report["services"].as_array().unwrap();
    assert_eq!(services.len(), 2);
    let second = services
        .iter()
        .find(|service| service["name"] == "second")
        .unwrap();
    assert_eq!(second["verdict"], "not_ready");
    assert!(second["dependencies"].is_object(), "{second}");
    assert!(report["root_causes"].to_string().contains("first"));
}

fn one_service_can_be_asked_alone() {
    let good = Server::replying(ready());
    let said = health(closed(), good.address(), &["second"]);
    assert_eq!(said.code, Some(0), "{said:#?}");
}
