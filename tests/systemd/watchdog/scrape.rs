//! A real Prometheus reads the watchdog with the configuration that is shipped, and the shipped alerts
//! say what they promise.

use std::time::Duration;

use juniper_lab::prometheus::{PREFIX, Prometheus, SUITE};
use juniper_lab::{BootOptions, Command};
use libtest_mimic::Failed;
use serde_json::Value;

use super::super::lab::{Outcome, claim, has};
use super::stage::Stage;

/// Where the package puts configuration, rules and dashboard.
const SHIPPED: &str = "/usr/share/juniperctl/monitoring";

/// How long anything may take to be scraped and judged.
const SEEN: Duration = Duration::from_secs(30);

pub(super) fn scraped() -> Outcome {
    let prometheus = Prometheus::prepare()?;
    let stage = Stage::set_with(SUITE, "", prometheus.shown(BootOptions::default()))?;
    checked(&stage)?;
    // The shipped configuration, only more often.
    stage.exits(
        &format!(
            "mkdir /srv/prometheus && cp {SHIPPED}/* /srv/prometheus/ && sed -i \
             's/scrape_interval: 15s/scrape_interval: 1s/; s/scrape_timeout: 5s/scrape_timeout: 1s/; \
             1i global: {{ evaluation_interval: 1s }}' /srv/prometheus/prometheus.yml && \
             systemd-run --quiet --unit=prometheus {PREFIX}/prometheus \
             --config.file=/srv/prometheus/prometheus.yml --storage.tsdb.path=/srv/prometheus/data \
             --web.listen-address=127.0.0.1:9090"
        ),
        0,
    )?;
    waits(&stage, "up{job=\"juniper\"} == 1", 1)?;
    waits(&stage, "juniper_service_verdict{verdict=\"ready\"} == 1", 4)?;
    waits(&stage, "juniper_build_info", 1)?;
    // Data hangs and nobody does anything about it.
    stage.exits("juniperctl pause data", 0)?;
    stage.exits("juniper-standin fault hang data", 0)?;
    let down = "juniper_service_verdict{service=\"data\",verdict=\"down\"} == 1";
    waits(&stage, down, 1)?;
    waits(&stage, "juniper_incident_open{root=\"data\"} == 1", 1)?;
    waits(&stage, "juniper_paused{service=\"data\"} == 1", 1)?;
    for (alert, label) in [
        ("JuniperServiceDown", "service=\"data\""),
        ("JuniperIncidentOpen", "root=\"data\""),
        ("JuniperPausedForLong", "service=\"data\""),
    ] {
        let pending = format!("ALERTS{{alertname=\"{alert}\",alertstate=\"pending\",{label}}}");
        waits(&stage, &pending, 1)?;
    }
    // It is cured, and counted.
    stage.exits("juniperctl resume data", 0)?;
    let cured = "juniper_restarts_total{service=\"data\",cause=\"unresponsive\"} == 1";
    waits(&stage, cured, 1)?;
    waits(&stage, "juniper_service_verdict{verdict=\"ready\"} == 1", 4)
}

/// promtool finds nothing to say against what is shipped and what is told, and plays the alerts.
fn checked(stage: &Stage) -> Outcome {
    let test = include_str!("alerts_test.yml");
    stage.machine.write("/srv/alerts_test.yml", test, 0o644)?;
    for (line, told) in [
        (
            format!("{PREFIX}/promtool check config {SHIPPED}/prometheus.yml"),
            "SUCCESS",
        ),
        (
            format!("{PREFIX}/promtool check rules {SHIPPED}/juniper.rules.yml"),
            "9 rules found",
        ),
        (
            format!("{PREFIX}/promtool test rules /srv/alerts_test.yml"),
            "SUCCESS",
        ),
    ] {
        has(&stage.exits(&line, 0)?, &[told])?;
    }
    let lint = format!("curl -fsS http://127.0.0.1:8060/metrics | {PREFIX}/promtool check metrics");
    let said = stage.exits(&lint, 0)?;
    claim(said.trim().is_empty(), said)
}

/// Waits until a query finds this many series.
fn waits(stage: &Stage, query: &str, count: usize) -> Outcome {
    let what = format!("{count} of {query}");
    stage.machine.wait_until(&what, SEEN, || {
        found(stage, query).is_ok_and(|found| found == count)
    })?;
    Ok(())
}

fn found(stage: &Stage, query: &str) -> Result<usize, Failed> {
    let query = format!("query={query}");
    let output = stage.machine.run_with(Command::new(&[
        "curl",
        "-fsS",
        "--data-urlencode",
        &query,
        "http://127.0.0.1:9090/api/v1/query",
    ]))?;
    let answer: Value = serde_json::from_str(&output.stdout)?;
    Ok(answer["data"]["result"].as_array().map_or(0, Vec::len))
}
