//! "Did you mean": the allowed word nearest to a mistyped one.
//!
//! Pure comparison of short words; it never looks anything up.

/// The candidate within a third of the word's length, if one is that near.
#[must_use]
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let length = word.chars().count();
    let limit = (length / 3).max(1);
    candidates
        .into_iter()
        // What is shorter or longer by more than that is farther away than that.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance with adjacent swaps counted as one step.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut previous = None;
    for (row, from) in left.chars().enumerate() {
        let mut current = vec![row + 1];
        current.reserve(right.len());
        for (column, to) in right.iter().enumerate() {
            let at =
                |cells: &[usize], index: usize| cells.get(index).copied().unwrap_or(usize::MAX);
            let mut best = (at(&last, column) + usize::from(from != *to))
                .min(at(&last, column + 1) + 1)
                .min(at(&current, column) + 1);
            let swapped = column > 0
                && previous == Some(*to)
                && right
                    .get(column - 1)
                    .is_some_and(|earlier| *earlier == from);
            if swapped {
                best = best.min(at(&before_last, column - 1).saturating_add(1));
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
        previous = Some(from);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        for (word, expected) in [
            ("prot", Some("port")),
            ("readines", Some("readiness")),
            ("x", None),
            ("comand", Some("command")),
            ("kubernetes", None),
        ] {
            assert_eq!(
                nearest(word, ["port", "readiness", "command"]),
                expected,
                "{word}"
            );
        }
    }
}
