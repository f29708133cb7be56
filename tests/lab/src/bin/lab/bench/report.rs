//! The report: Markdown that reads well in a terminal, too. Pure.

use std::fmt::{self, Write as _};

use super::statistics::Sample;

/// One part of the report.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    /// How it was measured.
    pub(super) method: String,
    pub(super) header: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
    /// What comes of it.
    pub(super) verdicts: Vec<Verdict>,
    /// What should be known besides.
    pub(super) notes: Vec<String>,
}

/// A figure against its target.
#[derive(Debug)]
pub(super) struct Verdict {
    what: String,
    value: f64,
    target: f64,
    unit: &'static str,
}

impl Verdict {
    /// A time in milliseconds and the most that it should be.
    pub(super) fn time(what: &str, value: f64, target: f64) -> Self {
        Self::new(what, value, target, " ms")
    }

    /// A ratio and the most that it should be.
    pub(super) fn ratio(what: &str, value: f64, target: f64) -> Self {
        Self::new(what, value, target, "")
    }

    /// A time in seconds and the most that it should be.
    pub(super) fn seconds(what: &str, value: f64, target: f64) -> Self {
        Self::new(what, value, target, " s")
    }

    /// Memory in MiB and the most that it should be.
    pub(super) fn memory(what: &str, value: f64, target: f64) -> Self {
        Self::new(what, value, target, " MiB")
    }

    /// Processor time in seconds per minute and the most that it should be.
    pub(super) fn processor(what: &str, value: f64, target: f64) -> Self {
        Self::new(what, value, target, " s/min")
    }

    fn new(what: &str, value: f64, target: f64, unit: &'static str) -> Self {
        Self {
            what: what.to_owned(),
            value,
            target,
            unit,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            value,
            target,
            unit,
        } = self;
        let places = match *unit {
            " ms" | " MiB" => 1,
            _ => 2,
        };
        // What could not be measured is not met either.
        let word = if value <= target { "met" } else { "MISSED" };
        write!(
            formatter,
            "{word}: {what}: {value:.places$}{unit}, at most {target:.places$}{unit} wanted"
        )
    }
}

/// A row: a name, then median and 95th percentile.
pub(super) fn row(name: &str, sample: &Sample) -> Vec<String> {
    vec![
        name.to_owned(),
        milliseconds(sample.median()),
        milliseconds(sample.p95()),
    ]
}

/// A time, with as many places as mean something.
pub(super) fn milliseconds(value: f64) -> String {
    if value.abs() >= 1_000.0 {
        format!("{value:.0} ms")
    } else {
        format!("{value:.1} ms")
    }
}

impl fmt::Display for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "## {}\n\n{}\n", self.title, self.method)?;
        for verdict in &self.verdicts {
            writeln!(formatter, "- {verdict}")?;
        }
        if !self.verdicts.is_empty() {
            writeln!(formatter)?;
        }
        let header: Vec<String> = self.header.iter().map(|&name| name.to_owned()).collect();
        let widths = widths(&header, &self.rows);
        writeln!(formatter, "{}", line(&header, &widths))?;
        let rule: Vec<String> = widths
            .iter()
            .enumerate()
            .map(|(column, &width)| match column {
                0 => "-".repeat(width),
                _ => format!("{}:", "-".repeat(width.saturating_sub(1))),
            })
            .collect();
        writeln!(formatter, "{}", line(&rule, &widths))?;
        for row in &self.rows {
            writeln!(formatter, "{}", line(row, &widths))?;
        }
        for note in &self.notes {
            writeln!(formatter, "\n{note}")?;
        }
        Ok(())
    }
}

fn widths(header: &[String], rows: &[Vec<String>]) -> Vec<usize> {
    (0..header.len())
        .map(|column| {
            std::iter::once(header)
                .chain(rows.iter().map(Vec::as_slice))
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        })
        .collect()
}

/// Names to the left, numbers to the right.
fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::from("|");
    for (column, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        // Writing to a string cannot fail.
        let _ = match column {
            0 => write!(line, " {cell:<width$} |"),
            _ => write!(line, " {cell:>width$} |"),
        };
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_verdicts_and_tables_in_markdown() {
        let section = Section {
            title: "Speed",
            method: "Measured.".to_owned(),
            header: vec!["", "median"],
            rows: vec![
                vec!["a".to_owned(), milliseconds(1.25)],
                vec!["long".to_owned(), milliseconds(4_500.4)],
            ],
            verdicts: vec![Verdict::time("a", 1.25, 1.0)],
            notes: vec!["Fast.".to_owned()],
        };
        let expected = "\
## Speed

Measured.

- MISSED: a: 1.2 ms, at most 1.0 ms wanted

|      |  median |
| ---- | ------: |
| a    |  1.2 ms |
| long | 4500 ms |

Fast.
";
        assert_eq!(section.to_string(), expected);
    }

    #[test]
    fn a_target_is_met_or_missed_aloud() {
        let met = Verdict::time("overhead", 7.25, 10.0).to_string();
        assert_eq!(met, "met: overhead: 7.2 ms, at most 10.0 ms wanted");
        let missed = Verdict::ratio("health", 1.01, 1.0).to_string();
        assert_eq!(missed, "MISSED: health: 1.01, at most 1.00 wanted");
        let unknown = Verdict::ratio("health", f64::NAN, 1.0).to_string();
        assert!(unknown.starts_with("MISSED"));
    }
}
