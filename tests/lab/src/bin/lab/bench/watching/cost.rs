//! What all contestants cost while all of them watch.

use juniper_lab::{Command, Error};

use super::super::site::{PROGRAM, Site};
use super::configuration::Endpoint;
use super::contestant::Contestant;
use super::{DEADLINE, SETTLE, SPAN, Scenario};

/// What a contestant costs: MiB and seconds in a minute; not a number where it could not be had.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) memory: f64,
    pub(super) processor: f64,
}

const UNKNOWN: Cost = Cost {
    memory: f64::NAN,
    processor: f64::NAN,
};

/// What all of them cost while all of them watch, and how many connections that took.
pub(super) fn costs(
    site: &Site,
    scenario: Scenario,
    endpoints: &[Endpoint],
) -> Result<([Cost; 3], u64), Error> {
    let here = || Contestant::ALL.into_iter().filter(|one| one.is_here(site));
    let mut arguments = vec![
        PROGRAM.to_owned(),
        "inside".to_owned(),
        "cost".to_owned(),
        format!("--settle={SETTLE}"),
        format!("--span={SPAN}"),
    ];
    for contestant in here() {
        contestant.start(site, endpoints, scenario.pace)?;
        arguments.push(contestant.pid(site)?);
    }
    let facts = Command::new(&arguments).deadline(DEADLINE);
    let facts = site.machine.succeed_with(facts)?;
    for contestant in here() {
        contestant.stop(site)?;
    }
    let mut costs = [UNKNOWN; 3];
    let mut found = facts.lines().filter_map(cost);
    for (cost, contestant) in costs.iter_mut().zip(Contestant::ALL) {
        if contestant.is_here(site) {
            *cost = found.next().unwrap_or(UNKNOWN);
        }
    }
    let opened = facts.lines().find_map(|line| line.strip_prefix("opened "));
    let opened = opened.and_then(|count| count.parse().ok()).unwrap_or(0);
    Ok((costs, opened))
}

/// Reads a line of `lab inside cost`.
fn cost(line: &str) -> Option<Cost> {
    let words: Vec<&str> = line.split(' ').collect();
    let ["process", _, memory, processor] = words.as_slice() else {
        return None;
    };
    let memory: f64 = memory.parse().ok()?;
    let processor: f64 = processor.parse().ok()?;
    Some(Cost {
        memory: memory / 1_024.0,
        processor: processor / 1e6 * 60.0 / f64::from(SPAN),
    })
}

#[cfg(test)]
mod tests {
    use super::cost;

    #[test]
    fn costs_are_read_in_mebibytes_and_seconds_a_minute() {
        let read = cost("process 17 3072 90000").unwrap();
        assert_eq!((read.memory, read.processor), (3.0, 0.09));
        assert!(cost("opened 12").is_none());
    }
}
