//! What the watchdog tells those who ask it: right, to this machine alone, whatever they send it, and
//! never in the way of the watching.

use std::io::{self, Write as _};
use std::time::Duration;

use juniper_lab::Suite;
use libtest_mimic::Failed;
use serde_json::Value;

use super::super::lab::{Outcome, claim, has};
use super::stage::{ALL, Stage, WATCHDOG};

const URL: &str = "http://127.0.0.1:8060";

const SOCKET: &str = "/run/juniperctl/watchdog.sock";

pub(super) fn told() -> Outcome {
    let stage = Stage::set(Suite::Trixie, "")?;
    well(&stage)?;
    refused(&stage)?;
    hung(&stage)?;
    crowded(&stage)?;
    taken(&stage)
}

/// Asks one of the doors, and claims a status.
fn asks(stage: &Stage, status: u16, arguments: &str) -> Result<String, Failed> {
    let told = stage.exits(&format!("curl -sS -w '%{{http_code}}' {arguments}"), 0)?;
    match told.strip_suffix(&status.to_string()) {
        Some(body) => Ok(body.to_owned()),
        None => Err(format!("not {status}: curl {arguments}\n{told}").into()),
    }
}

fn metrics(stage: &Stage) -> Result<String, Failed> {
    asks(stage, 200, &format!("{URL}/metrics"))
}

/// A group that is well is never called otherwise. Ready before it has been asked would be a lie, too: so a
/// new watchdog says that it does not know yet, and when to ask again.
fn fresh(stage: &Stage) -> Outcome {
    stage.exits("systemctl restart juniper-watchdog", 0)?;
    let mut unexpected = None;
    stage.waits_until("everybody to be heard of", || {
        let line = format!("curl -sS -i {URL}/health || true");
        let told = stage.exits(&line, 0).unwrap_or_default();
        let waits = [
            "503",
            "\r\nretry-after: 1\r\n",
            "\n{\"version\":1,\"verdict\":\"unknown\"",
        ];
        let is_well = told.starts_with("HTTP/1.1 200") && told.contains("\"verdict\":\"ready\"");
        // Before its port is open nobody answers.
        if !is_well && !told.is_empty() && !waits.iter().all(|part| told.contains(part)) {
            unexpected = Some(told);
            return true;
        }
        is_well
    })?;
    claim(
        unexpected.is_none(),
        format!("a group that is well is called {unexpected:?}"),
    )
}

fn well(stage: &Stage) -> Outcome {
    fresh(stage)?;
    let health = |arguments: String| -> Result<Value, Failed> {
        Ok(serde_json::from_str(&asks(stage, 200, &arguments)?)?)
    };
    let told = health(format!("{URL}/health"))?;
    let mut asked: Value = serde_json::from_str(&stage.exits("juniperctl health --json", 0)?)?;
    let mut by_socket = health(format!("--unix-socket {SOCKET} http://any.name/health"))?;
    // All but the times they took is the same.
    let mut told_untimed = told.clone();
    for report in [&mut told_untimed, &mut asked, &mut by_socket] {
        for service in report["services"].as_array_mut().into_iter().flatten() {
            claim(service["latency_ms"].is_number(), &service)?;
            service["latency_ms"] = Value::Null;
        }
    }
    claim(told_untimed == asked, format!("{told_untimed}\n{asked}"))?;
    claim(by_socket == asked, format!("{by_socket}\n{asked}"))?;
    stage.waits_until("every start to be known", || {
        metrics(stage)
            .is_ok_and(|text| text.matches("\njuniper_time_to_ready_seconds{").count() == ALL.len())
    })?;
    let metrics = metrics(stage)?;
    for (label, _) in ALL {
        let ready =
            format!("\njuniper_service_verdict{{service=\"{label}\",verdict=\"ready\"}} 1\n");
        has(&metrics, &[&ready])?;
    }
    let page = asks(stage, 200, &format!("{URL}/"))?;
    has(
        &page,
        &["<h1>All 4 services are ready</h1>", "profile mock"],
    )?;
    // Everybody on this machine may ask the socket, too.
    let nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups \
                  curl -fsS --unix-socket /run/juniperctl/watchdog.sock http://x/metrics";
    has(&stage.exits(nobody, 0)?, &["juniper_build_info"])?;
    has(
        &stage.exits("juniperctl status", 0)?,
        &["profile mock, page http://127.0.0.1:8060/"],
    )
}

