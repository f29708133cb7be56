//! A stand-in recorded as if it were the real service, and played again.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::support::{DEADLINE, Reply, Standin, free_port, outcome, request, until};

/// A recorder before a service, its file, and the directory of that.
fn recorder(
    upstream: &str,
    more: &[&str],
    environment: &[(&str, &str)],
) -> (Standin, String, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("recording");
    let file = file.to_str().unwrap().to_owned();
    let mut arguments = vec!["record", "cascor", &file, "--upstream", upstream];
    arguments.extend(more);
    (Standin::run(&arguments, environment), file, directory)
}

fn replayed(file: &str, more: &[&str]) -> Standin {
    let mut arguments = vec!["replay", file, "--port", "0"];
    arguments.extend(more);
    Standin::run(&arguments, &[])
}

/// The lines that are whole, without the heading.
fn lines(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    text.split_inclusive('\n')
        .skip(1)
        .filter(|line| line.ends_with('\n'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Ends the recorder as systemd does, and waits until it has told what is in its file.
fn ended(mut recorder: Standin) -> String {
    recorder.terminate();
    assert!(recorder.wait().success());
    recorder.line("exchanges, ")
}

const STATUS: &str = "/v1/training/status";

#[test]
fn a_session_that_was_recorded_is_played_again() {
    let real = Standin::start("cascor", &[("JUNIPER_STANDIN_TRAINING", "1h")]);
    let (recorder, file, _directory) = recorder(&real.url(), &[], &[]);
    let session = |standin: &Standin| -> Vec<(u16, String)> {
        [
            ("GET", STATUS),
            ("POST", "/v1/training/start"),
            ("POST", "/v1/training/start"),
            ("GET", STATUS),
            ("GET", "/v1/nothing?x=1"),
        ]
        .iter()
        .map(|(method, path)| request(standin.port, method, path, "", DEADLINE).unwrap())
        .map(|Reply { status, body, .. }| (status, body))
        .collect()
    };
    let told = session(&recorder);
    assert_eq!(
        told.iter().map(|it| it.0).collect::<Vec<_>>(),
        [200, 200, 409, 200, 404]
    );
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert!(ended(recorder).contains("5 exchanges"));

    let replay = replayed(&file, &["--speed", "max"]);
    assert_eq!(session(&replay), told);
    let again = session(&replay);
    assert_eq!(again[0], told[3], "as it was left");
    assert_eq!(again[1..], told[1..], "and from the beginning again");
    let number = replay.get(STATUS);
    assert_eq!(number.header("x-standin-replay"), Some("4"));

    let never = replay.get("/v1/network");
    assert_eq!(never.status, 501);
    assert_eq!(never.value("/error/code"), "HTTP_501");
    let why = never.value("/error/message").to_string();
    assert!(
        why.contains("GET /v1/network was never recorded at all"),
        "{why}"
    );
}

#[test]
fn a_replay_keeps_the_health_contract_and_commits_faults() {
    let real = Standin::start("cascor", &[]);
    let (recorder, file, _directory) = recorder(&real.url(), &[], &[]);
    real.fault("not-ready", "cascor");
    assert_eq!(recorder.get("/v1/health/ready").status, 503);
    ended(recorder);

    let replay = replayed(&file, &[]);
    for path in ["/v1/health", "/v1/health/live", "/v1/health/ready"] {
        assert_eq!(replay.get(path).status, 200, "{path}");
    }
    let ready = replay.get("/v1/health/ready");
    assert_eq!(ready.header("x-juniper-readiness"), Some("ready"));
    assert_eq!(ready.value("/service"), "juniper-cascor");
    replay.fault("not-ready", "cascor");
    assert_eq!(replay.get("/v1/health/ready").status, 503);
    replay.fault("none", "cascor");
    assert_eq!(replay.get("/v1/health/ready").status, 200);
}

#[test]
fn answers_come_as_late_as_they_were_or_faster() {
    let real = Standin::start("cascor", &[]);
    let (recorder, file, _directory) = recorder(&real.url(), &[], &[]);
    real.fault("slow=400ms", "cascor");
    recorder.get(STATUS);
    ended(recorder);
    let took = |speed: &str| {
        let replay = replayed(&file, &["--speed", speed]);
        let begun = Instant::now();
        replay.get(STATUS);
        begun.elapsed()
    };
    assert!(took("1") >= Duration::from_millis(400));
    assert!(took("2") >= Duration::from_millis(200));
    let quick = took("max");
    assert!(quick < Duration::from_millis(400), "{quick:?}");
}

#[test]
fn no_secret_that_passes_is_in_the_file() {
    const KNOWN: &str = "known+by/environment=1";
    const OF_A_FILE: &str = "known-by-a-file-22";
    const SENT: &str = "sent-with-a-request-33";
    let secrets = tempfile::NamedTempFile::new().unwrap();
    fs::write(&secrets, format!("other-key-44,{OF_A_FILE}\n")).unwrap();
    let real = Standin::start("cascor", &[]);
    let (recorder, file, _directory) = recorder(
        &real.url(),
        &[],
        &[
            ("JUNIPER_CASCOR_API_KEY", KNOWN),
            (
                "JUNIPER_CASCOR_API_KEYS_FILE",
                secrets.path().to_str().unwrap(),
            ),
        ],
    );
    recorder.line("4 known secrets");
    let encoded = "known%2Bby%2Fenvironment%3D1";
    // The service names the path that it does not know in a redirect, and so it comes back, too.
    for path in [
        format!("{STATUS}?api_key={SENT}&other={encoded}"),
        format!("{STATUS}?note={SENT}"),
        format!("/v1/{encoded}"),
        format!("/v1/{OF_A_FILE}/"),
        // Basic authentication's form of the known one.
        "/v1/eDprbm93bitieS9lbnZpcm9ubWVudD0x".to_owned(),
    ] {
        recorder.get(&path);
    }
    let body = format!("{{\"params\": {{\"note\": [\"{KNOWN}\"], \"token\": \"{SENT}\"}}}}");
    request(recorder.port, "POST", "/v1/training/start", &body, DEADLINE).unwrap();
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, recorder.port)).unwrap();
    write!(
        stream,
        "GET {STATUS} HTTP/1.1\r\nhost: x\r\nx-api-key: {KNOWN}\r\nauthorization: Bearer {SENT}\r\n\
         cookie: session={OF_A_FILE}\r\nx-note: {SENT}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    stream.read_to_string(&mut String::new()).unwrap();
    assert!(ended(recorder).contains("7 exchanges"));
    let text = fs::read_to_string(&file).unwrap();
    for secret in [KNOWN, OF_A_FILE, SENT, encoded, "eDprbm93", "other-key-44"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    assert!(text.matches("SCRUBBED").count() >= 12, "{text}");
}

#[test]
fn a_recorder_that_is_killed_leaves_whole_lines() {
    let real = Standin::start("cascor", &[]);
    let (mut recorder, file, _directory) = recorder(&real.url(), &[], &[]);
    for _ in 0..3 {
        recorder.get(STATUS);
    }
    until("three lines", || (lines(&file).len() == 3).then_some(()));
    recorder.kill();
    // What a power cut may leave of a fourth.
    let mut text = fs::read_to_string(&file).unwrap();
    text.push_str("{\"exchange\":{\"number\":4,\"at");
    fs::write(&file, text).unwrap();
    let replay = replayed(&file, &[]);
    assert_eq!(replay.get(STATUS).status, 200);
}

#[test]
fn the_file_does_not_grow_beyond_its_limit_and_requests_still_pass() {
    let real = Standin::start("cascor", &[]);
    let (recorder, file, _directory) = recorder(&real.url(), &["--max-size", "4K"], &[]);
    for _ in 0..20 {
        assert_eq!(recorder.get(STATUS).status, 200);
    }
    recorder.line("nothing more is recorded");
    assert!(fs::metadata(&file).unwrap().len() <= 4096);
    assert_eq!(lines(&file).last().unwrap()["full"]["limit_bytes"], 4096);
    ended(recorder);
    let never = replayed(&file, &[]).get("/v1/other");
    assert!(
        never.body.contains("the recording reached its limit"),
        "{never:?}"
    );
}

#[test]
fn a_websocket_passes_and_is_named_as_not_recorded() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap() > 2 {}
        stream
            .write_all(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
            .unwrap();
        let mut ping = [0; 4];
        reader.read_exact(&mut ping).unwrap();
        stream.write_all(&ping).unwrap();
        assert!(
            line.to_ascii_lowercase().contains("upgrade: websocket"),
            "{line}"
        );
    });
    let (recorder, file, _directory) = recorder(&format!("http://127.0.0.1:{port}"), &[], &[]);
    let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, recorder.port)).unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    client
        .write_all(b"GET /ws/training?token=abcdefgh HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n")
        .unwrap();
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let mut head = String::new();
    while reader.read_line(&mut head).unwrap() > 2 {}
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    client.write_all(b"ping").unwrap();
    let mut pong = [0; 4];
    reader.read_exact(&mut pong).unwrap();
    assert_eq!(&pong, b"ping");
    server.join().unwrap();
    ended(recorder);
    let noted = lines(&file);
    assert_eq!(noted[0]["upgrade"]["path"], "/ws/training");
    let never = replayed(&file, &[]).get("/ws/training");
    assert_eq!(never.status, 501);
    assert!(never.body.contains("became a WebSocket"), "{never:?}");
}

