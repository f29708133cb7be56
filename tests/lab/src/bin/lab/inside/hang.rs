//! `lab inside hang`: from the moment at which a stand-in hangs until its successor is ready.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use juniper_lab::Error;

use super::probe::first_ready;
use super::{fact, failed};

/// Waits, has the stand-in for data on this port hang, and prints `again MICROSECONDS`.
pub(super) fn run(port: u16, pause: Duration) -> Result<(), Error> {
    thread::sleep(pause);
    let begun = Instant::now();
    let doing = format!("have the stand-in on port {port} hang");
    let status = Command::new("juniper-standin")
        .args(["fault", "hang", "data", "--port", &port.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|source| failed(&doing, source))?;
    if !status.success() {
        return Err(failed(&doing, std::io::Error::other(status.to_string())));
    }
    let Some(ready) = first_ready(port) else {
        let source = std::io::Error::other("it never was ready again");
        return Err(failed(&format!("measure port {port}"), source));
    };
    fact(&format!("again {}", (ready - begun).as_micros()))
}
