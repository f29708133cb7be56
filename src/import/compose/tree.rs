//! Values put into every text of a Compose file, in place.

use std::collections::{BTreeMap, BTreeSet};

use crate::import::gathering::Gathering;
use crate::import::interpolate;
use crate::import::yaml::{Node, Value};
use crate::import::{LIMIT, Place};

/// Puts the values in and returns the names that were looked for.
pub(super) fn filled(
    root: &mut Node,
    values: &BTreeMap<String, String>,
    file: &str,
    gathering: &mut Gathering,
) -> BTreeSet<String> {
    let mut filling = Filling {
        used: BTreeSet::new(),
        room: LIMIT,
    };
    fill(root, values, file, gathering, &mut filling);
    filling.used
}

/// What was put in so far.
struct Filling {
    used: BTreeSet<String>,
    /// How much may still come of all values together.
    room: usize,
}

fn fill(
    node: &mut Node,
    values: &BTreeMap<String, String>,
    file: &str,
    gathering: &mut Gathering,
    filling: &mut Filling,
) {
    let place = Place {
        file: file.to_owned(),
        line: node.line,
    };
    match &mut node.value {
        Value::Null => {}
        Value::Scalar(text) if !text.contains('$') => {}
        Value::Scalar(text) => {
            let filled = interpolate::filled(text, values)
                .filter(|filled| filled.text.len() <= filling.room);
            if let Some(filled) = filled {
                filling.room -= filled.text.len();
                filling.used.extend(filled.names);
                for name in filled.unset {
                    let what = format!("${{{name}}}");
                    gathering.loss(
                        &place,
                        &what,
                        "it is set nowhere: taken as empty, as Compose does",
                    );
                }
                *text = filled.text;
            } else {
                gathering.loss(
                    &place,
                    "this value",
                    "a `$` that is none of a variable (or too long a value)",
                );
                text.clear();
            }
        }
        Value::List(items) => {
            for item in items {
                fill(item, values, file, gathering, filling);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                fill(&mut entry.node, values, file, gathering, filling);
            }
        }
    }
}
