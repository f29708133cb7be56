//! What a training run looks like from outside, by elapsed time alone. Pure: it is told how long
//! the run lasts and how long ago it began, and never reads a clock or computes anything.

use std::time::Duration;

use serde::Serialize;

use crate::contract::network::Network;
use crate::contract::session::Picture;

/// How many epochs a run has, however long it lasts.
const EPOCHS: u32 = 200;
/// Of each ten epochs the first half trains the output layer, the second half candidates.
pub(crate) const CYCLE: u32 = 10;

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// None goes on: there was none, or it was ended at this epoch.
    Stopped { epoch: u32 },
    /// Under way, at this epoch.
    Started { epoch: u32 },
    /// Held at this epoch.
    Paused { epoch: u32 },
    /// A saved network is looked at.
    Investigating,
    /// Over.
    Completed,
}

impl Stage {
    /// The stage of a run of this length that began so long ago.
    pub(crate) fn at(length: Duration, since: Duration) -> Self {
        if since >= length {
            return Self::Completed;
        }
        let epoch = since.as_nanos() * u128::from(EPOCHS) / length.as_nanos().max(1);
        Self::Started {
            epoch: u32::try_from(epoch).unwrap_or(EPOCHS),
        }
    }

    /// Whether training goes on.
    pub(crate) fn is_active(self) -> bool {
        matches!(self, Self::Started { .. })
    }

    /// The state of the real service's machine of states.
    pub(crate) fn state(self) -> &'static str {
        match self {
            Self::Stopped { .. } => "STOPPED",
            Self::Started { .. } => "STARTED",
            Self::Paused { .. } => "PAUSED",
            Self::Investigating => "INVESTIGATING",
            Self::Completed => "COMPLETED",
        }
    }

    fn status(self) -> &'static str {
        match self {
            Self::Stopped { .. } | Self::Investigating => "Stopped",
            Self::Started { .. } => "Started",
            Self::Paused { .. } => "Paused",
            Self::Completed => "Completed",
        }
    }

    /// What it is at.
    pub(crate) fn phase(self) -> &'static str {
        match self {
            Self::Stopped { .. } | Self::Completed | Self::Investigating => "Idle",
            Self::Started { epoch } | Self::Paused { epoch } if epoch % CYCLE < CYCLE / 2 => {
                "Output"
            }
            Self::Started { .. } | Self::Paused { .. } => "Candidate",
        }
    }

    /// The finished epochs.
    pub(crate) fn epoch(self) -> u32 {
        match self {
            Self::Stopped { epoch } | Self::Started { epoch } | Self::Paused { epoch } => epoch,
            Self::Investigating => 0,
            Self::Completed => EPOCHS,
        }
    }

    /// The hidden units that were installed so far: one per full cycle.
    pub(crate) fn hidden_units(self) -> u32 {
        self.epoch() / CYCLE
    }
}

/// The `training_state` object, field for field as the real service sends it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TrainingState {
    status: &'static str,
    phase: &'static str,
    learning_rate: f64,
    max_hidden_units: u32,
    max_epochs: u32,
    max_iterations: u32,
    current_epoch: u32,
    current_step: u32,
    network_name: String,
    dataset_name: String,
    threshold_function: &'static str,
    optimizer_name: &'static str,
    timestamp: f64,
    phase_detail: &'static str,
    grow_iteration: u32,
    grow_max: u32,
    best_correlation: f64,
    candidates_trained: u32,
    candidates_total: u32,
    phase_started_at: &'static str,
    candidate_epoch: u32,
    candidate_total_epochs: u32,
    output_epoch: u32,
    output_total_epochs: u32,
    best_candidate_id: i32,
    best_candidate_uuid: &'static str,
    second_candidate_id: Option<i32>,
    second_candidate_correlation: f64,
    all_correlations: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_size: Option<u64>,
}

