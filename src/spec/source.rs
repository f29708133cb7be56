//! Where a configured value came from: named texts and places in them.
//!
//! Holds the configuration texts that were read, so that a fault can show the line it is about.
//! It never opens a file: the caller hands the text over.

use std::ops::Range;

/// One configuration text and the name under which people know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path as a person would type it, or `<built-in>` for the stack that ships with us.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// Where each line but the first begins: there may be thousands of faults to be placed.
    lines: Vec<usize>,
}

/// The position of a [`Source`] in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(usize);

impl SourceId {
    /// The handle of whatever is taken in first.
    pub const FIRST: Self = Self(0);
}

/// All texts of one configuration, in the order in which later ones override earlier ones.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Takes a text in and returns the handle that locations refer to it by.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> SourceId {
        let text = text.into();
        self.0.push(Source {
            path: path.into(),
            lines: text.match_indices('\n').map(|(at, _)| at + 1).collect(),
            text,
        });
        SourceId(self.0.len() - 1)
    }

    /// The text behind a handle.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.0.get(id.0)
    }

    /// Handles and texts, earliest first.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.0.iter().enumerate().map(|(n, s)| (SourceId(n), s))
    }
}

impl Source {
    /// Line and column (both from 1, columns in characters) of a byte offset.
    ///
    /// Offsets past the end give the position just behind the last character.
    #[must_use]
    pub fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let line = self.lines.partition_point(|begin| *begin <= end);
        let begin = line.checked_sub(1).and_then(|index| self.lines.get(index));
        let before = self.text.get(begin.copied().unwrap_or(0)..end);
        let column = before.unwrap_or_default().chars().count() + 1;
        (line + 1, column)
    }

    /// The whole lines that a stretch lies in, the stretch within them, and the number of the first.
    ///
    /// A stretch that reaches past the text ends with it.
    #[must_use]
    pub fn lines_of(&self, span: &Range<usize>) -> (&str, Range<usize>, usize) {
        let end = span.end.min(self.text.len());
        let start = span.start.min(end);
        let (Some(before), Some(behind)) = (self.text.get(..start), self.text.get(end..)) else {
            return (&self.text, 0..0, 1);
        };
        let first = before.rfind('\n').map_or(0, |at| at + 1);
        let last = behind.find('\n').map_or(self.text.len(), |at| end + at);
        let lines = self.text.get(first..last).unwrap_or_default();
        let (line, _) = self.line_and_column(start);
        (lines, start - first..end - first, line)
    }
}

/// A stretch of one configuration text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Location {
    /// Which text.
    pub source: SourceId,
    /// Which bytes of it.
    pub span: Range<usize>,
}

/// A value together with the place where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub at: Location,
}

#[cfg(test)]
mod tests {
    use super::Sources;

    #[test]
    fn columns_count_characters_not_bytes() {
        let mut sources = Sources::default();
        let id = sources.add("a.toml", "a = 1\nä = 2\n");
        let source = sources.get(id).unwrap();
        let offset = source.text.find('2').unwrap();
        assert_eq!(source.line_and_column(offset), (2, 5));
        assert_eq!(source.line_and_column(9_999), (3, 1));
    }
}
