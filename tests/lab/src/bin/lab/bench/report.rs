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
    pub(super) findings: Vec<String>,
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

/// A finding against its target.
pub(super) fn against(what: &str, value: f64, target: f64, unit: &str) -> String {
    let verdict = if value <= target { "met" } else { "MISSED" };
    let places = if unit.is_empty() { 2 } else { 1 };
    format!(
        "**{what}: {value:.places$}{unit}. Target: at most {target:.places$}{unit}, {verdict}.**"
    )
}

impl fmt::Display for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "## {}\n\n{}\n", self.title, self.method)?;
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
        for finding in &self.findings {
            writeln!(formatter, "\n{finding}")?;
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
    fn a_section_is_a_table_in_markdown() {
        let section = Section {
            title: "Speed",
            method: "Measured.".to_owned(),
            header: vec!["", "median"],
            rows: vec![
                vec!["a".to_owned(), milliseconds(1.25)],
                vec!["long".to_owned(), milliseconds(4_500.4)],
            ],
            findings: vec!["Fast.".to_owned()],
        };
        let expected = "\
## Speed

Measured.

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
        let met = against("Overhead", 7.25, 10.0, " ms");
        assert_eq!(met, "**Overhead: 7.2 ms. Target: at most 10.0 ms, met.**");
        assert!(against("Ratio", 1.01, 1.0, "").contains("1.01. Target: at most 1.00, MISSED"));
    }
}
