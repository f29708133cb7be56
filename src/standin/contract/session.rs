//! The work of the training service: which network it has, on what it trains, and how far it is. A
//! machine of states, told the time. Pure: it waits for nothing and trains nothing.

use std::time::Duration;

use serde_json::{Map, Value};

use super::dataset::{generator, points};
use super::network::Network;
use crate::training::Stage;

/// Everything that a client can change.
pub(crate) struct Session {
    /// How long a run lasts.
    length: Duration,
    pub(crate) network: Option<Network>,
    pub(crate) dataset: Option<Loaded>,
    /// What the next run is to train on.
    pub(crate) staged: Option<Value>,
    run: Run,
    /// When it last changed, since process start.
    changed: Duration,
    /// Candidates were trained before the present run: what is said of the best of them stays.
    has_trained: bool,
}

/// What a run is to train on where nobody says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Otherwise {
    /// Nothing: it is refused, as the real service does.
    Nothing,
    /// Points of its own, for those who only want a run.
    Own,
}

/// What a network trains on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Loaded {
    pub(crate) name: Option<String>,
    pub(crate) train: Rows,
    pub(crate) validation: Option<Rows>,
}

/// Features and targets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rows {
    pub(crate) x: Vec<Vec<f64>>,
    pub(crate) y: Vec<Vec<f64>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    /// None, or none since the last reset.
    Idle,
    /// Under way since then, after so much work before.
    Going { since: Duration, before: Duration },
    /// Held, after so much work.
    Paused { before: Duration },
    /// Ended by a client, after so much work.
    Halted { before: Duration },
    /// A saved network is looked at.
    Investigating,
}

/// What is seen of it at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub(crate) stage: Stage,
    pub(crate) network: Option<Network>,
    pub(crate) dataset: Option<String>,
    pub(crate) staged: Option<Value>,
    /// When it last changed, in the replies' own time.
    pub(crate) changed: f64,
    /// Whether candidates were trained, in this run or before.
    pub(crate) has_trained: bool,
}

impl Picture {
    /// Nothing was ever asked for.
    pub(crate) fn empty(changed: f64) -> Self {
        Self {
            stage: Stage::Stopped { epoch: 0 },
            network: None,
            dataset: None,
            staged: None,
            changed,
            has_trained: false,
        }
    }

    /// The hidden units that were installed so far.
    pub(crate) fn hidden_units(&self) -> u32 {
        let most = self
            .network
            .as_ref()
            .map_or(u32::MAX, |network| network.count("max_hidden_units"));
        self.stage.hidden_units().min(most)
    }
}

impl Session {
    /// Nothing was asked for yet.
    pub(crate) fn new(length: Duration) -> Self {
        Self {
            length,
            network: None,
            dataset: None,
            staged: None,
            run: Run::Idle,
            changed: Duration::ZERO,
            has_trained: false,
        }
    }

    /// How far it is.
    pub(crate) fn stage(&self, now: Duration) -> Stage {
        let at = |worked| match Stage::at(self.length, worked) {
            Stage::Started { epoch } => epoch,
            other => other.epoch(),
        };
        match self.run {
            Run::Idle => Stage::Stopped { epoch: 0 },
            Run::Going { since, before } => {
                Stage::at(self.length, before + now.saturating_sub(since))
            }
            Run::Paused { before } => Stage::Paused { epoch: at(before) },
            Run::Halted { before } => Stage::Stopped { epoch: at(before) },
            Run::Investigating => Stage::Investigating,
        }
    }

    /// What is seen of it now; `born` is when the process began, in the replies' own time.
    pub(crate) fn picture(&self, now: Duration, born: f64) -> Picture {
        let changed = match self.run {
            Run::Going { since, before } => now.min(since + self.length.saturating_sub(before)),
            _ => self.changed,
        };
        Picture {
            stage: self.stage(now),
            network: self.network.clone(),
            dataset: self.dataset.as_ref().and_then(|it| it.name.clone()),
            staged: self.staged.clone(),
            changed: born + changed.as_secs_f64(),
            has_trained: self.has_trained || self.stage(now).hidden_units() > 0,
        }
    }

