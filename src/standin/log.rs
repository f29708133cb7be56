//! Lines on standard error. It never writes elsewhere, and a closed standard error is no reason
//! to stop answering.

use std::io::{self, Write};

use crate::cli::Service;
use crate::clock::Clock;

/// Writes one line.
pub(crate) fn line(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes what a service just did, with its age in milliseconds.
pub(crate) fn event(service: Service, clock: Clock, what: &str) {
    let age = clock.elapsed().as_secs_f64() * 1000.0;
    line(&format!(
        "juniper-standin {service}: {what} after {age:.1} ms"
    ));
}
