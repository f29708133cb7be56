//! Percent-encoding, as requests bring it. What is no UTF-8 gets replacement characters: it equals nothing then.

use percent_encoding::percent_decode_str;

/// The parts of a path between its slashes, decoded.
pub(crate) fn segments(path: &str) -> Vec<String> {
    path.split('/').map(decoded).collect()
}

/// A name or value of a query or a form, where a space is a plus sign.
pub(crate) fn of_query(text: &str) -> String {
    decoded(&text.replace('+', " "))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
