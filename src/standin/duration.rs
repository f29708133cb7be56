//! Durations as an environment variable or a command line writes them: `1500ms`, `2s`, `0`.
//! Pure: it reads text and never a clock.

use std::time::Duration;

/// The units that are understood, with their length in seconds; a bare number means seconds.
const UNITS: [(&str, f64); 5] = [
    ("", 1.0),
    ("ms", 0.001),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
];

/// Reads a duration; the error is a sentence fit to follow the name of what was read.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let refused = || format!("{text:?} is not a duration such as 1500ms, 2s or 1m");
    let boundary = text
        .find(|character: char| !character.is_ascii_digit() && character != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(boundary);
    let (_, seconds) = UNITS
        .iter()
        .find(|(name, _)| *name == unit.trim())
        .ok_or_else(refused)?;
    let number: f64 = number.parse().map_err(|_| refused())?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_is_read() {
        for (text, milliseconds) in [
            ("0", 0),
            ("1500ms", 1500),
            ("2s", 2000),
            ("1.5s", 1500),
            (" 3 s ", 3000),
            ("2m", 120_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(
                parse(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_text_in_the_message() {
        for text in ["", "s", "-1s", "2 days", "1.2.3s", "soon"] {
            let message = parse(text).unwrap_err();
            assert!(message.contains("is not a duration"), "{text}: {message}");
        }
    }
}
