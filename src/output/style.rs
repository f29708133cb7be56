//! Colours by meaning, and quantities as people read them.
//!
//! Everything reads the same without colour; the terminal strips what is not wanted.

use std::time::Duration;

use anstyle::{AnsiColor, Style};

use crate::readiness::Verdict;

/// Text in a style.
#[must_use]
pub fn painted(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

/// What stands above something.
#[must_use]
pub fn heading() -> Style {
    Style::new().bold()
}

/// The colour of a verdict.
#[must_use]
pub fn of_verdict(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Ready => AnsiColor::Green.on_default(),
        Verdict::Degraded => AnsiColor::Yellow.on_default(),
        Verdict::NotReady | Verdict::Down => AnsiColor::Red.on_default(),
    }
}

/// A colour for each service, in turn.
#[must_use]
pub fn of_service(index: usize) -> Style {
    let colours = [
        AnsiColor::Cyan,
        AnsiColor::Magenta,
        AnsiColor::Green,
        AnsiColor::Blue,
        AnsiColor::Yellow,
    ];
    colours
        .get(index % colours.len())
        .map_or_else(Style::new, |colour| colour.on_default())
}

/// An age: `5 s`, `3 min`, `2 h 5 min`, `4 d 1 h`.
#[must_use]
pub fn age(span: Duration) -> String {
    let seconds = span.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// A size: `72.3 MiB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    let tenths_of = |shift: u32| (bytes >> (shift - 10)) * 10 / 1024;
    match bytes {
        0..=1_048_575 => format!("{} KiB", bytes >> 10),
        1_048_576..=1_073_741_823 => format!("{}.{} MiB", tenths_of(20) / 10, tenths_of(20) % 10),
        _ => format!("{}.{} GiB", tenths_of(30) / 10, tenths_of(30) % 10),
    }
}

/// A latency: `0.8 ms`, `12 ms`, `5.1 s`.
#[must_use]
pub fn latency(span: Duration) -> String {
    let micros = span.as_micros();
    match micros {
        0..=9_999 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        10_000..=999_999 => format!("{} ms", micros / 1_000),
        _ => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::{age, latency, size};
    use std::time::Duration;

    #[test]
    fn quantities_read_well() {
        assert_eq!(age(Duration::from_secs(59)), "59 s");
        assert_eq!(age(Duration::from_mins(125)), "2 h 5 min");
        assert_eq!(age(Duration::from_hours(25)), "1 d 1 h");
        assert_eq!(size(75_000_000), "71.5 MiB");
        assert_eq!(size(3_221_225_472), "3.0 GiB");
        assert_eq!(size(2_048), "2 KiB");
        assert_eq!(latency(Duration::from_micros(840)), "0.8 ms");
        assert_eq!(latency(Duration::from_millis(5_120)), "5.1 s");
    }
}
