//! The watcher beside a starting service: its unit's `ExecStartPost=`. The start is complete when it
//! leaves with success, and that is when the service is ready; where it is not in time the watcher says
//! why and leaves with a failure, upon which systemd ends the service.
//!
//! It stands in for the `READY=1` that none of the services sends. It never touches what the service
//! writes, and acts on no other process than the main one.

use std::time::Duration;

use crate::cli::{GateWatch, Target};
use crate::error::{CommandError, Kind};
use crate::host::process::Watched;
use crate::host::{clock, environment, notify};
use crate::output::style::latency;
use crate::readiness::pace::pause_before_start;

use super::super::Context;
use super::unready::Unready;
use super::waiter::{Unmet, Waiter};
use super::{NOT_READY, expectations, passed};

/// What systemd's own time-out is longer than the watcher's, so that the watcher can say why.
pub(super) const MARGIN: Duration = Duration::from_secs(5);

/// How long one that is aborted may take to say where it was; systemd's time-out comes after that.
const LAST_WORDS: Duration = Duration::from_secs(4);

/// Watches until the service is ready, has ended, or is given up.
pub(super) async fn run(watch: &GateWatch, context: &Context) -> Result<u8, CommandError> {
    let Some(main) = main_process()? else {
        // systemd tells how it ended.
        return Ok(NOT_READY);
    };
    // This command line has a time-out of its own, and the gate's pause is part of its time. What the
    // gate asks for itself is lost where systemd has not come to this command line yet.
    notify::extend(pause_before_start(Unready::here().count()) + MARGIN);
    tokio::select! {
        biased;
        () = main.ended() => Ok(NOT_READY),
        ended = follow(watch, &main, context) => ended,
    }
}

/// The process that is watched; `None` where it has ended.
fn main_process() -> Result<Option<Watched>, CommandError> {
    let Some(pid) = environment::main_process() else {
        return Err(CommandError::new(
            Kind::Usage,
            "there is no MAINPID: this is for the ExecStartPost= of a unit",
        ));
    };
    Watched::open(pid).map_err(|error| {
        CommandError::new(
            Kind::Machine,
            format!("cannot watch the main process {pid}: {error}"),
        )
    })
}

async fn follow(watch: &GateWatch, main: &Watched, context: &Context) -> Result<u8, CommandError> {
    passed::awaited().await?;
    let Some(url) = watch.ready.clone() else {
        // Nobody can ask this service whether it is ready: being started has to do.
        notify::status("started");
        forget(context);
        return Ok(0);
    };
    let target = Target {
        name: watch.service.clone(),
        url,
    };
    let target = target.of_instance(watch.instance);
    notify::extend(watch.startup + MARGIN);
    notify::status("starting");
    let waiter = Waiter::new(watch.startup, expectations(watch.expect.clone())?, context)?
        .then(MARGIN)
        .beside(main);
    match waiter.all_ready(&[target]).await {
        Ok(()) => {
            notify::status(&format!("ready after {}", latency(waiter.waited())));
            forget(context);
            Ok(0)
        }
        Err(unmet) => {
            give_up(main, &unmet, &waiter).await;
            Ok(NOT_READY)
        }
    }
}

fn forget(context: &Context) {
    if let Err(error) = Unready::here().forget() {
        context.terminal.error(&format!("warning: {error}"));
    }
}

/// Says why. One that answers is ended by systemd once the watcher has left; one that does not is
/// aborted first.
async fn give_up(main: &Watched, unmet: &Unmet, waiter: &Waiter<'_>) {
    if main.has_ended() {
        return;
    }
    let told = waiter.in_vain(unmet);
    waiter.context.terminal.error(&told);
    notify::status(&told);
    if !unmet.answered {
        main.abort();
        clock::within(LAST_WORDS, main.ended()).await;
    }
}
