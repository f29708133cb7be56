//! The ways in which a text can carry another one: percent-encoding, base64, hexadecimal digits,
//! JSON's escapes. Pure, and lenient: it looks for what may be hidden, and never says what is well formed.

/// Shorter runs hide nothing that is looked for.
const SHORTEST_RUN: usize = 8;

/// Everything that a reader may make of these bytes, each reading once.
pub(crate) fn readings(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut readings = Vec::new();
    if bytes.contains(&b'%') || bytes.contains(&b'+') {
        let spaced: Vec<u8> = bytes
            .iter()
            .map(|byte| if *byte == b'+' { b' ' } else { *byte })
            .collect();
        readings.push(percent_encoding::percent_decode(bytes).collect());
        readings.push(percent_encoding::percent_decode(&spaced).collect());
    }
    if bytes.contains(&b'\\') {
        readings.push(unescaped(bytes));
    }
    for run in bytes.split(|byte| sextet(*byte).is_none()) {
        if run.len() < SHORTEST_RUN {
            continue;
        }
        // Whatever stands before it belongs to the run, too: each alignment is tried.
        for skipped in 0..4 {
            readings.push(from_base64(run.get(skipped..).unwrap_or_default()));
        }
    }
    for run in bytes.split(|byte| !byte.is_ascii_hexdigit()) {
        if run.len() < SHORTEST_RUN {
            continue;
        }
        for skipped in 0..2 {
            readings.push(from_hexadecimal(run.get(skipped..).unwrap_or_default()));
        }
    }
    readings
}

/// The value of a digit of either base64 alphabet.
fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

fn from_base64(run: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(run.len() / 4 * 3 + 3);
    for group in run.chunks(4) {
        let mut bits = 0_u32;
        for byte in group {
            bits = bits << 6 | u32::from(sextet(*byte).unwrap_or_default());
        }
        bits <<= 6 * (4 - group.len());
        let [_, whole @ ..] = bits.to_be_bytes();
        decoded.extend(whole.iter().take(group.len() * 6 / 8));
    }
    decoded
}

fn from_hexadecimal(run: &[u8]) -> Vec<u8> {
    run.chunks_exact(2)
        .filter_map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// The bytes with `\u0041`, `\/` and the like taken for what they mean.
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let code = after
            .strip_prefix('u')
            .and_then(|digits| digits.get(..4))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32);
        rest = if let Some(character) = code {
            plain.push(character);
            after.get(5..).unwrap_or_default()
        } else {
            after
        };
    }
    plain.push_str(rest);
    plain.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_read() {
        for hidden in [
            "correct%20horse",
            "correct+horse",
            "Y29ycmVjdCBob3JzZQ==",
            "Y29ycmVjdCBob3JzZQ",
            "/v1/x/Y29ycmVjdCBob3JzZQ",
            "636f727265637420686f727365",
            "a636f727265637420686f727365",
            "\\u0063orrect \\u0068orse",
        ] {
            let found = readings(hidden.as_bytes())
                .iter()
                .any(|reading| reading.windows(13).any(|part| part == b"correct horse"));
            assert!(found, "{hidden}");
        }
    }
}
