//! `gate ready` against servers that behave, and servers that do not.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;

use crate::program::{Said, juniperctl, said};
use crate::server::{Server, closed, not_ready, ready, reply};

/// Longer than any `--within` here, shorter than the ten seconds one answer may take.
const SOON: Duration = Duration::from_secs(8);

/// A body that nobody should want to read.
const HUGE: usize = 100 << 20;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_ready_service_passes,
        a_degraded_service_passes,
        a_service_that_becomes_ready_passes_then,
        a_service_that_is_not_ready_fails_and_says_why,
        a_dead_port_fails,
        every_one_of_several_services_must_be_ready,
        the_body_must_say_what_is_expected,
        an_instance_is_asked_on_its_own_port,
        garbage_is_not_ready,
        what_is_not_http_is_a_broken_connection,
        a_redirect_is_not_followed,
        a_server_that_hangs_is_given_up_in_time,
        a_server_that_drips_is_given_up_in_time,
        escape_sequences_do_not_reach_the_terminal,
        a_proxy_in_the_environment_is_ignored,
        a_huge_body_is_not_read_to_its_end,
    ]
}

fn gate(within: &str, options: &[&str], url: &str) -> Command {
    let mut command = juniperctl();
    command
        .args(["gate", "ready", "--within", within])
        .args(options)
        .arg(format!("data={url}"));
    command
}

fn passes(server: &Server, options: &[&str]) {
    let said = said(&mut gate("20s", options, &server.url()));
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(said.stdout, "");
    assert_eq!(said.stderr, "");
}

/// Fails in time, with this in the message.
fn fails(server: &Server, options: &[&str], why: &str) -> Said {
    let said = refusal(1, why, &mut gate("300ms", options, &server.url()));
    assert!(said.stderr.starts_with("not ready after "), "{said:#?}");
    said
}

/// Runs a gate that must fail in time, with this code and this reason.
pub(crate) fn refusal(code: i32, why: &str, gate: &mut Command) -> Said {
    let begun = Instant::now();
    let said = said(gate);
    assert!(begun.elapsed() < SOON, "{said:#?}");
    assert_eq!(said.code, Some(code), "{said:#?}");
    assert_eq!(said.stdout, "");
    assert!(said.stderr.contains(why), "{why:?}: {said:#?}");
    said
}

fn a_ready_service_passes() {
    let server = Server::replying(ready());
    passes(&server, &[]);
    assert_eq!(server.asked(), 1);
}

