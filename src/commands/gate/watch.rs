//! The watcher beside a starting service: tells systemd when it is ready, ends it when it is not in
//! time, and leaves.
//!
//! It stands in for `READY=1`, which none of the services sends. Because it is in the service's own
//! sandbox already, nothing has to be built for it; an `ExecStartPost=` would build the whole sandbox
//! once more on each start (45 ms measured on a small machine).

use std::time::Duration;

use crate::cli::{GateExec, Target};
use crate::error::CommandError;
use crate::host::notify;
use crate::host::process::{self, Became};
use crate::output::style::latency;

use super::super::Context;
use super::unready::Unready;
use super::waiter::{Unmet, Waiter};
use super::{NOT_READY, expectations};

/// What systemd's own time-out is longer than the watcher's, so that the watcher can say why.
pub(super) const MARGIN: Duration = Duration::from_secs(5);

/// Watches until the service is ready, or given up.
pub(super) async fn run(
    exec: &GateExec,
    main: i32,
    became: Became,
    context: &Context,
) -> Result<u8, CommandError> {
    let Some(url) = exec.ready.clone() else {
        return Ok(0);
    };
    let target = Target {
        name: exec.service.clone(),
        url,
    };
    let target = target.of_instance(exec.instance);
    // Without the pipe's word the start is watched from here on.
    if let Err(error) = became.wait().await {
        context.terminal.detail(&error.to_string());
    }
    notify::extend(exec.startup + MARGIN);
    notify::status("starting");
    let waiter = Waiter::new(exec.startup, expectations(exec.expect.clone())?, context)?
        .then(MARGIN)
        .beside(main);
    match waiter.all_ready(&[target]).await {
        Ok(()) => {
            notify::ready(&format!("ready after {}", latency(waiter.waited())));
            if let Err(error) = Unready::here().forget() {
                context.terminal.error(&format!("warning: {error}"));
            }
            notify::settled();
            Ok(0)
        }
        // systemd tells how it ended.
        Err(_) if !process::is_alive(main) => Ok(NOT_READY),
        Err(unmet) => {
            give_up(main, &unmet, &waiter);
            Ok(NOT_READY)
        }
    }
}

fn give_up(main: i32, unmet: &Unmet, waiter: &Waiter<'_>) {
    let told = waiter.in_vain(unmet);
    waiter.context.terminal.error(&told);
    notify::status(&told);
    notify::settled();
    if unmet.answered {
        process::terminate(main);
    } else {
        process::abort(main);
    }
}
