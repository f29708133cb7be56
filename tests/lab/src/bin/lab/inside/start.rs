//! `lab inside start`: one clock for `systemctl start` and for the first ready answers.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use juniper_lab::Error;
use rustix::time::{ClockId, clock_gettime};

use super::probe::{Endpoint, first_ready};
use super::{fact, failed};

/// The probers ask by themselves for a moment before the clock starts.
const WARM_UP: Duration = Duration::from_millis(20);

/// Prints `issued MICROSECONDS` by the clock of systemd's timestamps, and since then
/// `returned MICROSECONDS` and `ready NAME MICROSECONDS` for each endpoint.
pub(super) fn run(unit: &str, endpoints: Vec<Endpoint>) -> Result<(), Error> {
    let probers: Vec<_> = endpoints
        .into_iter()
        .map(|Endpoint { name, port }| (name, thread::spawn(move || first_ready(port))))
        .collect();
    thread::sleep(WARM_UP);
    let issued = clock_gettime(ClockId::Monotonic);
    let begun = Instant::now();
    let status = Command::new("systemctl")
        .args(["start", unit])
        .stdin(Stdio::null())
        .status()
        .map_err(|source| failed("run systemctl", source))?;
    let returned = begun.elapsed();
    if !status.success() {
        let source = std::io::Error::other(status.to_string());
        return Err(failed(&format!("start {unit}"), source));
    }
    let microseconds = issued.tv_sec * 1_000_000 + issued.tv_nsec / 1_000;
    fact(&format!("issued {microseconds}"))?;
    fact(&format!("returned {}", returned.as_micros()))?;
    for (name, prober) in probers {
        let ready = prober.join().ok().flatten();
        // One that was ready before the clock started would make everything look fast.
        let ready = ready.and_then(|ready| ready.checked_duration_since(begun));
        let Some(ready) = ready else {
            let source = std::io::Error::other("never ready, or ready before its start");
            return Err(failed(&format!("measure {name}"), source));
        };
        fact(&format!("ready {name} {}", ready.as_micros()))?;
    }
    Ok(())
}
