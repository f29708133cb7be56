//! What a unit tells systemd about its own start (`sd_notify(3)`): readiness, progress, a line of status.
//!
//! Nothing happens where systemd does not listen: outside of a unit, or in one without
//! `NotifyAccess=`. A message that cannot be sent is no error; systemd's time-outs then stand.

use std::time::Duration;

use sd_notify::NotifyState;

/// Tells that the start is complete, and how it went.
pub fn ready(status: &str) {
    send(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Tells what the unit is doing; `systemctl status` shows it.
pub fn status(text: &str) {
    send(&[NotifyState::Status(text)]);
}

/// Tells that the unit still makes progress (`WatchdogSec=`).
pub fn alive() {
    send(&[NotifyState::Watchdog]);
}

/// Asks for at least this much more time from now on.
pub fn extend(time: Duration) {
    // The crate's own word for it ends at 71 minutes.
    let message = format!("EXTEND_TIMEOUT_USEC={}", time.as_micros());
    send(&[NotifyState::Custom(&message)]);
}

fn send(states: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(states);
}
