//! The real services in a network of their own.

use std::time::Duration;

use juniper_lab::{BootOptions, Suite, real};

use super::super::lab::{Outcome, claim, exits, has, machine};
use super::{inside, one_network, only_canopy_answers};

/// The real services train inside; the dashboard and its WebSocket are reached from outside.
pub(super) fn train() -> Outcome {
    let environments = real::prepared()?.ok_or("the real services are not prepared")?;
    let machine = machine(Suite::Trixie, environments.shown(BootOptions::default()))?;
    let text = "profile = \"full\"\nnetwork = \"isolated\"\n";
    machine.write("/etc/juniper/juniper.toml", text, 0o644)?;
    let told = exits(&machine, "juniperctl install", 0)?;
    has(
        &told.stderr,
        &["redis-server.service is outside of the group's network"],
    )?;
    exits(&machine, "systemctl start juniper.target", 0)?;
    exits(&machine, "juniperctl health", 0)?;
    let dashboard = "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8050/dashboard/";
    let answer = exits(&machine, dashboard, 0)?.stdout;
    claim(answer == "200", format!("the dashboard answers {answer}"))?;
    only_canopy_answers(&machine)?;
    one_network(&machine)?;
    let first_message = "/opt/juniper/canopy/current/bin/python -c 'from websockets.sync.client import connect; \
         print(connect(\"ws://127.0.0.1:8050/ws/training\", origin=\"http://127.0.0.1:8050\").recv(timeout=20))'";
    let message = exits(&machine, first_message, 0)?.stdout;
    has(&message, &["\"type\""])?;

    let cascor = |line: &str| inside(&machine, "juniper-cascor.service", line, 0);
    let post = |path: &str, body: &str| {
        cascor(&format!(
            "curl -fsS -X POST http://127.0.0.1:8200/v1/{path} -H 'Content-Type: application/json' -d '{body}'"
        ))
    };
    post(
        "network",
        r#"{"input_size":2,"output_size":2,"max_hidden_units":1,"candidate_pool_size":2,"candidate_epochs":20,"output_epochs":20,"correlation_threshold":0.0001}"#,
    )?;
    post(
        "training/dataset",
        r#"{"dataset_type":"spirals","n_spirals":2,"n_samples":100,"noise":0.05,"params":{"seed":42}}"#,
    )?;
    post(
        "training/start",
        r#"{"start_fresh":true,"params":{"max_hidden_units":1,"max_iterations":1,"candidate_pool_size":2,"candidate_epochs":20,"output_epochs":20,"max_epochs":20,"correlation_threshold":0.0001}}"#,
    )?;
    machine.wait_until("the training to complete", Duration::from_mins(2), || {
        cascor("curl -fsS http://127.0.0.1:8200/v1/training/status")
            .is_ok_and(|status| status.contains("COMPLETED"))
    })?;
    exits(&machine, "juniperctl health", 0)?;
    Ok(())
}
