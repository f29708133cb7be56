//! What a reply says, whatever its verdict: values in its body, by dotted path.

use serde_json::Value;

use crate::spec::probe::Expectations;

use super::reply::{Answer, state_of, unmet};

/// Whether an answer is a health reply whose body says all of this.
#[must_use]
pub fn says(answer: &Answer, wanted: &Expectations) -> bool {
    let Answer::Reply { body, .. } = answer else {
        return false;
    };
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    parsed
        .as_ref()
        .and_then(state_of)
        .is_some_and(|state| unmet(state, wanted).is_none())
}
