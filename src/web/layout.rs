//! Where the boxes and lines of a graph go: in layers, dependencies above, lines past the boxes.
//!
//! Works on positions only. A line that passes a layer gets a place of its own there, so that it does
//! not run behind a box and seem to end in it.

use crate::ordered;
use std::collections::BTreeMap;

/// The size of a box.
pub(super) const BOX: (u32, u32) = (144, 54);

/// Between two boxes side by side, and between two layers.
const GAPS: (u32, u32) = (14, 40);

/// The place of a line that passes.
const PASSING: u32 = 12;

/// Around everything.
const MARGIN: u32 = 4;

/// Sweeps that put neighbours near each other; more change nothing in graphs of this size.
const SWEEPS: usize = 4;

/// A point, in pixels from the upper left.
pub(super) type Point = (u32, u32);

/// Where everything goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// The size of the whole.
    pub(super) size: Point,
    /// The upper left corner of each box.
    pub(super) boxes: Vec<Point>,
    /// The points that each line passes, from above.
    pub(super) lines: Vec<Vec<Point>>,
}

/// What has a place in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Box(usize),
    /// A line that passes, and in which layer.
    Passing(usize, usize),
}

/// The layout of boxes of which each line leads from an earlier one to a later one.
pub(super) fn layout(count: usize, lines: &[(usize, usize)]) -> Layout {
    let levels = levels(count, lines);
    let way = |(index, (from, to)): (usize, &(usize, usize))| -> Vec<Item> {
        let (first, last) = (level(&levels, *from), level(&levels, *to));
        let passing = (first + 1..last).map(|level| Item::Passing(index, level));
        std::iter::once(Item::Box(*from))
            .chain(passing)
            .chain([Item::Box(*to)])
            .collect()
    };
    let ways: Vec<Vec<Item>> = lines.iter().enumerate().map(way).collect();
    let mut layers: Vec<Vec<Item>> = Vec::new();
    let mut put = |item: Item, level: usize| {
        if layers.len() <= level {
            layers.resize(level + 1, Vec::new());
        }
        if let Some(layer) = layers.get_mut(level) {
            layer.push(item);
        }
    };
    for index in 0..count {
        put(Item::Box(index), level(&levels, index));
    }
    for item in ways.iter().flatten() {
        if let Item::Passing(_, level) = *item {
            put(*item, level);
        }
    }
    order(&mut layers, &ways);
    placed(count, &layers, &ways)
}

fn level(levels: &[usize], index: usize) -> usize {
    levels.get(index).copied().unwrap_or_default()
}

/// The layer of each box: below all that it waits for, and what waits for nothing right above the
/// first that waits for it.
fn levels(count: usize, lines: &[(usize, usize)]) -> Vec<usize> {
    let mut levels = vec![0; count];
    for index in 0..count {
        let above = lines.iter().filter(|(_, to)| *to == index);
        let lowest = above.map(|(from, _)| level(&levels, *from) + 1).max();
        if let Some(own) = levels.get_mut(index) {
            *own = lowest.unwrap_or_default();
        }
    }
    for index in 0..count {
        if lines.iter().any(|(_, to)| *to == index) {
            continue;
        }
        let below = lines.iter().filter(|(from, _)| *from == index);
        let highest = below.map(|(_, to)| level(&levels, *to)).min();
        if let (Some(own), Some(highest)) = (levels.get_mut(index), highest) {
            *own = highest.saturating_sub(1);
        }
    }
    levels
}

/// Puts each item near those that it is joined to, layer by layer, from above and from below.
fn order(layers: &mut [Vec<Item>], ways: &[Vec<Item>]) {
    let mut joined: BTreeMap<Item, Vec<Item>> = BTreeMap::new();
    for (above, below) in ways
        .iter()
        .flat_map(|way| way.iter().zip(way.iter().skip(1)))
    {
        joined.entry(*above).or_default().push(*below);
        joined.entry(*below).or_default().push(*above);
    }
    for sweep in 0..SWEEPS {
        for step in 1..layers.len() {
            let (fixed, moved) = if sweep % 2 == 0 {
                (step - 1, step)
            } else {
                (layers.len() - step, layers.len() - step - 1)
            };
            let Some(fixed) = layers.get(fixed).cloned() else {
                continue;
            };
            let Some(moved) = layers.get_mut(moved) else {
                continue;
            };
            let before = moved.clone();
            ordered::sort_by_key(moved, |item| {
                let own = before.iter().position(|other| other == item).unwrap_or(0);
                let near: Vec<usize> = joined
                    .get(item)
                    .into_iter()
                    .flatten()
                    .filter_map(|other| fixed.iter().position(|known| known == other))
                    .collect();
                // The mean, in parts of a thousand, relative to how many there are.
                match near.iter().sum::<usize>() * 2_000 / near.len().max(1) {
                    _ if near.is_empty() => own * 2_000,
                    mean => mean,
                }
            });
        }
    }
}