/// What is not answered.
fn refused(stage: &Stage) -> Outcome {
    for (status, arguments) in [
        (421, format!("-H 'Host: evil.example' {URL}/")),
        (421, format!("-H 'Host: evil.example:8060' {URL}/metrics")),
        (200, format!("-H 'Host: localhost:8060' {URL}/")),
        (
            200,
            format!("-H 'Host: evil.example' --unix-socket {SOCKET} http://x/"),
        ),
        (
            421,
            "--proxy http://127.0.0.1:8060 http://evil.example/metrics".to_owned(),
        ),
        (405, format!("-X POST -d x=1 {URL}/")),
        (405, format!("-X DELETE {URL}/metrics")),
        (404, format!("{URL}/favicon.ico")),
        (404, format!("--path-as-is {URL}/../etc/passwd")),
        (200, format!("-I {URL}/metrics")),
    ] {
        asks(stage, status, &arguments)?;
    }
    // A head of 64 KiB, and what is no HTTP.
    let huge = format!("-H \"X: $(head -c 65536 /dev/zero | tr '\\0' x)\" {URL}/ -o /dev/null");
    let told = stage.exits(&format!("curl -s -w '%{{http_code}}' {huge} || true"), 0)?;
    claim(told.starts_with("431") || told.starts_with("000"), told)?;
    stage.exits(
        "timeout 9 bash -c 'exec 3<>/dev/tcp/127.0.0.1/8060; head -c 100000 /dev/urandom >&3; cat <&3' \
         >/dev/null 2>&1 || true",
        0,
    )?;
    asks(stage, 200, &format!("{URL}/health")).map(drop)
}

/// A hang is told by all three, its cure counted, and a day's history outlives the watchdog.
fn hung(stage: &Stage) -> Outcome {
    let before = stage.processes()?;
    stage.exits("juniperctl pause data", 0)?;
    stage.exits("juniper-standin fault hang data", 0)?;
    stage.waits_until("the hang to be told", || {
        metrics(stage).is_ok_and(|text| {
            text.contains("\njuniper_service_verdict{service=\"data\",verdict=\"down\"} 1\n")
                && text.contains("\njuniper_incident_open{root=\"data\"} 1\n")
        })
    })?;
    let health: Value = serde_json::from_str(&asks(stage, 503, &format!("{URL}/health"))?)?;
    claim(
        health["root_causes"] == serde_json::json!(["data"]),
        &health,
    )?;
    has(
        &asks(stage, 200, &format!("{URL}/"))?,
        &[
            "<h1>data is down",
            "Incident 1",
            "sudo juniperctl resume data",
        ],
    )?;
    stage.exits("juniperctl resume data", 0)?;
    stage.replaced(ALL[0].1, &before[0])?;
    stage.all_well()?;
    // One that crashes is told from one that was ended.
    stage.signal(ALL[1].1, "KILL")?;
    stage.waits_until("both to be counted", || {
        metrics(stage).is_ok_and(|text| {
            text.contains("\njuniper_restarts_total{service=\"data\",cause=\"unresponsive\"} 1\n")
                && text.contains("\njuniper_restarts_total{service=\"data\",cause=\"exited\"} 0\n")
                && text
                    .contains("\njuniper_restarts_total{service=\"cascor\",cause=\"exited\"} 1\n")
                && text
                    .contains("\njuniper_restarts_total{service=\"canopy\",cause=\"exited\"} 0\n")
        })
    })?;
    stage.all_well()?;
    let kept = "grep -c '\"data\":{\"slots\":\"[^\"]*x' /var/lib/juniperctl/watchdog/history.json";
    stage
        .machine
        .wait_until("the hang to be kept", Duration::from_secs(40), || {
            stage.exits(kept, 0).is_ok()
        })?;
    stage.signal(WATCHDOG, "KILL")?;
    stage.waits_until("the watchdog to tell the hang", || {
        // The hang may lie at the end of five minutes and the beginning of the next.
        asks(stage, 200, &format!("{URL}/")).is_ok_and(|page| {
            ["5", "10"]
                .iter()
                .any(|minutes| page.contains(&format!("Last 24 hours: down {minutes} min")))
        })
    })
}

