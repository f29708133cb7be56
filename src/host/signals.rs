//! Signals that reach this process and mean something other than its end.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits until somebody wants an end of it (SIGINT); for ever where that cannot be heard.
pub async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// SIGHUP: read the configuration again.
pub struct HangUps(Signal);

impl HangUps {
    /// Takes them over; before that one would end the process.
    ///
    /// # Errors
    /// The kernel refuses the handler.
    pub fn new() -> io::Result<Self> {
        signal(SignalKind::hangup()).map(Self)
    }

    /// Waits for the next.
    pub async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            // None comes any more: then there is nothing to wait for.
            std::future::pending::<()>().await;
        }
    }
}
