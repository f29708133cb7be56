//! The form of a recording: a line that says what it is, then a line of JSON for each exchange, in
//! the order in which they ended. Pure: it reads and writes text, and knows no file. Lines of a form
//! that it does not know are refused, but a last line without an end is one that was cut off.

pub(crate) mod tape;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::Service;

/// The form that is written and read.
const FORM: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Heading {
    /// The version of the form.
    recording: u32,
    /// Whose answers these are.
    pub(crate) service: Service,
    /// When it was begun, in seconds since 1970.
    pub(crate) begun: u64,
    /// By which version of this program.
    by: String,
}

impl Heading {
    /// The first line of a recording that begins now.
    pub(crate) fn new(service: Service, begun: u64) -> Self {
        Self {
            recording: FORM,
            service,
            begun,
            by: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// Every other line.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Line {
    /// A request and its answer.
    Exchange(Box<Exchange>),
    /// A connection that became a WebSocket: it was let through, and nothing of it is kept.
    Upgrade(Upgrade),
    /// The recording had reached its limit: what came after is not in it.
    Full(Full),
}

/// A request and its answer, both without secrets.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchange {
    /// Requests are counted from 1 as they come; lines are written as answers end.
    pub(crate) number: u64,
    /// When the request came, in milliseconds since the recording was begun.
    pub(crate) at_ms: f64,
    pub(crate) method: String,
    pub(crate) path: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) query: String,
    pub(crate) request_headers: Vec<(String, String)>,
    pub(crate) request: Content,
    pub(crate) status: u16,
    /// From the request's end to the answer's.
    pub(crate) latency_ms: f64,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) content: Content,
}

/// A body.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Content {
    /// There was none.
    Nothing,
    /// JSON, as a value.
    Json(Value),
    /// Any other text.
    Text(String),
    /// Anything else.
    Base64(#[serde(with = "base64_text")] Vec<u8>),
    /// It is not kept, and why.
    Withheld(String),
}

/// A connection that became a WebSocket.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upgrade {
    pub(crate) number: u64,
    pub(crate) at_ms: f64,
    pub(crate) path: String,
    /// What the connection became, as its request names it.
    pub(crate) protocol: String,
}

/// Where a recording ends for want of room.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Full {
    pub(crate) limit_bytes: u64,
}

/// A recording that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recording {
    pub(crate) heading: Heading,
    pub(crate) lines: Vec<Line>,
    /// Its last line has no end: whoever wrote it was stopped in the middle.
    pub(crate) is_cut_off: bool,
}

/// A line as it stands in the file, with its end.
pub(crate) fn line(value: &impl Serialize) -> String {
    // Strings, numbers, lists and maps with text for keys always have a JSON text.
    let mut text = serde_json::to_string(value).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads a whole file; the error says which line cannot be understood, and why.
pub(crate) fn parse(text: &str) -> Result<Recording, String> {
    let whole = text.rfind('\n').map_or("", |end| text.split_at(end + 1).0);
    let mut numbered = (1..).zip(whole.lines());
    let refused = |number: u32, error: &serde_json::Error| format!("line {number}: {error}");
    let (_, first) = numbered
        .next()
        .ok_or("it is empty: no recording was ever begun in it")?;
    let heading: Heading = serde_json::from_str(first).map_err(|error| refused(1, &error))?;
    if heading.recording != FORM {
        return Err(format!(
            "its form is {}, and this program reads form {FORM}: use the juniper-standin that wrote it ({})",
            heading.recording, heading.by
        ));
    }
    let lines = numbered
        .map(|(number, line)| serde_json::from_str(line).map_err(|error| refused(number, &error)))
        .collect::<Result<Vec<Line>, String>>()?;
    Ok(Recording {
        heading,
        lines,
        is_cut_off: whole.len() < text.len(),
    })
}

impl Content {
    /// A body of this type; JSON, text, or whatever it is.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Nothing;
        }
        if let Ok(value) = serde_json::from_slice(bytes) {
            return Self::Json(value);
        }
        match str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(bytes.to_vec()),
        }
    }

    /// The bytes that it stands for; nothing when they were not kept.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Nothing => Some(Vec::new()),
            Self::Json(value) => Some(value.to_string().into_bytes()),
            Self::Text(text) => Some(text.clone().into_bytes()),
            Self::Base64(bytes) => Some(bytes.clone()),
            Self::Withheld(_) => None,
        }
    }
}

/// Bytes as base64 in a JSON string.
mod base64_text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
