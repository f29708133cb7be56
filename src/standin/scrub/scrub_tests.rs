//! Many secrets in every position and guise, and then their bytes looked for in what is written.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::*;
use crate::recording::line;

/// The forms in which a secret can be met.
fn guises(secret: &str) -> Vec<String> {
    let pairs: Vec<String> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let hexadecimal = pairs.concat();
    vec![
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        STANDARD.encode(secret),
        STANDARD.encode(format!("user:{secret}")),
        STANDARD.encode(format!("u:{secret}")),
        URL_SAFE_NO_PAD.encode(format!("xy{secret}z")),
        hexadecimal.to_ascii_uppercase(),
        hexadecimal,
    ]
}

fn with(
    path: &str,
    query: &str,
    header: (&str, &str),
    request: Content,
    content: Content,
) -> Exchange {
    Exchange {
        number: 1,
        at_ms: 0.0,
        method: "POST".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        request_headers: vec![(header.0.to_owned(), header.1.to_owned())],
        request,
        status: 200,
        latency_ms: 0.0,
        headers: vec![(header.0.to_owned(), header.1.to_owned())],
        content,
    }
}

/// An exchange for each position in which a text can stand.
fn positions(text: &str) -> Vec<Exchange> {
    let nothing = || Content::Nothing;
    let quiet = ("accept", "*/*");
    let encoded = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut all = vec![
        with(
            &format!("/v1/x/{encoded}/y"),
            "",
            quiet,
            nothing(),
            nothing(),
        ),
        with(
            "/v1/x",
            &format!("a=1&n={encoded}&b=2"),
            quiet,
            nothing(),
            nothing(),
        ),
        with("/v1/x", &encoded, quiet, nothing(), nothing()),
        with(
            "/v1/x",
            &format!("{encoded}=1"),
            quiet,
            nothing(),
            nothing(),
        ),
        with("/v1/x", "", ("x-note", text), nothing(), nothing()),
        with(
            "/v1/x",
            "",
            ("location", &format!("http://h/{encoded}?n={encoded}")),
            nothing(),
            nothing(),
        ),
    ];
    for body in [
        json!({"note": text}),
        json!({"deep": [{"er": [text, 1]}]}),
        json!({text: "name"}),
        json!({"nested": json!({"note": text}).to_string()}),
        json!(format!("before {text} after")),
    ] {
        all.push(with(
            "/v1/x",
            "",
            quiet,
            Content::Json(body.clone()),
            Content::Json(body),
        ));
    }
    for body in [
        format!("field={encoded}&other=1"),
        format!("<p title=\"{text}\">{text}</p>\nmore"),
        format!(
            "--boundary\r\ncontent-disposition: form-data; name=\"x\"\r\n\r\n{text}\r\n--boundary--"
        ),
    ] {
        let content = || Content::Text(body.clone());
        all.push(with("/v1/x", "", quiet, content(), content()));
    }
    let mut bytes = b"PK\x03\x04\xff".to_vec();
    bytes.extend_from_slice(text.as_bytes());
    all.push(with(
        "/v1/x",
        "",
        quiet,
        Content::Base64(bytes.clone()),
        Content::Base64(bytes),
    ));
    all
}

/// Fails if the written line holds the secret in any guise, also after a decoding of our own.
fn assert_clean(written: &str, secret: &str, what: &str) {
    for guise in guises(secret) {
        assert!(!written.contains(&guise), "{what}: {guise} is in {written}");
    }
    let mut secrets = Secrets::default();
    secrets.add(secret);
    assert!(
        !secrets.are_in(written.as_bytes()),
        "{what}: hidden in {written}"
    );
}

const KNOWN: [&str; 4] = [
    "k-5Xw2/+plus&amp=99",
    "plainbutlongenough",
    "with \"quotes\" and ünïcode",
    "0123456789abcdef",
];

