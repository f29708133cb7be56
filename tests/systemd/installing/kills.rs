//! Kill -9 at the system calls of an install, by strace(1)'s fault injection: the call is never made.

use std::collections::BTreeMap;

use juniper_lab::Suite;
use libtest_mimic::Failed;

use super::super::lab::{self, Outcome, claim, exits};
use super::stage::{PROFILES, Stage};
use super::table::note;

/// Those that change something on disk.
const WRITING: [&str; 13] = [
    "mkdir",
    "rmdir",
    "rename",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "unlink",
    "unlinkat",
    "fsync",
    "write",
    "fchmod",
    "chmod",
];

/// One system call of an install: the `nth` of this name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Point {
    call: String,
    nth: usize,
}

/// How many points CI tries, spread over all; `make soak` tries every call that writes, and a thousand others.
fn wanted() -> usize {
    lab::count("INSTALL_KILLS", 30)
}

/// After each kill one whole set that systemd takes; another attempt completes.
pub(super) fn campaign(suite: Suite) -> Outcome {
    let stage = Stage::set(suite)?;
    let mut tried = 0;
    let (mut old_sets, mut new_sets, mut missed) = (0, 0, 0);
    let mut calls: BTreeMap<String, usize> = BTreeMap::new();
    let all = points(&stage)?;
    let chosen = spread(&all, wanted());
    claim(!chosen.is_empty(), "no points")?;
    for (round, point) in chosen.iter().enumerate() {
        // Back and forth: what one round leaves is what the next one starts from.
        let (old, new) = (PROFILES[round % 2], PROFILES[(round + 1) % 2]);
        let Point { call, nth } = point;
        let when = format!("killed at {call} {nth} from {old} to {new}");
        let options =
            format!("-o /dev/null -e trace={call} -e inject={call}:signal=KILL:when={nth}");
        let output = stage.traced(&options, new)?;
        let is_new = stage.is_whole(old, new, &when)?;
        if output.success() {
            claim(is_new, format!("{when}: an install that was not killed"))?;
            missed += 1;
        } else if is_new {
            new_sets += 1;
        } else {
            old_sets += 1;
        }
        stage.completes(new, &when)?;
        tried += 1;
        *calls.entry(call.clone()).or_default() += 1;
    }
    claim(
        missed * 5 < tried,
        format!("{missed} of {tried} were not killed"),
    )?;
    let listed: Vec<String> = calls
        .iter()
        .map(|(call, count)| format!("{call} {count}"))
        .collect();
    note(
        "kill -9 at a system call",
        format!(
            "{tried} kills of {} calls: {old_sets} times the old set, {new_sets} times the new one, {missed} \
             installs that ended before the call; {}",
            all.len(),
            listed.join(", ")
        ),
    );
    Ok(())
}

/// Every call from the lock to the end, in order. The two ways make about the same calls.
fn points(stage: &Stage) -> Result<Vec<Point>, Failed> {
    claim(
        stage.traced("-o /run/trace", PROFILES[1])?.success(),
        "the traced install failed",
    )?;
    let trace = exits(&stage.machine, "cat /run/trace", 0)?.stdout;
    stage.install(PROFILES[0])?;
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    let mut points = Vec::new();
    let mut is_locked = false;
    for line in trace.lines() {
        let Some((call, _)) = line.split_once('(') else {
            continue;
        };
        let is_name = call
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        // The process ends with the last one; there is nothing to be killed after it.
        if !is_name || call == "exit_group" {
            continue;
        }
        let nth = counted.entry(call).or_default();
        *nth += 1;
        is_locked |= call == "flock";
        if is_locked {
            points.push(Point {
                call: call.to_owned(),
                nth: *nth,
            });
        }
    }
    Ok(points)
}

/// Half of them among the calls that write, half among all; every one of those that write where that many are
/// wanted.
fn spread(all: &[Point], wanted: usize) -> Vec<Point> {
    let writing: Vec<&Point> = all
        .iter()
        .filter(|point| WRITING.contains(&point.call.as_str()))
        .collect();
    let others: Vec<&Point> = all
        .iter()
        .filter(|point| !WRITING.contains(&point.call.as_str()))
        .collect();
    let of_writing = writing
        .len()
        .min(wanted.div_ceil(2).max(wanted.saturating_sub(others.len())));
    let mut chosen = every(&writing, of_writing);
    chosen.extend(every(&others, wanted - of_writing));
    chosen
}

fn every(points: &[&Point], count: usize) -> Vec<Point> {
    let count = count.min(points.len());
    (0..count)
        .map(|index| points[index * points.len() / count].clone())
        .collect()
}
