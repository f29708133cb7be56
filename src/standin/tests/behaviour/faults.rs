//! Each fault on demand, as a client sees it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use super::support::{DEADLINE, SILENCE, Standin, free_port, is_silent, outcome, request, send};

const READY: &str = "/v1/health/ready";

#[test]
fn hang_and_busy_leave_connections_open_and_unanswered_until_a_restart() {
    for kind in ["hang", "busy"] {
        let mut standin = Standin::start("cascor", &[]);
        standin.fault(kind, "cascor");
        assert!(is_silent(standin.port), "{kind}");
        standin.terminate();
        assert_eq!(standin.wait().signal(), Some(15), "{kind}");
    }
}

#[test]
fn a_hang_at_start_listens_and_never_answers() {
    let standin = Standin::start("cascor", &[("JUNIPER_STANDIN_FAULT", "hang")]);
    assert!(is_silent(standin.port));
}

#[test]
fn crash_and_exit3_end_the_process_after_the_reply() {
    for (kind, status) in [("crash", 1), ("exit3", 3)] {
        let mut standin = Standin::start("canopy", &[]);
        standin.fault(kind, "canopy");
        assert_eq!(standin.wait().code(), Some(status), "{kind}");
    }
}

#[test]
fn a_fault_at_start_comes_at_its_time() {
    let (status, stderr) = outcome(
        &["cascor", "--port", "0"],
        &[("JUNIPER_STANDIN_FAULT", "exit3")],
    );
    assert_eq!(status, Some(3));
    assert!(!stderr.contains("listening"), "{stderr}");

    let later = [
        ("JUNIPER_STANDIN_FAULT", "crash"),
        ("JUNIPER_STANDIN_FAULT_AFTER", "100ms"),
    ];
    let mut standin = Standin::start("cascor", &later);
    assert_eq!(standin.wait().code(), Some(1));
}

#[test]
fn degraded_and_not_ready_alter_readiness_only_and_none_clears_them() {
    let standin = Standin::start("cascor", &[]);
    let ready = |status, word: &str| {
        let reply = standin.get(READY);
        assert_eq!(
            (reply.status, reply.header("x-juniper-readiness")),
            (status, Some(word))
        );
        assert_eq!(reply.value("/status"), word);
        assert_eq!(standin.get("/v1/health/live").status, 200);
    };
    ready(200, "ready");
    standin.fault("degraded", "cascor");
    ready(200, "degraded");
    standin.fault("not-ready", "cascor");
    ready(503, "not_ready");
    standin.fault("none", "cascor");
    ready(200, "ready");
}

#[test]
fn demo_is_a_mode_of_the_dashboard_and_none_leaves_it() {
    let cascor = Standin::start("cascor", &[]);
    let environment = [("JUNIPER_CANOPY_CASCOR_SERVICE_URL", cascor.url())];
    let environment = environment
        .each_ref()
        .map(|(name, url)| (*name, url.as_str()));
    let standin = Standin::start("canopy", &environment);
    for (kind, mode) in [("demo", "demo"), ("none", "service"), ("demo", "demo")] {
        standin.fault(kind, "canopy");
        let reply = standin.get(READY);
        assert_eq!(reply.status, 200);
        assert_eq!(reply.value("/details/mode"), mode);
    }
    // Others have no such mode.
    cascor.fault("demo", "cascor");
    assert_eq!(cascor.get(READY).value("/status"), "ready");
}

#[test]
fn probes_of_juniperctl_are_counted_and_others_are_not() {
    let standin = Standin::start("cascor", &[]);
    let count = || standin.get("/standin/probes").value("/probes");
    standin.get(READY);
    assert_eq!(count(), 0);
    for number in 1..=3 {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, standin.port)).unwrap();
        write!(
            stream,
            "GET {READY} HTTP/1.1\r\nhost: x\r\nuser-agent: juniperctl/1\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(count(), number);
    }
}

#[test]
fn garbage_is_an_ok_that_is_no_json() {
    let standin = Standin::start("cascor", &[("JUNIPER_STANDIN_FAULT", "garbage")]);
    standin.line("fault garbage");
    let reply = standin.get(READY);
    assert_eq!(reply.status, 200);
    assert!(serde_json::from_str::<serde_json::Value>(&reply.body).is_err());
}

#[test]
fn slow_answers_late_and_drip_a_byte_at_a_time() {
    let standin = Standin::start("cascor", &[]);
    standin.fault("slow=400ms", "cascor");
    let began = Instant::now();
    assert_eq!(standin.get(READY).status, 200);
    assert!(began.elapsed() >= Duration::from_millis(400));

    standin.fault("drip", "cascor");
    let mut stream = send(standin.port, "GET", READY, "").unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n{") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        text.push(byte[0].into());
    }
    stream.set_read_timeout(Some(SILENCE)).unwrap();
    assert!(
        stream.read(&mut [0; 64]).is_err(),
        "the second byte came too soon"
    );
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    assert_eq!(stream.read(&mut [0; 64]).unwrap(), 1);
}

#[test]
fn huge_is_a_hundred_megabytes() {
    let standin = Standin::start("cascor", &[]);
    standin.fault("huge", "cascor");
    let mut stream = send(standin.port, "GET", READY, "").unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let copied = std::io::copy(&mut stream, &mut std::io::sink()).unwrap();
    assert!((100_000_000..100_001_000).contains(&copied), "{copied}");
}

#[test]
fn redirect_leads_to_itself() {
    let standin = Standin::start("cascor", &[]);
    standin.fault("redirect", "cascor");
    let reply = standin.get(READY);
    let here = format!("{}{READY}", standin.url());
    assert_eq!(
        (reply.status, reply.header("location")),
        (307, Some(here.as_str()))
    );
}

#[test]
fn the_control_path_takes_known_faults_by_post_only() {
    let standin = Standin::start(
        "worker",
        &[("JUNIPER_CASCOR_WORKER_SERVER_URL", "ws://127.0.0.1:9/")],
    );
    let ask =
        |method, body| request(standin.port, method, "/standin/fault", body, DEADLINE).unwrap();
    assert_eq!(ask("GET", "").status, 405);
    assert_eq!(ask("POST", "explode").status, 422);
    assert_eq!(ask("POST", "degraded").value("/fault"), "degraded");
    standin.line("fault degraded");
}

#[test]
fn asking_in_vain_is_told_apart() {
    let port = free_port().to_string();
    let (status, stderr) = outcome(&["fault", "hang", "data", "--port", &port], &[]);
    assert_eq!(status, Some(1));
    assert!(stderr.contains("connection refused"), "{stderr}");
    assert_eq!(outcome(&["fault", "explode", "data"], &[]).0, Some(2));
}
