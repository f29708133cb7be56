//! The report as a whole: sections under a head, taken apart and put together, so that one section
//! can be measured anew without the others. Pure.

use std::fmt::{self, Write as _};

/// The section that is made from all others.
const SHORT: &str = "In short";

/// How the lines begin that it is made of.
const VERDICTS: [&str; 2] = ["- met: ", "- MISSED: "];

/// The report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Document {
    head: String,
    /// Title and text of each section, the text beginning behind the title's line.
    sections: Vec<(String, String)>,
}

impl Document {
    /// Takes a report apart; what has no sections has a head only.
    pub(super) fn parse(text: &str) -> Self {
        let mut parts = text.split("\n## ");
        let head = parts.next().unwrap_or_default().to_owned();
        let sections = parts
            .filter_map(|part| part.split_once('\n'))
            .filter(|(title, _)| *title != SHORT)
            .map(|(title, text)| (title.to_owned(), text.trim_end().to_owned()))
            .collect();
        Self { head, sections }
    }

    /// Says what holds for all sections.
    pub(super) fn set_head(&mut self, head: &str) {
        head.trim_end().clone_into(&mut self.head);
    }

    /// Puts a section in the place of the one with its title, or behind all others.
    pub(super) fn put(&mut self, section: &str) {
        let text = section.trim_start_matches("## ");
        let (title, text) = text.split_once('\n').unwrap_or((text, ""));
        let text = text.trim_end().to_owned();
        match self.sections.iter_mut().find(|(known, _)| known == title) {
            Some((_, known)) => *known = text,
            None => self.sections.push((title.to_owned(), text)),
        }
    }
}

impl fmt::Display for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut short = String::new();
        let lines = self.sections.iter().flat_map(|(_, text)| text.lines());
        for line in lines.filter(|line| VERDICTS.iter().any(|begin| line.starts_with(begin))) {
            // Writing to a string cannot fail.
            let _ = writeln!(short, "{line}");
        }
        write!(
            formatter,
            "{}\n\n## {SHORT}\n\n{short}",
            self.head.trim_end()
        )?;
        for (title, text) in &self.sections {
            write!(formatter, "\n## {title}\n{text}\n")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Document;

    const REPORT: &str = "\
# Head

- seed 1

## In short

- met: one

## One

Text.

- met: one

| a |

## Two

Other.
";

    #[test]
    fn a_report_survives_being_taken_apart() {
        assert_eq!(Document::parse(REPORT).to_string(), REPORT);
    }

    #[test]
    fn one_section_is_replaced_and_a_new_one_comes_last() {
        let mut document = Document::parse(REPORT);
        document.put("## One\n\nNew.\n\n- MISSED: one\n");
        document.put("## Three\n\n- met: three\n");
        let text = document.to_string();
        assert!(text.contains("## In short\n\n- MISSED: one\n- met: three\n\n## One\n\nNew."));
        assert!(text.ends_with("## Two\n\nOther.\n\n## Three\n\n- met: three\n"));
        assert!(!text.contains("Text."));
    }

    #[test]
    fn a_report_begins_with_nothing() {
        let mut document = Document::default();
        document.set_head("# Benchmark\n");
        document.put("## One\n\nText.\n");
        assert_eq!(
            document.to_string(),
            "# Benchmark\n\n## In short\n\n\n## One\n\nText.\n"
        );
    }
}
