//! The lines in front of a listing: one lane for each service that others still wait for.
//!
//! Works on positions only. A lane begins under its service's mark and ends at the last service
//! that waits for it; `+` joins a lane to the mark in its row, `|` passes by.

use std::collections::BTreeSet;

/// What stands in front of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drawn {
    /// Left of its mark.
    pub(super) before: String,
    /// Right of its mark.
    pub(super) after: String,
    /// In the rows below it, up to the next service.
    pub(super) below: String,
}

/// The drawing of services of which each waits for earlier ones, given by position; `None` where it
/// would need more than `limit` lanes.
pub(super) fn drawn(waits_for: &[BTreeSet<usize>], limit: usize) -> Option<Vec<Drawn>> {
    let mut lanes: Vec<Option<usize>> = Vec::new();
    let mut drawings = Vec::new();
    for (position, waited_for) in waits_for.iter().enumerate() {
        let is_free = |lane: &Option<usize>| lane.is_none();
        let own = lanes.iter().position(is_free).unwrap_or(lanes.len());
        if own == lanes.len() {
            lanes.push(None);
        }
        if lanes.len() > limit {
            return None;
        }
        let (before, after) = row(&lanes, own, waited_for);
        let is_over = |lane: usize| {
            !waits_for
                .iter()
                .skip(position + 1)
                .any(|later| later.contains(&lane))
        };
        if let Some(lane) = lanes.get_mut(own) {
            *lane = Some(position);
        }
        for lane in &mut lanes {
            lane.take_if(|of| is_over(*of));
        }
        while lanes.last().is_some_and(Option::is_none) {
            lanes.pop();
        }
        drawings.push(Drawn {
            before,
            after,
            below: below(&lanes),
        });
    }
    Some(drawings)
}

/// Left and right of the mark in the lane `own`.
fn row(lanes: &[Option<usize>], own: usize, waited_for: &BTreeSet<usize>) -> (String, String) {
    let joins = |lane: &Option<usize>| lane.is_some_and(|of| waited_for.contains(&of));
    let first = lanes
        .iter()
        .position(joins)
        .map_or(own, |lane| lane.min(own));
    let last = lanes
        .iter()
        .rposition(joins)
        .map_or(own, |lane| lane.max(own));
    let (mut before, mut after) = (String::new(), String::new());
    for (index, lane) in lanes.iter().enumerate() {
        let side = if index <= own {
            &mut before
        } else {
            &mut after
        };
        if index > 0 {
            let within = index > first && index <= last;
            side.push_str(if within { "--" } else { "  " });
        }
        if index != own {
            side.push(match lane {
                Some(_) if joins(lane) => '+',
                Some(_) => '|',
                None if index > first && index < last => '-',
                None => ' ',
            });
        }
    }
    (before, after.trim_end().to_owned())
}

/// The lanes that go on.
fn below(lanes: &[Option<usize>]) -> String {
    let columns: Vec<&str> = lanes
        .iter()
        .map(|lane| if lane.is_some() { "|" } else { " " })
        .collect();
    columns.join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::drawn;
    use std::collections::BTreeSet;

    fn picture(waits_for: &[&[usize]], limit: usize) -> Option<String> {
        let sets: Vec<BTreeSet<usize>> = waits_for
            .iter()
            .map(|on| on.iter().copied().collect())
            .collect();
        let lines: Vec<String> = drawn(&sets, limit)?
            .iter()
            .map(|row| format!("{}*{}\n{}", row.before, row.after, row.below))
            .collect();
        Some(lines.join("\n"))
    }

    #[test]
    fn lanes_lead_from_a_service_to_those_that_wait_for_it() {
        for (waits_for, expected) in [
            (&[&[][..], &[][..]][..], "*\n\n*\n"),
            // A chain needs two lanes, however long it is.
            (
                &[&[], &[0], &[1], &[2]],
                "*\n|\n+--*\n   |\n*--+\n|\n+--*\n",
            ),
            // A diamond.
            (
                &[&[], &[0], &[0], &[1, 2]],
                "*\n|\n+--*\n|  |\n+--|--*\n   |  |\n*--+--+\n",
            ),
            // One that is passed by on the way.
            (
                &[&[], &[], &[0], &[1]],
                "*\n|\n|  *\n|  |\n+--|--*\n   |\n*--+\n",
            ),
        ] {
            assert_eq!(picture(waits_for, 9).as_deref(), Some(expected));
        }
    }

    #[test]
    fn too_many_lanes_are_not_drawn() {
        let waits_for: &[&[usize]] = &[&[], &[], &[], &[0, 1, 2]];
        assert!(picture(waits_for, 4).is_some());
        assert_eq!(picture(waits_for, 3), None);
    }
}
