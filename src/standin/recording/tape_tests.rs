//! A session that is played again as it was, and what is said where it had no answer.

use serde_json::json;

use super::super::tests::exchange;
use super::super::{Full, Heading, Upgrade};
use super::*;
use crate::cli::Service;

fn whole(exchange: Exchange) -> Line {
    Line::Exchange(Box::new(exchange))
}

fn tape(lines: Vec<Line>) -> Tape {
    Tape::new(Recording {
        heading: Heading::new(Service::Cascor, 0),
        lines,
        is_cut_off: false,
    })
}

fn session() -> Tape {
    let mut lines: Vec<Line> = [
        (1, "GET", "/status", json!("stopped")),
        (2, "POST", "/start", json!("begun")),
        (3, "GET", "/status", json!(1)),
        (4, "GET", "/status", json!(2)),
        (5, "GET", "/other", json!("only here")),
        (6, "POST", "/stop", json!("ended")),
        (7, "GET", "/status", json!("stopped again")),
        (8, "POST", "/start", json!("begun again")),
        (9, "GET", "/status", json!(3)),
    ]
    .into_iter()
    .map(|(number, method, path, answer)| whole(exchange(number, method, path, answer)))
    .collect();
    // Lines stand in the order of their answers' ends.
    lines.swap(1, 2);
    tape(lines)
}

fn told(tape: &mut Tape, method: &str, path: &str) -> Value {
    match tape.next(method, path, "", b"") {
        Next::Answer(exchange, _) => match exchange.content {
            Content::Json(value) => value,
            other => panic!("{other:?}"),
        },
        Next::Missing(reason) => json!({ "missing": reason }),
    }
}

#[test]
fn what_was_asked_repeatedly_is_answered_in_order_until_something_changes() {
    let mut tape = session();
    let mut heard = |method, path| told(&mut tape, method, path);
    assert_eq!(heard("GET", "/status"), "stopped");
    assert_eq!(
        heard("GET", "/status"),
        "stopped",
        "nothing was started yet"
    );
    assert_eq!(heard("POST", "/start"), "begun");
    assert_eq!([heard("GET", "/status"), heard("GET", "/status")], [1, 2]);
    assert_eq!(heard("GET", "/status"), 2, "the last again and again");
    assert_eq!(heard("POST", "/stop"), "ended");
    assert_eq!(heard("GET", "/status"), "stopped again");
    assert_eq!(
        heard("GET", "/other"),
        "only here",
        "from an earlier chapter"
    );
    assert_eq!(heard("POST", "/start"), "begun again");
    assert_eq!(heard("GET", "/status"), 3);
    assert_eq!(heard("POST", "/start"), "begun", "from the beginning again");
    assert_eq!(heard("GET", "/status"), 1);
}

#[test]
fn what_comes_before_its_time_is_answered_from_later_on() {
    assert_eq!(told(&mut session(), "GET", "/other"), "only here");
}

#[test]
fn queries_and_bodies_choose_the_answer() {
    let mut first = exchange(1, "POST", "/datasets", json!("a"));
    first.request = Content::Json(json!({"generator": "spiral", "api_key": SCRUBBED}));
    let mut second = exchange(2, "POST", "/datasets", json!("b"));
    second.request = Content::Json(json!({"generator": "xor"}));
    let mut listed = exchange(3, "GET", "/datasets", json!("c"));
    listed.query = format!("limit=1&token={SCRUBBED}");
    let mut one = exchange(
        4,
        "GET",
        &format!("/datasets/{SCRUBBED}/artifact"),
        json!("d"),
    );
    one.content = Content::Withheld("it held a secret".to_owned());
    let mut tape = tape([first, second, listed, one].map(whole).to_vec());
    let mut ask = |method: &str, path: &str, query: &str, body: &str| match tape.next(
        method,
        path,
        query,
        body.as_bytes(),
    ) {
        Next::Answer(exchange, same) => format!("{} {same}", exchange.number),
        Next::Missing(reason) => reason,
    };
    let post = |body| ("POST", "/datasets", "", body);
    for ((method, path, query, body), expected) in [
        (post(r#"{"generator": "xor"}"#), "2 true"),
        (
            post(r#"{"api_key": "mine", "generator": "spiral"}"#),
            "1 true",
        ),
        (post(r#"{"generator": "moon"}"#), "2 false"),
        (("GET", "/datasets", "token=other&limit=1", ""), "3 true"),
        (
            ("GET", "/datasets", "limit=2", ""),
            "GET /datasets was never recorded with this query; 1 answers were, with others",
        ),
        (
            ("DELETE", "/datasets", "", ""),
            "DELETE /datasets was never recorded with this method; 3 answers were, with others",
        ),
        (
            ("GET", "/nothing", "", ""),
            "GET /nothing was never recorded at all",
        ),
        (
            ("GET", "/datasets/any/artifact", "", ""),
            "the recording has an answer to GET /datasets/any/artifact without its body: it held a secret",
        ),
    ] {
        assert_eq!(ask(method, path, query, body), expected);
    }
}

#[test]
fn websockets_and_the_limit_are_named() {
    let mut tape = tape(vec![
        Line::Upgrade(Upgrade {
            number: 1,
            at_ms: 0.0,
            path: "/ws/training".to_owned(),
            protocol: "websocket".to_owned(),
        }),
        Line::Full(Full { limit_bytes: 1 }),
    ]);
    let mut missing = |path| told(&mut tape, "GET", path)["missing"].to_string();
    assert!(missing("/ws/training").contains("became a WebSocket"));
    assert!(missing("/v1").contains("reached its limit"));
}

#[test]
fn the_last_good_answer_is_found_wherever_the_tape_is() {
    let mut bad = exchange(2, "GET", "/v1/health/ready", json!("no"));
    bad.status = 503;
    let lines = [exchange(1, "GET", "/v1/health/ready", json!("yes")), bad];
    let tape = tape(lines.map(whole).to_vec());
    assert_eq!(tape.last_good("/v1/health/ready").unwrap().number, 1);
    assert!(tape.last_good("/v1/health").is_none());
    assert_eq!(tape.len(), 2);
}
