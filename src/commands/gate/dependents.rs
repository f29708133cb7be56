//! What happens to dependents when the service they depend on goes or comes back.
//!
//! systemd's own `Requires=` and `BindsTo=` cannot say it: with them a dependency whose first start
//! fails leaves its dependents dead for ever, and what `BindsTo=` stopped never returns (measured on
//! 247 to 262). So the unit of the dependency calls these; they only ever restart what runs, and
//! never start what somebody stopped. A dependent waits in its own gate until the other is ready.

use std::time::Duration;

use crate::error::{CommandError, Kind};
use crate::host::systemd::{BusError, Systemd};
use crate::host::{clock, process};
use crate::readiness::unit_state::{ActiveState, UnitState};

use super::super::Context;
use super::passed;

/// The name that the kernel has for a process that is still the gate.
const GATE: &str = "juniperctl";

/// systemd is asked for no longer: these lines run inside the service's stop and start.
const LONGEST: Duration = Duration::from_secs(5);

/// The dependency is gone: those that must not run without it are restarted at once, which takes
/// them back into their gates.
pub(super) async fn lost(patterns: &[String], context: &Context) -> Result<u8, CommandError> {
    in_time(async {
        let systemd = context.systemd().await?;
        for (unit, state) in running(patterns, &systemd).await? {
            if past_its_gate(&state) {
                restart(&unit, &state, &systemd, context).await;
            }
        }
        Ok(())
    })
    .await
}

/// The dependency is ready: those that passed their gates before its present start are restarted.
pub(super) async fn returned(
    of: &str,
    patterns: &[String],
    context: &Context,
) -> Result<u8, CommandError> {
    in_time(async {
        let systemd = context.systemd().await?;
        let mut states = systemd.states(&[of.to_owned()]).await?;
        let Some(mut dependency) = states.remove(of) else {
            return Ok(());
        };
        systemd.detail(&mut dependency).await?;
        for (unit, state) in running(patterns, &systemd).await? {
            let passed_at = passed::when(&state, context.is_user());
            if !past_its_gate(&state) {
                context
                    .terminal
                    .error(&format!("{unit} is left: it has not passed its gate"));
            } else if passed_at < dependency.started_at {
                restart(&unit, &state, &systemd, context).await;
            } else {
                // Whoever wonders why it was not restarted finds the answer in the journal.
                context.terminal.error(&format!(
                    "{unit} is left: its gate asked {} ms after {of} began",
                    (passed_at - dependency.started_at) / 1000
                ));
            }
        }
        Ok(())
    })
    .await
}

async fn in_time(work: impl Future<Output = Result<(), BusError>>) -> Result<u8, CommandError> {
    match clock::within(LONGEST, work).await {
        Some(done) => done.map(|()| 0).map_err(CommandError::from),
        None => Err(CommandError::new(
            Kind::Machine,
            "systemd does not answer; dependents are left as they are",
        )),
    }
}

async fn running(
    patterns: &[String],
    systemd: &Systemd,
) -> Result<Vec<(String, UnitState)>, BusError> {
    let mut found = Vec::new();
    for (unit, mut state) in systemd.running(patterns).await? {
        systemd.detail(&mut state).await?;
        found.push((unit, state));
    }
    Ok(found)
}

/// Whether the service's own program runs, and not its gate or what systemd does before that: its
/// processes have names in parentheses until they run a program.
fn past_its_gate(state: &UnitState) -> bool {
    if state.active == ActiveState::Active {
        return true;
    }
    let program = process::program_of(state.main_pid);
    program
        .is_some_and(|name| name != GATE && !name.starts_with('(') && !name.starts_with("systemd"))
}

/// Queues the restart and does not wait for it: this runs inside a job that may come before it. It is
/// no failure of the dependent's own, and does not count towards its start limit.
async fn restart(unit: &str, state: &UnitState, systemd: &Systemd, context: &Context) {
    if let Err(error) = systemd.reset_failed(unit).await {
        context.terminal.error(&error.to_string());
    }
    match systemd.restart_running(unit, &state.active).await {
        Ok(()) => context.terminal.error(&format!("{unit} is restarted")),
        // It is being stopped already, or somebody has just changed their mind about it.
        Err(error) => context.terminal.error(&format!("{unit} is left: {error}")),
    }
}
