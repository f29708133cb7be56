//! What a unit tells systemd about its own start (`sd_notify(3)`): readiness, progress, a line of status.
//!
//! Nothing happens where systemd does not listen: outside of a unit, or in one without
//! `NotifyAccess=`. A message that cannot be sent is no error; systemd's time-outs then stand.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::net::unix::pipe::Receiver;

use super::clock;

/// systemd is not waited for any longer.
const LONGEST: Duration = Duration::from_secs(2);

/// Tells that the start is complete, and how it went.
pub fn ready(status: &str) {
    send(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Tells that the main process runs, which is all that `Type=exec` would wait for.
pub fn begun() {
    send(&[NotifyState::Ready]);
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

/// Waits until systemd has read what was sent, and so has done what it was at before.
pub async fn settled() {
    // Where this fails there is nobody to wait for.
    let _ = barrier().await;
}

async fn barrier() -> io::Result<()> {
    let (reader, writer) = io::pipe()?;
    sd_notify::notify_with_fds(&[NotifyState::Custom("BARRIER=1")], &[writer.as_fd()])?;
    drop(writer);
    // systemd closes its end when it comes to the message.
    let closing = Receiver::from_owned_fd(OwnedFd::from(reader))?;
    clock::within(LONGEST, closing.readable())
        .await
        .map_or(Ok(()), |ready| ready)
}

fn send(states: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(states);
}