    fn turn(&mut self, run: Run, now: Duration) {
        self.has_trained |= self.stage(now).hidden_units() > 0;
        self.run = run;
        self.changed = now;
    }

    /// Whether a network may be made or deleted now.
    pub(crate) fn is_at_rest(&self, now: Duration) -> bool {
        matches!(self.stage(now), Stage::Stopped { .. } | Stage::Completed)
    }

    /// Takes another network, or none; what was trained on stays.
    pub(crate) fn replace(&mut self, network: Option<Network>, now: Duration) {
        self.network = network;
        self.turn(Run::Idle, now);
    }

    /// Begins a run, on what it is given, what was staged or what the last one had, in this order;
    /// `or_else` on points of its own. The reason when it cannot.
    pub(crate) fn start(
        &mut self,
        loaded: Option<Loaded>,
        or_else: Otherwise,
        wanted: &Map<String, Value>,
        now: Duration,
    ) -> Result<(), String> {
        match self.stage(now) {
            Stage::Started { .. } | Stage::Paused { .. } => {
                return Err("Training already in progress".to_owned());
            }
            Stage::Investigating => {
                return Err("A snapshot is being investigated".to_owned());
            }
            Stage::Stopped { .. } | Stage::Completed => {}
        }
        let staged = self.staged.take().map(|staged| generated(&staged));
        let own = || (or_else == Otherwise::Own).then(|| generated(&Value::Null));
        let loaded = loaded
            .or(staged)
            .or_else(|| self.dataset.clone())
            .or_else(own)
            .ok_or("Training data not provided")?;
        let network = self.network.get_or_insert_with(|| {
            let first = |rows: &[Vec<f64>]| rows.first().map_or(2, |row| row.len() as u64);
            let nonce = u64::try_from(now.as_nanos()).unwrap_or_default();
            Network::new(first(&loaded.train.x), first(&loaded.train.y), nonce)
        });
        network
            .set(wanted)
            .map_err(|refused| format!("{}: {}", refused.name, refused.should_be))?;
        self.dataset = Some(loaded);
        let run = Run::Going {
            since: now,
            before: Duration::ZERO,
        };
        self.turn(run, now);
        Ok(())
    }

    /// Ends a run; nothing where there is none.
    pub(crate) fn stop(&mut self, now: Duration) {
        let before = self.worked(now);
        if matches!(
            self.stage(now),
            Stage::Started { .. } | Stage::Paused { .. }
        ) {
            self.turn(Run::Halted { before }, now);
        }
    }

    /// Holds a run; whether there was one.
    pub(crate) fn pause(&mut self, now: Duration) -> bool {
        let before = self.worked(now);
        let is_started = matches!(self.stage(now), Stage::Started { .. });
        if is_started {
            self.turn(Run::Paused { before }, now);
        }
        is_started
    }

    /// Goes on with a run that is held; whether there was one.
    pub(crate) fn resume(&mut self, now: Duration) -> bool {
        let Run::Paused { before } = self.run else {
            return false;
        };
        self.turn(Run::Going { since: now, before }, now);
        true
    }

    /// As if no run had ever been; the network stays.
    pub(crate) fn reset(&mut self, now: Duration) {
        self.turn(Run::Idle, now);
    }

    /// Looks at a network that was saved.
    pub(crate) fn investigate(&mut self, now: Duration) {
        self.turn(Run::Investigating, now);
    }

    /// When the run that goes on now ends, since process start.
    pub(crate) fn end(&self) -> Option<Duration> {
        match self.run {
            Run::Going { since, before } => {
                Some(since.saturating_add(self.length.saturating_sub(before)))
            }
            _ => None,
        }
    }

