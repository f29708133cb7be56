//! A health check as probes: how often, how long, how many times; where it asks.

use std::time::Duration;

use crate::import::gathering::Gathering;
use crate::import::known::is_platform;
use crate::import::yaml::{Entry, Node, Value};
use crate::spec::duration;
use crate::spec::probe::UrlPath;

use super::service::Container;

/// Takes a health check.
pub(super) fn healthcheck(container: &Container<'_>, entry: &Entry, gathering: &mut Gathering) {
    let node = &entry.node;
    let lose = |one: &Entry, why: &str, gathering: &mut Gathering| {
        let what = format!("{}.healthcheck.{}", container.written, one.key);
        gathering.loss(&container.at(one.line), &what, why);
    };
    if !asks(container, node, &lose, gathering) {
        return;
    }
    let (mut interval, mut retries, mut start_period) = (Duration::from_secs(30), 3, None);
    for one in node.entries() {
        let text = one.node.text().unwrap_or_default();
        let time = span(text).filter(|span| !span.is_zero());
        let draft = gathering.draft(&container.name);
        match (one.key.as_str(), time) {
            ("test", _) => {}
            ("interval", Some(span)) => {
                interval = span;
                draft.readiness.interval = Some(duration::written(span));
            }
            ("timeout", Some(span)) => draft.readiness.timeout = Some(duration::written(span)),
            ("start_period", Some(span)) => start_period = Some((one, span)),
            ("start_interval", Some(_)) => lose(one, "a start is asked every second", gathering),
            ("retries", _) => match text.parse::<u32>() {
                Ok(count @ 1..=1_000) => {
                    retries = count;
                    draft.readiness.failure_threshold = Some(count);
                }
                _ => lose(one, "no number from 1 to 1000", gathering),
            },
            (_, None) => lose(one, "no span of time", gathering),
            _ => lose(one, "juniperctl has no counterpart", gathering),
        }
    }
    // Compose calls it unhealthy so long after its start at the earliest.
    let Some((one, start_period)) = start_period else {
        return;
    };
    let patience = start_period
        .saturating_add(interval.saturating_mul(retries))
        .as_secs()
        .clamp(1, 100_000);
    match gathering.known.startup(&container.name) {
        // To Compose it is a word; juniperctl ends a start that takes longer.
        Some(own) if own >= patience => {
            let why = format!("a start may take {own} s here, which is longer");
            lose(one, &why, gathering);
        }
        _ => gathering.draft(&container.name).startup = Some(patience),
    }
}

/// Whether it asks something that juniperctl can ask.
fn asks(
    container: &Container<'_>,
    node: &Node,
    lose: &impl Fn(&Entry, &str, &mut Gathering),
    gathering: &mut Gathering,
) -> bool {
    let Some(test) = node
        .entries()
        .iter()
        .find(|one| matches!(one.key.as_str(), "test" | "disable"))
    else {
        return is_platform(&container.name);
    };
    let built_in = gathering
        .known
        .service(&container.name)
        .and_then(|layer| layer.readiness.path.as_ref())
        .map(|path| path.value.as_str().to_owned());
    match (path_of(&test.node), built_in) {
        (Some(path), Some(own)) if path != own => {
            let why = format!("readiness is asked at {own}, which tells more than {path} does");
            lose(test, &why, gathering);
            true
        }
        (Some(_), Some(_)) => true,
        (Some(path), None) if UrlPath::parse(&path).is_ok() => {
            gathering.draft(&container.name).readiness.path = Some(path);
            true
        }
        (_, own) => {
            lose(test, "no address that could be asked is in it", gathering);
            own.is_some()
        }
    }
}

/// The path of the first address in a test.
fn path_of(node: &Node) -> Option<String> {
    let joined = match &node.value {
        Value::Scalar(text) => text.clone(),
        Value::List(items) => items
            .iter()
            .filter_map(Node::text)
            .collect::<Vec<_>>()
            .join(" "),
        _ => return None,
    };
    let (_, behind) = joined.split_once("http://")?;
    let address = behind
        .split([' ', '"', '\'', ')', ',', '|', ';', '\\'])
        .next()?;
    let (_, path) = address.split_once('/')?;
    Some(format!("/{path}"))
}

/// A span of time as Compose writes it: `1m30s`.
pub(super) fn span(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, behind) = rest.split_at_checked(digits)?;
        let letters = behind.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, behind) = behind.split_at_checked(letters)?;
        let number: u64 = number.parse().ok()?;
        let milliseconds = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        sum = sum.checked_add(Duration::from_millis(number.checked_mul(milliseconds)?))?;
        rest = behind;
    }
    (!text.is_empty() && sum <= Duration::from_hours(24)).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::span;
    use std::time::Duration;

    #[test]
    fn spans_of_compose() {
        assert_eq!(span("1m30s"), Some(Duration::from_secs(90)));
        assert_eq!(span("500ms"), Some(Duration::from_millis(500)));
        for text in [
            "",
            "5",
            "s",
            "1d",
            "-1s",
            "1.5s",
            "99999999999999999999s",
            "9999h",
        ] {
            assert_eq!(span(text), None, "{text}");
        }
    }
}
