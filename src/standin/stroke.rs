//! Commits a fault against the process itself. Nothing here returns: that is the point.

use std::time::Duration;

use crate::failure::START_UP_FAILED;
use crate::fault::Stroke;
use crate::log;

/// Strikes the calling thread, which is the only one that answers.
pub(crate) fn strike(stroke: Stroke) -> ! {
    match stroke {
        Stroke::Hang => loop {
            std::thread::sleep(Duration::from_hours(1));
        },
        Stroke::Busy => loop {
            std::hint::spin_loop();
        },
        Stroke::Crash => {
            log::line("juniper-standin: crash on demand");
            leave(1)
        }
        Stroke::StartUpFailure => {
            log::line(START_UP_FAILED);
            leave(3)
        }
    }
}

#[expect(
    clippy::exit,
    reason = "a crash on demand unwinds nothing and ends no connection politely"
)]
fn leave(status: i32) -> ! {
    std::process::exit(status)
}