impl TrainingState {
    /// The object for what is seen.
    pub(crate) fn of(picture: &Picture) -> Self {
        let stage = picture.stage;
        let network = picture.network.as_ref();
        let has_trained = picture.has_trained;
        let count = |name| network.map_or(0, |network| network.count(name));
        Self {
            status: stage.status(),
            phase: stage.phase(),
            learning_rate: network.map_or(0.0, Network::learning_rate),
            max_hidden_units: count("max_hidden_units"),
            max_epochs: count("epochs_max"),
            max_iterations: count("max_iterations"),
            current_epoch: stage.epoch(),
            current_step: stage.epoch(),
            network_name: network.map(Network::name).unwrap_or_default(),
            dataset_name: picture.dataset.clone().unwrap_or_default(),
            threshold_function: "",
            optimizer_name: "",
            timestamp: picture.changed,
            phase_detail: "",
            grow_iteration: picture.hidden_units(),
            grow_max: 0,
            best_correlation: if has_trained { 0.8 } else { 0.0 },
            candidates_trained: 2 * u32::from(has_trained),
            candidates_total: 2 * u32::from(has_trained),
            phase_started_at: "",
            candidate_epoch: 0,
            candidate_total_epochs: 0,
            output_epoch: 0,
            output_total_epochs: 0,
            best_candidate_id: if has_trained { 1 } else { -1 },
            best_candidate_uuid: "",
            second_candidate_id: has_trained.then_some(0),
            second_candidate_correlation: if has_trained { 0.7 } else { 0.0 },
            all_correlations: if has_trained {
                vec![0.8, 0.7]
            } else {
                Vec::new()
            },
            input_size: network.map(|network| network.inputs),
            output_size: network.map(|network| network.outputs),
        }
    }
}

/// The name of the snapshot that a run leaves, from the second in which it ended (UTC).
pub(crate) fn snapshot_name(unix_seconds: u64) -> String {
    let (year, month, day) = civil_date(unix_seconds / 86_400);
    let of_day = unix_seconds % 86_400;
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("snapshot_{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z.h5")
}

/// A moment in seconds since 1970 as Python's services write it (UTC).
pub(crate) fn moment(seconds: f64) -> String {
    let time = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let (year, month, day) = civil_date(time.as_secs() / 86_400);
    let of_day = time.as_secs() % 86_400;
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let micro = time.subsec_micros();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z")
}

/// Year, month and day of a count of days since 1970-01-01: walked, because a run ends rarely
/// and a formula would need explaining.
fn civil_date(mut days: u64) -> (u64, usize, u64) {
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in months {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_from_started_to_completed_and_its_epoch_never_falls() {
        let length = Duration::from_secs(10);
        let stages: Vec<Stage> = (0..=11)
            .map(|second| Stage::at(length, Duration::from_secs(second)))
            .collect();
        assert_eq!(stages[0], Stage::Started { epoch: 0 });
        assert_eq!(stages[5], Stage::Started { epoch: 100 });
        assert_eq!(
            (stages[10], stages[11]),
            (Stage::Completed, Stage::Completed)
        );
        assert!(stages.is_sorted_by_key(|stage| stage.epoch()));
        assert_eq!(Stage::at(Duration::ZERO, Duration::ZERO), Stage::Completed);
    }

    #[test]
    fn only_a_started_run_is_active_and_has_a_phase() {
        let stopped = Stage::Stopped { epoch: 7 };
        assert!(!stopped.is_active() && !Stage::Completed.is_active());
        let summary = |stage: Stage| (stage.status(), stage.phase());
        assert_eq!(summary(Stage::Started { epoch: 3 }), ("Started", "Output"));
        assert_eq!(
            summary(Stage::Started { epoch: 17 }),
            ("Started", "Candidate")
        );
        assert_eq!(summary(Stage::Completed), ("Completed", "Idle"));
        assert_eq!(summary(stopped), ("Stopped", "Idle"));
    }

    #[test]
    fn a_snapshot_is_named_for_its_second() {
        assert_eq!(snapshot_name(0), "snapshot_19700101T000000Z.h5");
        assert_eq!(snapshot_name(951_782_399), "snapshot_20000228T235959Z.h5");
        assert_eq!(snapshot_name(951_782_400), "snapshot_20000229T000000Z.h5");
        assert_eq!(snapshot_name(1_795_435_724), "snapshot_20261123T120844Z.h5");
        assert_eq!(snapshot_name(1_798_761_599), "snapshot_20261231T235959Z.h5");
    }
}
