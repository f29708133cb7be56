//! Columns that line up, whatever they hold.

/// A cell: what is shown, and how wide it is without its colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    text: String,
    width: usize,
}

impl Cell {
    /// A plain cell.
    pub fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            width: text.chars().count(),
            text,
        }
    }

    /// A coloured cell.
    #[must_use]
    pub fn painted(text: &str, style: anstyle::Style) -> Self {
        Self {
            width: text.chars().count(),
            text: super::style::painted(text, style),
        }
    }

    /// Cells beside each other as one.
    pub fn joined(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut joined = Self::plain("");
        for part in parts {
            joined.text.push_str(&part.text);
            joined.width += part.width;
        }
        joined
    }
}

/// Rows with their columns lined up, two spaces apart, nothing trailing.
#[must_use]
pub fn aligned(rows: &[Vec<Cell>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.width)
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for row in rows {
        let last = row.iter().rposition(|cell| cell.width > 0).unwrap_or(0);
        for (index, (cell, width)) in row.iter().zip(&widths).enumerate().take(last + 1) {
            out.push_str(&cell.text);
            if index < last {
                out.push_str(&" ".repeat(width - cell.width + 2));
            }
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Cell, aligned};

    #[test]
    fn columns_line_up_and_nothing_trails() {
        let rows = [
            vec![Cell::plain("a"), Cell::plain("long"), Cell::plain("")],
            vec![Cell::plain("bcd"), Cell::plain("ä"), Cell::plain("x")],
        ];
        assert_eq!(aligned(&rows), "a    long\nbcd  ä     x\n");
    }
}
