//! What is remembered of a start of the group: when each member was run and when it was ready.
//!
//! One JSON object a line, the newest last. The file may be damaged (a disk that was full, a power
//! cut) or written by a newer juniperctl; what cannot be read is passed over, the rest still counts.

use serde::{Deserialize, Serialize};

use super::unit_state::{ActiveState, UnitState};

/// The version of the format that is written.
pub const VERSION: u32 = 1;

/// How many starts are worth keeping.
pub const KEPT: usize = 20;

/// One start of the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartRecord {
    /// When it began, in microseconds since 1970.
    pub began: u64,
    /// The profile that was started.
    pub profile: String,
    /// Every member, in start order.
    pub members: Vec<MemberStart>,
}

/// One member in one start of the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberStart {
    /// `data`, `worker@2`.
    pub label: String,
    /// The unit that runs it.
    pub unit: String,
    /// The labels of the members that it comes after: those its gate waits for, and any other whose
    /// start systemd lets end first. One that is no member of the record is passed over.
    pub waits_for: Vec<String>,
    /// How its start went.
    pub start: Start,
}

/// How the start of a member went; times are microseconds since the start of the group began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Start {
    /// It was ready before the group was started.
    AlreadyRunning,
    /// It became ready.
    Ready {
        /// When its command was run, gate included.
        #[serde(rename = "exec_us")]
        exec: u64,
        /// When it was ready.
        #[serde(rename = "ready_us")]
        ready: u64,
    },
    /// Its command was run, but it was not ready when the record was made.
    NeverReady {
        /// When its command was run.
        #[serde(rename = "exec_us")]
        exec: u64,
    },
    /// Its command was not run.
    NeverStarted,
}

/// The records of a file, and how many lines of it say nothing to us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// Oldest first.
    pub records: Vec<StartRecord>,
    /// Lines that are damaged or of a newer version.
    pub skipped: usize,
}

/// Only the version, whatever else a newer format may hold.
#[derive(Deserialize)]
struct VersionOnly {
    version: u32,
}

/// A record as a line holds it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    version: u32,
    began_us: u64,
    profile: String,
    members: Vec<MemberStart>,
}

impl StartRecord {
    /// Whether nobody was started.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members
            .iter()
            .all(|member| matches!(member.start, Start::AlreadyRunning | Start::NeverStarted))
    }

    /// The record as one line, its end included.
    ///
    /// # Errors
    /// None in practice: the type has nothing that JSON cannot hold.
    pub fn written(&self) -> Result<String, serde_json::Error> {
        let line = Line {
            version: VERSION,
            began_us: self.began,
            profile: self.profile.clone(),
            members: self.members.clone(),
        };
        Ok(serde_json::to_string(&line)? + "\n")
    }
}

/// A member as systemd saw it at the end of a start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// `data`, `worker@2`.
    pub label: String,
    /// The unit that runs it.
    pub unit: String,
    /// The labels of the members that it comes after.
    pub waits_for: Vec<String>,
    /// Its unit's state.
    pub state: UnitState,
}

/// Units of one start are run within this many microseconds of each other, or were not ready yet when the
/// group's own unit was run.
const TOGETHER: u64 = 1_000_000;

/// The record of a start, from the states of the group's own unit and of its members.
#[must_use]
pub fn recorded(profile: &str, own: &UnitState, members: Vec<Observed>) -> StartRecord {
    let earliest = own.activating_at.saturating_sub(TOGETHER);
    // On a machine that is short of time systemd may take seconds from the first to the group's own unit.
    let is_of_this_start = |state: &UnitState| {
        let became_ready =
            state.active == ActiveState::Active && state.ready_at > own.activating_at;
        state.activating_at >= earliest || became_ready
    };
    let began = members
        .iter()
        .map(|member| &member.state)
        .filter(|state| is_of_this_start(state))
        .map(|state| state.activating_at)
        .fold(own.activating_at, u64::min);
    StartRecord {
        began: own
            .activating_at_wall
            .saturating_sub(own.activating_at - began),
        profile: profile.to_owned(),
        members: members
            .into_iter()
            .map(|member| MemberStart {
                start: start(&member.state, is_of_this_start(&member.state), began),
                label: member.label,
                unit: member.unit,
                waits_for: member.waits_for,
            })
            .collect(),
    }
}

fn start(state: &UnitState, is_of_this_start: bool, began: u64) -> Start {
    let exec = state.activating_at.saturating_sub(began);
    match (&state.active, is_of_this_start) {
        (ActiveState::Active, true) => Start::Ready {
            exec,
            ready: state.ready_at.saturating_sub(began).max(exec),
        },
        (ActiveState::Active, false) => Start::AlreadyRunning,
        (_, true) => Start::NeverReady { exec },
        (_, false) => Start::NeverStarted,
    }
}

/// Reads all records that can be read.
#[must_use]
pub fn parse_all(text: &str) -> Records {
    let mut found = Records::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match parsed(line) {
            Some(record) => found.records.push(record),
            None => found.skipped += 1,
        }
    }
    found
}

