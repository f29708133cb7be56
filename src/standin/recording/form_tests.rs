//! What is written is read back, and what is not a recording is refused with its line.

use serde_json::json;

use super::*;

pub(crate) fn exchange(number: u64, method: &str, path: &str, answer: Value) -> Exchange {
    Exchange {
        number,
        at_ms: 1.5,
        method: method.to_owned(),
        path: path.to_owned(),
        query: String::new(),
        request_headers: Vec::new(),
        request: Content::Nothing,
        status: 200,
        latency_ms: 0.25,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        content: Content::Json(answer),
    }
}

fn text() -> String {
    let mut text = line(&Heading::new(Service::Data, 7));
    let mut file = exchange(2, "GET", "/v1/x", json!(null));
    file.content = Content::of(b"PK\xff\x00");
    for value in [
        Line::Exchange(Box::new(exchange(
            1,
            "GET",
            "/v1/y",
            json!({"b": 0.1, "a": [1, null]}),
        ))),
        Line::Exchange(Box::new(file)),
        Line::Upgrade(Upgrade {
            number: 3,
            at_ms: 9.0,
            path: "/ws/training".to_owned(),
            protocol: "websocket".to_owned(),
        }),
        Line::Full(Full { limit_bytes: 10 }),
    ] {
        text.push_str(&line(&value));
    }
    text
}

#[test]
fn what_is_written_is_read_back() {
    let recording = parse(&text()).unwrap();
    assert_eq!((recording.lines.len(), recording.is_cut_off), (4, false));
    let again: String = std::iter::once(line(&recording.heading))
        .chain(recording.lines.iter().map(line))
        .collect();
    assert_eq!(again, text());
    let Some(Line::Exchange(file)) = recording.lines.get(1) else {
        panic!("no exchange: {recording:?}");
    };
    assert_eq!(file.content.bytes().unwrap(), b"PK\xff\x00");
}

#[test]
fn the_order_of_keys_and_the_digits_of_numbers_stay() {
    let body = r#"{"z":0.10000000149011612,"a":1e-7,"m":[1.0,2]}"#;
    let told = Content::of(body.as_bytes()).bytes().unwrap();
    assert_eq!(String::from_utf8(told).unwrap(), body);
}

#[test]
fn wherever_it_is_cut_off_all_whole_lines_are_read() {
    let text = text();
    let first = text.find('\n').unwrap() + 1;
    for end in first..text.len() {
        let Some(part) = text.get(..end) else {
            continue;
        };
        let recording = parse(part).unwrap();
        assert_eq!(recording.lines.len() + 1, part.matches('\n').count());
        assert_eq!(recording.is_cut_off, !part.ends_with('\n'));
    }
}

#[test]
fn what_is_no_recording_is_refused_with_its_line() {
    let heading = line(&Heading::new(Service::Data, 7));
    for (text, told) in [
        (String::new(), "it is empty"),
        ("{\"half".to_owned(), "it is empty"),
        ("hello\n".to_owned(), "line 1: "),
        (heading.replace(":1,", ":2,"), "its form is 2"),
        (
            format!("{heading}{{\"other\":1}}\n"),
            "line 2: unknown variant",
        ),
    ] {
        let refused = parse(&text).unwrap_err();
        assert!(refused.starts_with(told), "{text:?}: {refused}");
    }
}