fn a_degraded_service_passes() {
    passes(
        &Server::replying(reply("200 OK", r#"{"status":"degraded"}"#)),
        &[],
    );
}

fn a_service_that_becomes_ready_passes_then() {
    let server = Server::serving(|before, mut stream| {
        let answer = if before < 5 { not_ready() } else { ready() };
        stream.write_all(answer.as_bytes())
    });
    passes(&server, &[]);
    assert_eq!(server.asked(), 6);
}

fn a_service_that_is_not_ready_fails_and_says_why() {
    let server = Server::replying(not_ready());
    fails(&server, &[], "data is not ready: disk is unhealthy: full");
    assert!(server.asked() > 1, "asked only once");
}

fn a_dead_port_fails() {
    let url = format!("http://{}/", closed());
    refusal(
        1,
        "data is down: nothing listens",
        &mut gate("300ms", &[], &url),
    );
}

fn every_one_of_several_services_must_be_ready() {
    let (good, bad) = (Server::replying(ready()), Server::replying(not_ready()));
    let both = |within: &str, second: &Server| {
        let mut gate = gate(within, &[], &good.url());
        gate.arg(format!("cascor={}", second.url()));
        gate
    };
    assert_eq!(said(&mut both("20s", &good)).code, Some(0));
    refusal(1, "cascor is not ready", &mut both("300ms", &bad));
}

fn the_body_must_say_what_is_expected() {
    let server = Server::replying(reply(
        "200 OK",
        r#"{"status":"ready","details":{"mode":"demo"}}"#,
    ));
    passes(&server, &["--expect", "details.mode=demo"]);
    fails(
        &server,
        &["--expect", "details.mode=service"],
        "its details.mode is demo, but service is wanted",
    );
}

fn an_instance_is_asked_on_its_own_port() {
    let server = Server::replying(ready());
    let mut first = server.address();
    first.set_port(first.port() - 2);
    let said = said(&mut gate(
        "20s",
        &["--instance", "3"],
        &format!("http://{first}/v1/health/ready"),
    ));
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(server.asked(), 1);
}

fn garbage_is_not_ready() {
    for body in ["", "ready", "[]", "{\"status\":1}", "\u{0}\u{1}\u{2}"] {
        let server = Server::replying(reply("200 OK", body));
        fails(&server, &[], "not in the form of a health reply");
    }
}

fn what_is_not_http_is_a_broken_connection() {
    for garbage in [
        &b"SSH-2.0-OpenSSH_9.6\r\n"[..],
        b"\xff\xfe\x00garbage\r\n\r\n",
        b"",
    ] {
        let server = Server::replying(garbage);
        fails(&server, &[], "the connection broke");
    }
}

fn a_redirect_is_not_followed() {
    let elsewhere = Server::replying(ready());
    let server = Server::replying(format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        elsewhere.url()
    ));
    fails(&server, &[], "it answers 307, a redirect");
    assert_eq!(elsewhere.asked(), 0);
}

/// A receiver that never hears anything: waiting on it lets time pass.
fn silence() -> (mpsc::Sender<()>, mpsc::Receiver<()>) {
    mpsc::channel()
}

fn a_server_that_hangs_is_given_up_in_time() {
    let server = Server::serving(|_, stream| {
        let (_sender, receiver) = silence();
        let _ = receiver.recv_timeout(Duration::from_mins(1));
        drop(stream);
        Ok(())
    });
    fails(&server, &[], "no answer within");
}

fn a_server_that_drips_is_given_up_in_time() {
    let server = Server::serving(|_, mut stream| {
        let (_sender, receiver) = silence();
        stream.write_all(b"HTTP/1.1 200 OK\r\nX-Slow: ")?;
        loop {
            stream.write_all(b"x")?;
            let _ = receiver.recv_timeout(Duration::from_millis(10));
        }
    });
    fails(&server, &[], "no answer within");
}

fn escape_sequences_do_not_reach_the_terminal() {
    let server = Server::replying(reply(
        "503 Service Unavailable",
        r#"{"status":"not_ready","error":"\u001b[31mred\nerror: forged"}"#,
    ));
    let said = fails(&server, &["--color", "always"], "red");
    assert!(!said.stderr.contains('\u{1b}'), "{said:#?}");
    assert_eq!(said.stderr.lines().count(), 1, "{said:#?}");
}

fn a_proxy_in_the_environment_is_ignored() {
    let (server, proxy) = (Server::replying(ready()), Server::replying(not_ready()));
    let said = said(
        gate("20s", &[], &server.url())
            .env("http_proxy", proxy.url())
            .env("HTTP_PROXY", proxy.url())
            .env("ALL_PROXY", proxy.url()),
    );
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!((server.asked(), proxy.asked()), (1, 0));
}

fn a_huge_body_is_not_read_to_its_end() {
    let (sender, cut_off) = mpsc::channel();
    let server = Server::serving(move |_, mut stream| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {HUGE}\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        let chunk = vec![b' '; 1 << 16];
        let mut sent = 0;
        while sent < HUGE && stream.write_all(&chunk).is_ok() {
            sent += chunk.len();
        }
        let _ = sender.send(sent);
        Ok(())
    });
    let mut child = gate("60s", &[], &server.url())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // By then it has judged several bodies, and asks again.
    let sent: Vec<usize> = (0..3)
        .map(|_| cut_off.recv_timeout(Duration::from_secs(30)).unwrap())
        .collect();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    // Socket buffers take some megabytes whether anybody reads or not.
    assert!(sent.iter().all(|sent| *sent < HUGE / 2), "{sent:?}");
    let peak: usize = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"))
        .and_then(|kilobytes| kilobytes.trim().parse().ok())
        .unwrap();
    assert!(peak < 48 * 1024, "{peak} KiB at its peak");
}