#[test]
fn what_cannot_be_recorded_or_played_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let there = directory.path().join("there");
    fs::write(&there, "something\n").unwrap();
    let there = there.to_str().unwrap();
    let upstream = "http://127.0.0.1:1";
    let record = |file: &str, more: &[&str]| {
        let mut arguments = vec!["record", "data", file, "--upstream", upstream];
        arguments.extend(more);
        outcome(&arguments, &[])
    };
    let new = directory.path().join("new");
    let new = new.to_str().unwrap();
    for ((status, told), expected, words) in [
        (record(there, &[]), 1, "a recording is never written over"),
        (
            record(new, &["--host", "0.0.0.0"]),
            1,
            "this machine's own addresses only",
        ),
        (
            record(new, &["--secrets", "/nonexistent"]),
            1,
            "could not be kept out",
        ),
        (
            record("/nonexistent/x", &[]),
            1,
            "cannot make /nonexistent/x",
        ),
        (
            outcome(&["replay", there], &[]),
            1,
            "is not a recording that can be played: line 1",
        ),
        (
            outcome(&["replay", "/nonexistent"], &[]),
            1,
            "cannot read /nonexistent",
        ),
        (
            outcome(&["replay", there, "--speed", "0"], &[]),
            2,
            "how much faster",
        ),
        (
            outcome(&["replay", there], &[("JUNIPER_ENV", "production")]),
            3,
            "refused",
        ),
    ] {
        assert_eq!(status, Some(expected), "{told}");
        assert!(told.contains(words), "{told}");
    }
    assert!(!Path::new(new).exists());
    assert_eq!(fs::read_to_string(there).unwrap(), "something\n");
}

#[test]
fn nobody_behind_the_recorder_is_told_and_not_recorded() {
    let (recorder, file, _directory) =
        recorder(&format!("http://127.0.0.1:{}", free_port()), &[], &[]);
    let reply = recorder.get(STATUS);
    assert_eq!(reply.status, 502);
    let detail = reply.value("/detail").to_string();
    assert!(detail.contains("does not answer the recorder"), "{detail}");
    assert!(ended(recorder).contains("0 exchanges"));
    assert!(lines(&file).is_empty());
}
