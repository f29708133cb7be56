//! Two texts as a unified difference, line by line.
//!
//! By the one algorithm that is needed: `TextDiff` brings seven, each for several kinds of input, which was a
//! twentieth of the program. Reads and writes nothing.

use std::fmt::Write as _;

use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::{DiffOp, group_diff_ops};

/// What becomes of `before` in `after`, with so many lines around each change; empty where nothing does.
#[must_use]
pub fn unified(header: [&str; 2], before: &str, after: &str, context: usize) -> String {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let (old, new) = (old.as_slice(), new.as_slice());
    let mut hook = Compact::new(Replace::new(Capture::new()), old, new);
    let Ok(()) = myers::diff(&mut hook, old, 0..old.len(), new, 0..new.len());
    let hunks = group_diff_ops(hook.into_inner().into_inner().into_ops(), context);
    let mut text = String::new();
    for hunk in hunks.iter().filter(|hunk| !hunk.is_empty()) {
        if text.is_empty() {
            let [from, to] = header;
            let _ = write!(text, "--- {from}\n+++ {to}\n");
        }
        let range = |side: fn(&DiffOp) -> std::ops::Range<usize>| {
            let from = hunk.first().map_or(0, |first| side(first).start);
            let to = hunk.last().map_or(0, |last| side(last).end);
            span(from, to)
        };
        let _ = writeln!(
            text,
            "@@ -{} +{} @@",
            range(DiffOp::old_range),
            range(DiffOp::new_range)
        );
        for change in hunk {
            if let DiffOp::Equal { .. } = change {
                lines(&mut text, ' ', old.get(change.old_range()));
            } else {
                lines(&mut text, '-', old.get(change.old_range()));
                lines(&mut text, '+', new.get(change.new_range()));
            }
        }
    }
    text
}

/// A range of lines as diff(1) counts them: from one, the length left out where it is one.
fn span(from: usize, to: usize) -> String {
    match to.saturating_sub(from) {
        0 => format!("{from},0"),
        1 => (from + 1).to_string(),
        length => format!("{},{length}", from + 1),
    }
}

fn lines(text: &mut String, sign: char, lines: Option<&[&str]>) {
    for line in lines.unwrap_or_default() {
        let _ = write!(text, "{sign}{line}");
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::unified;
    use proptest::prelude::*;

    #[test]
    fn nothing_is_said_of_what_is_the_same() {
        assert_eq!(unified(["a", "b"], "1\n2\n", "1\n2\n", 1), "");
        assert_eq!(unified(["a", "b"], "", "", 1), "");
    }

    #[test]
    fn each_change_has_its_lines_around_it() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let after = "1\n2\nIII\n4\n5\n6\n7\n9\nend";
        assert_eq!(
            unified(["a", "b"], before, after, 1),
            "--- a\n+++ b\n@@ -2,3 +2,3 @@\n 2\n-3\n+III\n 4\n@@ -7,3 +7,3 @@\n 7\n-8\n 9\n+end\n\
             \\ No newline at end of file\n"
        );
        assert_eq!(
            unified(["a", "b"], "", "1\n", 3),
            "--- a\n+++ b\n@@ -0,0 +1 @@\n+1\n"
        );
    }

    proptest! {
        /// The general machinery of the crate, which is not in the program, says the same.
        #[test]
        fn it_is_the_difference_that_the_crate_draws(
            before in "([abc]\n){0,12}[ab]?",
            after in "([abc]\n){0,12}[ab]?",
            context in 0_usize..4,
        ) {
            let drawn = similar::TextDiff::from_lines(before.as_str(), after.as_str())
                .unified_diff()
                .context_radius(context)
                .header("a", "b")
                .to_string();
            prop_assert_eq!(unified(["a", "b"], &before, &after, context), drawn);
        }
    }
}
