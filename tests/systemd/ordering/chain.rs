//! The diamond with delays: who waited for whom, and that nobody waited for nothing.

use juniper_lab::{BootOptions, Suite};
use serde_json::Value;
use std::fmt::Write as _;

use super::super::lab::{Outcome, claim, exits, has, machine};
use super::campaign::Random;
use super::table::note;

/// Starts with other random delays each.
const STARTS: usize = 5;

/// No start takes less than its services do; what it takes beyond that depends on what else the
/// computer does, so that up to this many are tried before it counts as too much.
const TRIES: usize = 3 * STARTS;

/// The most that a start may take beyond its critical path, in milliseconds.
const BEYOND: f64 = 30.0;

/// How far apart two services may begin that wait for the same one, in microseconds.
const SIDE_BY_SIDE: f64 = 250_000.0;

/// data (0.3 s) -> cascor (0.8 s) -> worker (0.5 s), canopy (1.2 s, after data and cascor).
const DELAYS: [(&str, u64); 4] = [
    ("data", 300),
    ("cascor", 800),
    ("worker", 500),
    ("canopy", 1_200),
];

/// Each start is explained, its chain is the right one, and what lies beyond the chain is small.
pub(super) fn explained(suite: Suite) -> Outcome {
    let machine = machine(suite, BootOptions::default())?;
    let mut random = Random(20_261_125 + u64::from(suite.systemd_version()));
    let mut beyond: Vec<f64> = Vec::new();
    while beyond.len() < STARTS
        || (beyond.len() < TRIES && beyond.iter().all(|taken| *taken > BEYOND))
    {
        let mut text = String::from("profile = \"mock\"\n");
        for (name, delay) in DELAYS {
            let delay = delay + random.below(200);
            let _ = writeln!(
                text,
                "[services.{name}.environment]\nJUNIPER_STANDIN_READY_AFTER = \"{delay}ms\""
            );
        }
        machine.write("/etc/juniper/juniper.toml", text, 0o644)?;
        exits(&machine, "juniperctl install", 0)?;
        exits(&machine, "systemctl start juniper.target", 0)?;
        let told = exits(&machine, "juniperctl graph --chain --json", 0)?;
        beyond.push(judged(&serde_json::from_str(&told.stdout)?)?);
        exits(&machine, "systemctl stop juniper.target", 0)?;
        exits(&machine, "systemctl reset-failed", 0)?;
    }
    let told = exits(&machine, "juniperctl graph --chain", 0)?;
    println!("{}", told.stdout);
    has(
        &told.stdout,
        &[
            "canopy",
            "after cascor",
            "beyond the chain",
            &format!(
                "compared with the last {} starts",
                (beyond.len() - 1).min(10)
            ),
        ],
    )?;
    beyond.sort_by(f64::total_cmp);
    let (best, middle) = (beyond[0], beyond[beyond.len() / 2]);
    note(
        suite,
        "diamond with random delays",
        "group",
        format!("ready {middle:.0} ms beyond its critical path (median; best {best:.0})"),
    );
    claim(
        best <= BEYOND,
        format!("all starts took more than {BEYOND} ms beyond their chains: {beyond:?}"),
    )
}

/// What one start took beyond its chain, in milliseconds; the chain is the right one, and what is
/// independent began side by side.
fn judged(told: &Value) -> Result<f64, libtest_mimic::Failed> {
    let names: Vec<&str> = told["chain"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|step| step["name"].as_str())
        .collect();
    claim(
        names == ["canopy", "cascor", "data"],
        format!("the chain is {told}"),
    )?;
    let began = |step: &Value| {
        step["ready_us"].as_f64().unwrap_or(f64::NAN) - step["own_us"].as_f64().unwrap_or(f64::NAN)
    };
    let apart = began(&told["chain"][0]) - began(&told["others"][0]);
    claim(
        apart.abs() < SIDE_BY_SIDE,
        format!("canopy and worker began {apart} microseconds apart: {told}"),
    )?;
    Ok(told["beyond_us"].as_f64().ok_or("no beyond_us")? / 1_000.0)
}