#[test]
fn a_known_secret_is_written_in_no_position_and_no_guise() {
    let mut tried = 0;
    for secret in KNOWN {
        for guise in guises(secret) {
            for exchange in positions(&guise) {
                let mut secrets = Secrets::default();
                secrets.add(secret);
                let what = format!("{exchange:?}");
                let written = line(&Scrubber::new(secrets).exchange(exchange));
                assert_clean(&written, secret, &what);
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 4 * 8 * 15);
}

#[test]
fn what_stands_under_a_telling_name_is_not_written_and_not_anywhere_else() {
    const SECRET: &str = "never-seen-before-7Q";
    let quiet = ("accept", "*/*");
    let echo = || Content::Json(json!({"echo": SECRET, "encoded": STANDARD.encode(SECRET)}));
    let basic = format!("Basic {}", STANDARD.encode(format!("user:{SECRET}")));
    let bearer = format!("Bearer {SECRET}");
    let cookie = format!("theme=dark; session={SECRET}");
    let page = format!("<a href=\"/x?token={SECRET}\">x</a>");
    let url = format!("http://me:{SECRET}@host/");
    let mut exchanges = vec![
        with(
            "/v1/x",
            &format!("api_key={SECRET}"),
            quiet,
            Content::Nothing,
            echo(),
        ),
        with(
            "/v1/x",
            &format!("api%5Fkey={SECRET}"),
            quiet,
            Content::Nothing,
            echo(),
        ),
        with(
            "/v1/x",
            "",
            quiet,
            Content::Text(format!("a=1&password={SECRET}")),
            echo(),
        ),
        with(
            "/v1/x",
            "",
            ("authorization", &basic),
            Content::Nothing,
            Content::Nothing,
        ),
        with(
            "/v1/x",
            "",
            ("link", &url),
            Content::Nothing,
            Content::Nothing,
        ),
        with("/v1/x", "", quiet, Content::Nothing, Content::Text(page)),
        with(
            "/v1/x",
            "",
            quiet,
            Content::Nothing,
            Content::Text(url.clone()),
        ),
    ];
    for name in [
        "x-api-key",
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-auth-token",
    ] {
        for value in [SECRET, &bearer, &cookie] {
            exchanges.push(with("/v1/x", "", (name, value), Content::Nothing, echo()));
        }
    }
    for body in [
        json!({"api_key": SECRET}),
        json!({"token": {"value": [SECRET]}}),
        json!({"headers": [{"name": "X-API-Key", "value": SECRET}]}),
        json!({"headers": [["X-API-Key", SECRET]]}),
        json!({"inner": json!({"client_secret": SECRET}).to_string()}),
        json!({"command": format!("curl -H 'X-API-Key: {SECRET}' http://h")}),
    ] {
        exchanges.push(with(
            "/v1/x",
            "",
            quiet,
            Content::Json(body),
            Content::Nothing,
        ));
    }
    for exchange in exchanges {
        let what = format!("{exchange:?}");
        let written = line(&Scrubber::default().exchange(exchange));
        assert_clean(&written, SECRET, &what);
    }
}

#[test]
fn what_was_learnt_is_not_written_later_on() {
    const SECRET: &str = "learnt-in-the-first-one";
    let mut scrubber = Scrubber::default();
    let quiet = ("accept", "*/*");
    let first = with(
        "/v1/x",
        "",
        ("x-api-key", SECRET),
        Content::Nothing,
        Content::Nothing,
    );
    let _ = scrubber.exchange(first);
    for guise in guises(SECRET) {
        let body = Content::Json(json!({"seen": [guise]}));
        let later = with("/v1/y", "", quiet, Content::Nothing, body);
        assert_clean(&line(&scrubber.exchange(later)), SECRET, "later");
    }
    let upgrade = scrubber.upgrade(&Upgrade {
        number: 1,
        at_ms: 0.0,
        path: format!("/ws/{SECRET}"),
        protocol: "websocket".to_owned(),
    });
    assert_clean(&line(&upgrade), SECRET, "an upgrade");
}

#[test]
fn what_is_no_secret_stays_as_it_was() {
    let mut secrets = Secrets::default();
    secrets.add("k-5Xw2/+plus&amp=99");
    let body = json!({
        "status": "success",
        "data": {"dataset_id": "spiral-3.0.0-f9d83e87ed9bedcd", "artifact_url": "/v1/datasets/x/artifact",
                 "checksum": "d8ef7f69d93f535d00ee2077503e399920a589d8fa04c92d3652fba95ae50c1b",
                 "params": {"noise": 0.05, "origin": [0.0, 0.0]}, "tags": [], "ttl_seconds": null},
        "meta": {"timestamp": 1_795_658_528.987, "version": "0.12.0"},
    });
    let exchange = with(
        "/v1/datasets/spiral-3.0.0-f9d83e87ed9bedcd",
        "limit=100&offset=0&name=two%20words",
        ("content-type", "application/json"),
        Content::Base64(b"PK\x03\x04\xff\x00".to_vec()),
        Content::Json(body),
    );
    assert_eq!(Scrubber::new(secrets).exchange(exchange.clone()), exchange);
}
