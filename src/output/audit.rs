//! The audit as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::gpu::GpuName;
use crate::hardening::audit::Audited;
use crate::hardening::{By, Exposure, Relaxed};
use crate::readiness::Verdict;
use crate::spec::stack::Gpu;

use super::gpu::Section;
use super::style::of_verdict;
use super::table::{Cell, aligned};

/// One unit.
pub struct Row {
    /// What was computed.
    pub audited: Audited,
    /// What systemd says of the installed unit, where it was asked.
    pub measured: Option<Exposure>,
}

impl Row {
    /// Whether it is more exposed than it may be, by either figure.
    #[must_use]
    pub fn is_over_budget(&self) -> bool {
        self.audited.is_over_budget()
            || self
                .measured
                .is_some_and(|measured| measured > self.audited.budget)
    }
}

/// For people.
#[must_use]
pub fn text(profile: &str, systemd: &str, rows: &[Row], gpus: &Section) -> String {
    let heading = ["UNIT", "SANDBOX", "EXPOSURE", "BUDGET", "SYSTEMD SAYS"];
    let mut cells = vec![heading.map(Cell::plain).to_vec()];
    cells.extend(rows.iter().map(|row| {
        let verdict = if row.is_over_budget() {
            Verdict::Down
        } else {
            Verdict::Ready
        };
        let exposure = row.audited.exposure.to_string();
        let measured = row
            .measured
            .map_or_else(|| "-".to_owned(), |it| it.to_string());
        let judged = if row.is_over_budget() {
            format!("{measured}  over its budget")
        } else {
            measured
        };
        vec![
            Cell::plain(row.audited.unit.clone()),
            Cell::plain(row.audited.profile.word()),
            Cell::painted(&exposure, of_verdict(verdict)),
            Cell::plain(row.audited.budget.to_string()),
            Cell::painted(&judged, of_verdict(verdict)),
        ]
    }));
    let mut text = format!(
        "profile {profile}, systemd {systemd}; exposure from 0.0 (nothing open) to 10.0\n{}",
        aligned(&cells)
    );
    for row in rows {
        let over = if row.audited.is_over_budget() {
            row.audited.open.as_slice()
        } else {
            &[]
        };
        let changed = row.is_over_budget() && !row.audited.is_over_budget();
        let gpu = gpu(&row.audited.gpu);
        let let_out = row.audited.let_out;
        let nothing = row.audited.relaxed.is_empty() && over.is_empty() && !changed;
        if nothing && gpu.is_none() && let_out.is_none() {
            continue;
        }
        let _ = writeln!(text, "\n{}", row.audited.unit);
        if changed {
            let unit = &row.audited.unit;
            let _ = writeln!(
                text,
                "  installed, it is more exposed than as configured: a drop-in or an edit opens it;\n  \
                 `systemctl cat {unit}` shows which, `systemd-analyze security --offline=true \
                 /etc/systemd/system/{unit}` what it opens"
            );
        }
        if let Some(gpu) = gpu {
            let _ = writeln!(text, "  may open {gpu}");
        }
        if let Some(address) = let_out {
            let _ = writeln!(text, "  let out of the group's network at {address}");
        }
        for (what, reason) in by_reason(&row.audited.relaxed) {
            let _ = writeln!(text, "  {what}: {reason}");
        }
        for open in over {
            let _ = writeln!(text, "  {} adds {}", open.question, open.points());
        }
    }
    text + &gpus.text()
}

/// For programs.
#[must_use]
pub fn json(profile: &str, systemd: &str, rows: &[Row], gpus: &Section) -> Value {
    let units: Vec<Value> = rows
        .iter()
        .map(|row| {
            let audited = &row.audited;
            let relaxed: Vec<Value> = audited
                .relaxed
                .iter()
                .map(|relaxed| {
                    json!({
                        "directive": relaxed.name,
                        "instead": relaxed.instead,
                        "reason": relaxed.reason,
                        "by": by(relaxed.by),
                    })
                })
                .collect();
            let open: Vec<Value> = audited
                .open
                .iter()
                .map(|open| json!({ "question": open.question, "thousandths": open.adds }))
                .collect();
            json!({
                "unit": audited.unit,
                "service": audited.service,
                "sandbox": audited.profile.word(),
                "exposure": audited.exposure.to_string(),
                "budget": audited.budget.to_string(),
                "measured": row.measured.map(|measured| measured.to_string()),
                "over_budget": row.is_over_budget(),
                "changed": row.measured.is_some_and(|measured| measured > audited.exposure),
                "gpu": gpu(&audited.gpu),
                "let_out": audited.let_out,
                "relaxed": relaxed,
                "open": open,
            })
        })
        .collect();
    json!({
        "version": 1,
        "profile": profile,
        "systemd": systemd,
        "units": units,
        "gpus": gpus.json(),
    })
}

/// What is off or less, those with the same reason together.
fn by_reason(relaxed: &[Relaxed]) -> Vec<(String, &str)> {
    let mut told: Vec<(Option<&str>, &str, Vec<String>)> = Vec::new();
    for one in relaxed {
        let name = format!("{}=", one.name);
        let alike = told
            .iter_mut()
            .find(|(instead, reason, _)| *instead == one.instead && *reason == one.reason);
        match alike {
            Some((_, _, names)) => names.push(name),
            None => told.push((one.instead, &one.reason, vec![name])),
        }
    }
    told.into_iter()
        .map(|(instead, reason, names)| {
            let verb = if names.len() == 1 { "is" } else { "are" };
            let value = instead.unwrap_or("off");
            (format!("{} {verb} {value}", names.join(", ")), reason)
        })
        .collect()
}

fn by(by: By) -> &'static str {
    match by {
        By::Profile(_) => "profile",
        By::Configuration => "configuration",
        By::Site => "site",
        By::Manager => "user mode",
    }
}

fn gpu(gpu: &Gpu) -> Option<String> {
    match gpu {
        Gpu::None => None,
        Gpu::All => Some("every GPU".to_owned()),
        Gpu::Count(1) => Some("one GPU".to_owned()),
        Gpu::Count(count) => Some(format!("{count} GPUs")),
        Gpu::Named(names) => {
            let names: Vec<String> = names.iter().map(GpuName::to_string).collect();
            Some(names.join(", "))
        }
    }
}