    fn worked(&self, now: Duration) -> Duration {
        match self.run {
            Run::Going { since, before } => before + now.saturating_sub(since),
            Run::Paused { before } | Run::Halted { before } => before,
            Run::Idle | Run::Investigating => Duration::ZERO,
        }
    }
}

/// Points of the kind that was staged; a spiral's where nothing was, or what cannot be made here.
fn generated(staged: &Value) -> Loaded {
    let kind = staged
        .get("dataset_type")
        .and_then(Value::as_str)
        .unwrap_or("spirals");
    let name = match kind {
        "xor" => "xor",
        "circles" => "circles",
        "moons" => "moon",
        _ => "spiral",
    };
    let given = staged.as_object().cloned().unwrap_or_default();
    let entry = generator::named(name);
    let parameters = entry.and_then(|entry| {
        let given = generator::parameters(entry, &given);
        given
            .or_else(|_| generator::parameters(entry, &Map::new()))
            .ok()
    });
    let made = points::make(name, &parameters.unwrap_or_default(), 42);
    let rows = |rows: &[points::Point]| Rows {
        x: rows
            .iter()
            .map(|row| row.place.map(f64::from).to_vec())
            .collect(),
        y: rows
            .iter()
            .map(|row| {
                (0..made.classes)
                    .map(|class| if class == row.class { 1.0 } else { 0.0 })
                    .collect()
            })
            .collect(),
    };
    Loaded {
        name: Some(if kind == "spirals" { "spiral" } else { kind }.to_owned()),
        train: rows(&made.train),
        validation: Some(rows(&made.validation)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seconds(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    #[test]
    fn a_run_that_is_held_does_not_go_on() {
        let mut session = Session::new(seconds(10));
        let refused = session.start(None, Otherwise::Nothing, &Map::new(), seconds(99));
        assert_eq!(refused.unwrap_err(), "Training data not provided");
        session
            .start(None, Otherwise::Own, &Map::new(), seconds(100))
            .unwrap();
        assert!(
            session
                .start(None, Otherwise::Own, &Map::new(), seconds(101))
                .is_err()
        );
        assert_eq!(session.end(), Some(seconds(110)));
        assert!(session.pause(seconds(104)) && !session.pause(seconds(105)));
        assert_eq!(session.stage(seconds(900)), Stage::Paused { epoch: 80 });
        assert!(
            session
                .start(None, Otherwise::Own, &Map::new(), seconds(900))
                .is_err()
        );
        assert!(session.resume(seconds(1000)) && !session.resume(seconds(1000)));
        assert_eq!(session.end(), Some(seconds(1006)));
        assert_eq!(session.stage(seconds(1001)), Stage::Started { epoch: 100 });
        session.stop(seconds(1002));
        assert_eq!(session.stage(seconds(2000)), Stage::Stopped { epoch: 120 });
        assert!(session.is_at_rest(seconds(2000)));
        session
            .start(None, Otherwise::Own, &Map::new(), seconds(3000))
            .unwrap();
        assert_eq!(session.stage(seconds(3010)), Stage::Completed);
        session.stop(seconds(3011));
        assert_eq!(session.stage(seconds(3012)), Stage::Completed);
        session.investigate(seconds(3013));
        assert!(!session.is_at_rest(seconds(3014)));
        session.reset(seconds(3015));
        assert_eq!(session.stage(seconds(3016)), Stage::Stopped { epoch: 0 });
    }

    #[test]
    fn a_network_is_made_for_what_it_trains_on() {
        let mut session = Session::new(seconds(10));
        session.staged = Some(json!({"dataset_type": "spirals", "n_spirals": 3}));
        session
            .start(None, Otherwise::Own, &Map::new(), seconds(1))
            .unwrap();
        let network = session.network.as_ref().unwrap();
        assert_eq!((network.inputs, network.outputs), (2, 3));
        assert!(session.staged.is_none());
        assert_eq!(session.dataset.unwrap().name.as_deref(), Some("spiral"));
    }
}