fn parsed(line: &str) -> Option<StartRecord> {
    let VersionOnly { version } = serde_json::from_str(line).ok()?;
    if version != VERSION {
        return None;
    }
    let line: Line = serde_json::from_str(line).ok()?;
    Some(StartRecord {
        began: line.began_us,
        profile: line.profile,
        members: line.members,
    })
}

/// The last `limit` records.
#[must_use]
pub fn kept(mut records: Vec<StartRecord>, limit: usize) -> Vec<StartRecord> {
    records.split_off(records.len().saturating_sub(limit))
}

#[cfg(test)]
mod tests {
    use super::super::unit_state::{ActiveState, UnitState};
    use super::{MemberStart, Observed, Start, StartRecord, kept, parse_all, recorded};

    fn record(began: u64) -> StartRecord {
        let member = |label: &str, waits_for: &[&str], start| MemberStart {
            label: label.to_owned(),
            unit: format!("juniper-{label}.service"),
            waits_for: waits_for.iter().map(|on| (*on).to_owned()).collect(),
            start,
        };
        StartRecord {
            began,
            profile: "full".to_owned(),
            members: vec![
                member("redis", &[], Start::AlreadyRunning),
                member("data", &[], Start::Ready { exec: 5, ready: 90 }),
                member("cascor", &["data"], Start::NeverReady { exec: 7 }),
                member("canopy", &["data", "redis"], Start::NeverStarted),
            ],
        }
    }

    #[test]
    fn a_record_is_one_line_and_comes_back() {
        let line = record(17).written().unwrap();
        assert_eq!(line.lines().count(), 1);
        assert!(
            line.starts_with(
                r#"{"version":1,"began_us":17,"profile":"full","members":[{"label":"redis","unit":"juniper-redis.service","waits_for":[],"start":"already_running"},{"label":"data","unit":"juniper-data.service","waits_for":[],"start":{"ready":{"exec_us":5,"ready_us":90}}},"#
            ),
            "{line}"
        );
        let found = parse_all(&format!("{line}\n{}", record(18).written().unwrap()));
        assert_eq!(found.records, [record(17), record(18)]);
        assert_eq!(found.skipped, 0);
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        let good = record(17).written().unwrap();
        for damaged in [
            "{",
            "[]",
            "null",
            r#"{"version":2,"profile":"full"}"#,
            r#"{"version":0,"began_us":1,"profile":"full","members":[]}"#,
            r#"{"version":1,"began_us":1,"profile":"full"}"#,
            r#"{"version":1,"began_us":-1,"profile":"full","members":[]}"#,
            r#"{"version":1,"began_us":1,"profile":"full","members":[],"more":1}"#,
            r#"{"version":1,"began_us":1,"profile":"full","members":[{"label":"a","unit":"a","waits_for":[],"start":{"ready":{"exec_us":1}}}]}"#,
            r#"{"version":1,"began_us":1,"profile":"full","members":[{"label":"a","unit":"a","waits_for":[],"start":{"never_ready":{"exec_us":1,"more":1}}}]}"#,
        ] {
            let found = parse_all(&format!("{good}{damaged}\n{good}"));
            assert_eq!(found.records.len(), 2, "{damaged}");
            assert_eq!(found.skipped, 1, "{damaged}");
        }
        assert_eq!(parse_all("").records, []);
    }

    #[test]
    fn who_was_ready_before_the_group_began_is_told_from_who_was_only_run_before_it() {
        let state = |activating_at, ready_at| UnitState {
            active: ActiveState::Active,
            activating_at,
            ready_at,
            ..UnitState::default()
        };
        let member = |label: &str, state| Observed {
            label: label.to_owned(),
            state,
            ..Observed::default()
        };
        let record = recorded(
            "full",
            &state(9_000_000, 12_000_000),
            vec![
                member("old", state(1_000_000, 2_000_000)),
                member("slow", state(5_000_000, 9_500_000)),
                member("quick", state(8_500_000, 8_900_000)),
            ],
        );
        let starts: Vec<Start> = record.members.iter().map(|member| member.start).collect();
        let ready = |exec, ready| Start::Ready { exec, ready };
        assert_eq!(
            starts,
            [
                Start::AlreadyRunning,
                ready(0, 4_500_000),
                ready(3_500_000, 3_900_000)
            ]
        );
    }

    #[test]
    fn the_last_are_kept() {
        let records: Vec<StartRecord> = (1..=5).map(record).collect();
        let began = |kept: Vec<StartRecord>| kept.iter().map(|one| one.began).collect::<Vec<_>>();
        assert_eq!(began(kept(records.clone(), 2)), [4, 5]);
        assert_eq!(began(kept(records.clone(), 9)), [1, 2, 3, 4, 5]);
        assert_eq!(began(kept(records, 0)), Vec::<u64>::new());
    }
}
