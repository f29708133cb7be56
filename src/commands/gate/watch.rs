//! The watcher beside a starting service: its unit's `ExecStartPost=`. The start is complete when it
//! leaves with success, and that is when the service is ready; where it is not in time the watcher says
//! why and leaves with a failure, upon which systemd ends the service. A watcher that is stopped together
//! with its service (SIGTERM) just ends, and its unit says that this is no failure.
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
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Watches until the service is ready, has ended, or is given up.
pub(super) async fn run(watch: &GateWatch, context: &Context) -> Result<u8, CommandError> {
    let unready = Unready::here();
    let failures = unready.count();
    // This command line has a time-out of its own, and the gate's pause is part of its time. What the
    // gate asks for itself is lost where systemd has not come to this command line yet.
    notify::extend(pause_before_start(failures) + MARGIN);
    let ready = match main_process()? {
        // systemd tells how it ended.
        None => false,
        Some(main) => tokio::select! {
            biased;
            () = main.ended() => false,
            ready = follow(watch, &main, context) => ready?,
        },
    };
    if ready {
        remember(unready.forget(), context);
        return Ok(0);
    }
    // Whoever stops the unit ends the main process, and this one next: by then it has. A start that was
    // called off has not failed.
    notify::settled().await;
    if passed::is_noted() {
        remember(unready.note(failures.saturating_add(1)), context);
    }
    Ok(NOT_READY)
}

/// What is remembered of a start makes later ones better; a full disk must not spoil this one.
fn remember(noted: Result<(), CommandError>, context: &Context) {
    if let Err(error) = noted {
        context.terminal.error(&format!("warning: {error}"));
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

/// Whether the service gets ready in time.
async fn follow(
    watch: &GateWatch,
    main: &Watched,
    context: &Context,
) -> Result<bool, CommandError> {
    passed::awaited().await?;
    let Some(url) = watch.ready.clone() else {
        // Nobody can ask this service whether it is ready: being started has to do.
        notify::status("started");
        return Ok(true);
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
        Ok(_) => {
            notify::status(&format!("ready after {}", latency(waiter.waited())));
            Ok(true)
        }
        Err(unmet) => {
            give_up(main, &unmet, &waiter).await;
            Ok(false)
        }
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
