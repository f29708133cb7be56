//! What matters first: how the group is, and whose fault it is, in one sentence.

use crate::readiness::reply::Verdict;
use crate::watchdog::{Condition, View};

use super::super::reply::Known;

/// The sentence and its colour.
pub(in crate::web) struct Headline {
    pub(super) condition: Condition,
    pub(super) sentence: String,
    /// Further causes, and what else there is to say.
    pub(super) more: Vec<String>,
}

impl Headline {
    /// One character for it.
    pub(super) fn symbol(&self) -> char {
        super::symbol(self.condition)
    }

    /// The colour of the symbol in the tab, which has no style of its own; fit for a data address.
    pub(super) fn colour(&self) -> &'static str {
        match self.condition {
            Condition::Unknown | Condition::Stopped => "%23768390",
            Condition::Ready => "%232e8b57",
            Condition::Degraded => "%23c08a00",
            Condition::NotReady => "%23d9731f",
            Condition::Down => "%23cf2f3a",
        }
    }
}

pub(in crate::web) fn headline(known: &Known<'_>) -> Headline {
    let mut headline = of_group(known.view);
    if let Some(why) = known.blind {
        headline.more.push(format!(
            "The watchdog cannot ask systemd, so it does nothing, and what is below may be old: {why}."
        ));
    }
    headline
}

fn of_group(view: &View) -> Headline {
    let said = |condition, sentence: &str| Headline {
        condition,
        sentence: sentence.to_owned(),
        more: Vec::new(),
    };
    let conditions = || view.members.iter().map(|member| member.condition);
    let Some(worst) = conditions().max() else {
        let mut headline = said(Condition::Unknown, "Nothing is watched");
        headline.more.push(
            "The configuration names no service, or is refused: `juniperctl check` tells."
                .to_owned(),
        );
        return headline;
    };
    let unknown: Vec<&str> = view
        .members
        .iter()
        .filter(|member| member.condition == Condition::Unknown)
        .map(|member| member.label.as_str())
        .collect();
    if unknown.len() == view.members.len() {
        return said(
            Condition::Unknown,
            "Looking at the group for the first time",
        );
    }
    if worst <= Condition::Ready {
        if !unknown.is_empty() {
            let sentence = format!("Nothing is known yet of {}", unknown.join(", "));
            return said(Condition::Unknown, &sentence);
        }
        return match view.members.as_slice() {
            [only] => said(Condition::Ready, &format!("{} is ready", only.label)),
            all => said(
                Condition::Ready,
                &format!("All {} services are ready", all.len()),
            ),
        };
    }
    let mut sentences = view
        .report
        .roots
        .iter()
        .filter(|root| condition(view, &root.label) != Condition::Unknown)
        .map(|root| {
            let suffering: Vec<String> = root
                .consequences
                .iter()
                .map(|label| format!("{label} {}", condition(view, label).prose()))
                .collect();
            let therefore = if suffering.is_empty() {
                String::new()
            } else {
                format!("; therefore {}", suffering.join(", "))
            };
            let is = condition(view, &root.label).prose();
            format!("{} is {is}{therefore}", root.label)
        });
    let sentence = sentences.next().unwrap_or_else(|| worst.prose().to_owned());
    Headline {
        condition: worst,
        sentence,
        more: sentences.collect(),
    }
}

fn condition(view: &View, label: &str) -> Condition {
    view.members
        .iter()
        .find(|member| member.label == label)
        .map_or(Condition::from(Verdict::Down), |member| member.condition)
}