/// Clients that send nothing take the port for five seconds at most, and the watching goes on.
fn crowded(stage: &Stage) -> Outcome {
    let pid = stage.process(WATCHDOG)?;
    let size = format!("awk '/^Pss:/ {{ print $2 }}' /proc/{pid}/smaps_rollup");
    let kibibytes = || -> Result<i64, Failed> { Ok(stage.exits(&size, 0)?.trim().parse()?) };
    let many = format!(
        "for i in $(seq 200); do curl -s -o /dev/null {URL}/; curl -s -o /dev/null {URL}/metrics; done"
    );
    stage.exits(&many, 0)?;
    let before = kibibytes()?;
    stage.exits(&many, 0)?;
    let grown = kibibytes()? - before;
    writeln!(
        io::stdout(),
        "the watchdog needs {before} KiB after 400 answers, {grown} KiB more after 400 others"
    )?;
    claim(grown <= 512, format!("it grew by {grown} KiB"))?;
    stage.exits(
        "for i in $(seq 30); do systemd-run --quiet --collect bash -c \
         'exec 3<>/dev/tcp/127.0.0.1/8060; printf \"GET / HTTP\" >&3; sleep 60'; done",
        0,
    )?;
    // The other door is not concerned.
    asks(
        stage,
        200,
        &format!("-m 2 --unix-socket {SOCKET} http://x/health"),
    )?;
    // Thirty of them, eight at a time for five seconds each.
    asks(stage, 200, &format!("-m 25 {URL}/health"))?;
    let crowded = kibibytes()?;
    claim(
        crowded - before <= 1_024,
        format!("{before} KiB became {crowded} KiB"),
    )?;
    claim(stage.process(WATCHDOG)? == pid, "the watchdog was replaced")
}

/// A port that is taken is told and tried again; the watching goes on.
fn taken(stage: &Stage) -> Outcome {
    stage.exits(
        "systemd-run --quiet --unit=taker --socket-property=ListenStream=127.0.0.1:8061 true",
        0,
    )?;
    stage.machine.run(&[
        "sed",
        "-i",
        "s/^\\[watchdog\\]/[watchdog]\\nlisten = \"127.0.0.1:8061\"/",
        "/etc/juniper/juniper.toml",
    ])?;
    // It changes no unit; the watchdog is told all the same.
    let said = stage.exits("juniperctl install", 0)?;
    has(&said, &["nothing to change: "])?;
    let told = || stage.shown(WATCHDOG, "StatusText").unwrap_or_default();
    stage.waits_until("the trouble to be told", || {
        told().ends_with("; cannot listen on 127.0.0.1:8061: Address already in use (os error 98)")
    })?;
    claim(
        told().contains("watching 4 services") || told().contains("incident"),
        told(),
    )?;
    // It is gone from where it was, and still there at the socket.
    stage.exits(&format!("curl -s {URL}/health"), 7)?;
    asks(
        stage,
        200,
        &format!("--unix-socket {SOCKET} http://x/health"),
    )?;
    stage.exits("systemctl stop taker.socket", 0)?;
    stage.waits_until("the port to be opened", || {
        asks(stage, 200, "http://127.0.0.1:8061/health").is_ok()
    })
}
