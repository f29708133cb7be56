//! `lab inside cost`: what processes cost while they do what they always do.
//!
//! Memory is the proportional set size, which counts a shared page by the number of those who share
//! it; processor time is what the kernel's scheduler counted, in nanoseconds, over all threads.

use std::fs;
use std::thread;
use std::time::Duration;

use juniper_lab::Error;

use super::{fact, failed};

/// Prints `opened COUNT`, the TCP connections made in the machine meanwhile, and for each process
/// `process PID KIBIBYTES MICROSECONDS`.
pub(super) fn run(pids: &[u32], settle: Duration, span: Duration) -> Result<(), Error> {
    // What was started just now has its beginnings behind it then.
    thread::sleep(settle);
    let opened = opened()?;
    let before: Vec<u64> = pids
        .iter()
        .map(|&pid| spent(pid))
        .collect::<Result<_, _>>()?;
    thread::sleep(span);
    let after: Vec<u64> = pids
        .iter()
        .map(|&pid| spent(pid))
        .collect::<Result<_, _>>()?;
    fact(&format!(
        "opened {}",
        self::opened()?.saturating_sub(opened)
    ))?;
    for ((pid, before), after) in pids.iter().zip(before).zip(after) {
        let memory = memory(*pid)?;
        let spent = after.saturating_sub(before) / 1_000;
        fact(&format!("process {pid} {memory} {spent}"))?;
    }
    Ok(())
}

/// The nanoseconds that all threads of a process have run.
fn spent(pid: u32) -> Result<u64, Error> {
    let path = format!("/proc/{pid}/task");
    let threads = fs::read_dir(&path).map_err(|source| failed(&format!("read {path}"), source))?;
    Ok(threads
        .flatten()
        // A thread may end at any time.
        .filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok())
        .filter_map(|text| text.split(' ').next()?.parse::<u64>().ok())
        .sum())
}

/// The proportional set size of a process in KiB.
fn memory(pid: u32) -> Result<u64, Error> {
    let text = read(&format!("/proc/{pid}/smaps_rollup"))?;
    let found = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    found
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .ok_or(Error::Unreadable {
            what: "the memory of a process",
            text,
        })
}

/// The TCP connections that were ever opened here.
fn opened() -> Result<u64, Error> {
    let text = read("/proc/net/snmp")?;
    counter(&text, "Tcp:", "ActiveOpens").ok_or(Error::Unreadable {
        what: "the kernel's counters",
        text,
    })
}

/// A counter of the kernel: a line of names is followed by a line of values.
fn counter(text: &str, group: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter(|line| line.starts_with(group));
    let place = lines.next()?.split(' ').position(|word| word == name)?;
    lines.next()?.split(' ').nth(place)?.parse().ok()
}

fn read(path: &str) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| failed(&format!("read {path}"), source))
}

#[cfg(test)]
mod tests {
    use super::counter;

    #[test]
    fn a_counter_is_found_under_its_name() {
        let text = "Ip: Forwarding\nIp: 1\nTcp: RtoMin ActiveOpens\nTcp: 200 4711\n";
        assert_eq!(counter(text, "Tcp:", "ActiveOpens"), Some(4_711));
        assert_eq!(counter(text, "Tcp:", "PassiveOpens"), None);
    }
}