fn width(item: Item) -> u32 {
    match item {
        Item::Box(_) => BOX.0,
        Item::Passing(..) => PASSING,
    }
}

fn placed(count: usize, layers: &[Vec<Item>], ways: &[Vec<Item>]) -> Layout {
    let width_of = |layer: &Vec<Item>| -> u32 {
        let boxes: u32 = layer.iter().map(|item| width(*item)).sum();
        let gaps = u32::try_from(layer.len().saturating_sub(1)).unwrap_or(0);
        boxes + gaps * GAPS.0
    };
    let widest = layers.iter().map(width_of).max().unwrap_or(0);
    // The middle of the upper edge.
    let mut places: BTreeMap<Item, Point> = BTreeMap::new();
    let mut y = MARGIN;
    for layer in layers {
        let mut x = MARGIN + (widest - width_of(layer)) / 2;
        for item in layer {
            places.insert(*item, (x + width(*item) / 2, y));
            x += width(*item) + GAPS.0;
        }
        y += BOX.1 + GAPS.1;
    }
    let place = |item: Item| places.get(&item).copied().unwrap_or_default();
    let passed = |item: &Item| -> Vec<Point> {
        let (x, y) = place(*item);
        vec![(x, y), (x, y + BOX.1)]
    };
    let line = |way: &Vec<Item>| {
        let points: Vec<Point> = way.iter().flat_map(passed).collect();
        // From the lower edge of the first to the upper edge of the last.
        let inner = 1..points.len().saturating_sub(1);
        points.get(inner).unwrap_or_default().to_vec()
    };
    Layout {
        size: (widest + 2 * MARGIN, (y + MARGIN).saturating_sub(GAPS.1)),
        boxes: (0..count)
            .map(|index| {
                let (x, y) = place(Item::Box(index));
                (x.saturating_sub(BOX.0 / 2), y)
            })
            .collect(),
        lines: ways.iter().map(line).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{BOX, Layout, layout};

    fn diamond() -> Layout {
        // data, cascor, redis, worker, canopy
        layout(5, &[(0, 1), (1, 3), (0, 4), (1, 4), (2, 4)])
    }

    #[test]
    fn dependencies_are_above_and_boxes_do_not_overlap() {
        let drawn = diamond();
        for (from, to) in [(0, 1), (1, 3), (0, 4), (1, 4), (2, 4)] {
            assert!(drawn.boxes[from].1 < drawn.boxes[to].1);
        }
        // What waits for nothing is near the one that waits for it.
        assert_eq!(drawn.boxes[2].1, drawn.boxes[1].1);
        for (index, one) in drawn.boxes.iter().enumerate() {
            assert!(one.0 + BOX.0 <= drawn.size.0 && one.1 + BOX.1 <= drawn.size.1);
            for other in &drawn.boxes[..index] {
                let apart = one.0.abs_diff(other.0) >= BOX.0 || one.1.abs_diff(other.1) >= BOX.1;
                assert!(apart, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_long_line_passes_beside_the_boxes() {
        let drawn = diamond();
        let line = &drawn.lines[2];
        assert_eq!(line.len(), 4, "{line:?}");
        assert_eq!(line[1].0, line[2].0);
        let passes = |corner: &(u32, u32)| {
            corner.1 == line[1].1 && (corner.0..=corner.0 + BOX.0).contains(&line[1].0)
        };
        assert!(!drawn.boxes.iter().any(passes), "{drawn:?}");
    }

    #[test]
    fn nothing_and_one_are_drawn_too() {
        assert_eq!(layout(0, &[]).boxes, []);
        assert_eq!(layout(1, &[]).boxes.len(), 1);
        // Many side by side, none joined.
        let wide = layout(30, &[]);
        assert!(wide.size.0 > 30 * BOX.0);
    }
}
