//! Time spans as people write them in the configuration: `500ms`, `10s`, `2min`, `1h`.
//!
//! Pure text in, [`Duration`] out and back; it never reads a clock.

use std::time::Duration;

use super::fault::Problem;

const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("min", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// The longest span accepted: a year.
const LONGEST: u64 = 365 * 86_400_000;

/// Reads a whole number followed by its unit.
///
/// # Errors
/// Says what a span looks like.
pub fn parse(text: &str) -> Result<Duration, Problem> {
    let problem = || {
        Problem::invalid("a time span is a whole number and its unit: 500ms, 10s, 2min, 1h or 1d")
    };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).ok_or_else(problem)?;
    let number: u64 = number.parse().map_err(|_| problem())?;
    let factor = UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .map(|(_, factor)| *factor)
        .ok_or_else(problem)?;
    match number.checked_mul(factor) {
        Some(milliseconds) if milliseconds <= LONGEST => Ok(Duration::from_millis(milliseconds)),
        _ => Err(Problem::invalid("a time span is at most 365d")),
    }
}

/// Writes a span the shortest way that [`parse`] and systemd.time(7) both read.
#[must_use]
pub fn written(span: Duration) -> String {
    let milliseconds = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    UNITS
        .iter()
        .rev()
        .find(|(_, factor)| milliseconds % factor == 0 && milliseconds >= *factor)
        .map_or_else(
            || "0s".to_owned(),
            |(unit, factor)| format!("{}{unit}", milliseconds / factor),
        )
}

#[cfg(test)]
mod tests {
    use super::{parse, written};
    use proptest::{prop_assert_eq, proptest};
    use std::time::Duration;

    #[test]
    fn spans_need_their_unit() {
        assert_eq!(parse("1500ms").unwrap(), Duration::from_millis(1500));
        assert_eq!(parse("2min").unwrap(), Duration::from_mins(2));
        for bad in [
            "",
            "5",
            "s",
            "5 s",
            "-1s",
            "1.5s",
            "5m",
            "99999999999999999999s",
            "400d",
            "1ß",
        ] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(milliseconds in 0_u64..super::LONGEST) {
            let span = Duration::from_millis(milliseconds);
            prop_assert_eq!(parse(&written(span)).unwrap(), span);
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = parse(&text);
        }
    }
}
