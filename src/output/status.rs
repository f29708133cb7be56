//! The group at a glance, as text and as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use crate::gpu::usage::Usage;
use crate::readiness::unit_state::{ActiveState, UnitState};
use crate::readiness::{Finding, Verdict};

use super::style::{age, of_verdict, size};
use super::table::{Cell, aligned};

/// One row.
pub struct Row<'r> {
    /// What the endpoint said.
    pub finding: &'r Finding,
    /// Its unit.
    pub unit: String,
    /// What systemd says.
    pub state: &'r UnitState,
    /// How it stands to its GPUs, where it has any and that can be seen.
    pub usage: Option<&'r Usage>,
}

/// The table for people; `page` is the address of the watchdog's page, `now` in microseconds since 1970.
#[must_use]
pub fn text(profile: &str, page: Option<&str>, rows: &[Row<'_>], now: u64) -> String {
    let heading = [
        "SERVICE",
        "STATE",
        "SINCE",
        "RESTARTS",
        "MEMORY",
        "READINESS",
    ];
    let mut cells = vec![heading.map(Cell::plain).to_vec()];
    cells.extend(rows.iter().map(|row| {
        let verdict = match row.state.active {
            ActiveState::Active => of_verdict(Verdict::Ready),
            ActiveState::Activating | ActiveState::Deactivating => of_verdict(Verdict::Degraded),
            _ => of_verdict(Verdict::Down),
        };
        let readiness = row.finding.cause.as_ref().map_or_else(
            || row.finding.verdict.prose().to_owned(),
            |cause| format!("{}: {cause}", row.finding.verdict.prose()),
        );
        vec![
            Cell::plain(row.finding.label.clone()),
            Cell::painted(&state_word(row.state), verdict),
            Cell::plain(since(row.state, now).map(age).unwrap_or_default()),
            Cell::plain(row.state.restarts.to_string()),
            Cell::plain(row.state.memory.map(size).unwrap_or_default()),
            Cell::painted(&readiness, of_verdict(row.finding.verdict)),
        ]
    }));
    let page = page
        .map(|page| format!(", page {page}"))
        .unwrap_or_default();
    format!("profile {profile}{page}\n{}", aligned(&cells))
}

/// The table for programs.
#[must_use]
pub fn json(profile: &str, page: Option<&str>, rows: &[Row<'_>]) -> Value {
    let services: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "name": row.finding.label,
                "unit": row.unit,
                "active_state": row.state.active.word(),
                "sub_state": row.state.sub,
                "installed": row.state.found,
                "since_us": row.state.since_microseconds,
                "restarts": row.state.restarts,
                "main_pid": row.state.main_pid,
                "memory_bytes": row.state.memory,
                "readiness": row.finding.verdict.word(),
                "cause": row.finding.cause,
                "gpu": row.usage.map(super::gpu::usage),
            })
        })
        .collect();
    json!({ "version": 1, "profile": profile, "page": page, "services": services })
}

fn state_word(state: &UnitState) -> String {
    if !state.found {
        return "not installed".to_owned();
    }
    match state.active {
        ActiveState::Active | ActiveState::Inactive | ActiveState::Failed => {
            state.active.word().to_owned()
        }
        _ => format!("{} ({})", state.active.word(), state.sub),
    }
}

fn since(state: &UnitState, now: u64) -> Option<Duration> {
    let since = state.since_microseconds.filter(|since| *since > 0)?;
    Some(Duration::from_micros(now.saturating_sub(since)))
}
