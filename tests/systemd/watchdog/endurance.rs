//! The watchdog's own troubles, and those of the machine around it: nobody else has any of them.

use std::time::{Duration, Instant};

use juniper_lab::Suite;

use super::super::lab::{Outcome, claim, run};
use super::stage::{ALL, NOTICED, SLACK, Stage, WATCHDOG};

/// `WatchdogSec=` of the unit, and the second that systemd waits before it restarts.
const BACK: Duration = Duration::from_secs(10 + 1);

pub(super) fn troubles(suite: Suite) -> Outcome {
    let stage = Stage::set(suite, "")?;
    let before = stage.processes()?;
    for signal in ["KILL", "STOP", "ABRT"] {
        let process = stage.process(WATCHDOG)?;
        let begun = Instant::now();
        stage.signal(WATCHDOG, signal)?;
        stage.replaced(WATCHDOG, &process)?;
        stage.waits_until("the watchdog to be back", || {
            run(
                &stage.machine,
                &format!("systemctl is-active --quiet {WATCHDOG}"),
            )
            .is_ok_and(|active| active.success())
        })?;
        let took = begun.elapsed();
        claim(
            took <= BACK + SLACK,
            format!("back {took:?} after SIG{signal}"),
        )?;
    }
    // Frozen for a while, but not for long enough to be restarted.
    stage.signal(WATCHDOG, "STOP")?;
    stage.exits("sleep 5", 0)?;
    stage.signal(WATCHDOG, "CONT")?;
    for line in [
        "systemctl restart dbus.service",
        "systemctl restart systemd-journald.service; systemctl daemon-reload",
        "systemctl daemon-reexec",
    ] {
        run(&stage.machine, line)?;
        stage.goes_on(NOTICED, || {
            // The bus may be away for a moment.
            let Ok(now) = stage.processes() else {
                return Ok(());
            };
            claim(now == before, format!("{line}: {before:?} became {now:?}"))
        })?;
    }
    claim(
        stage.incidents()?.is_empty(),
        format!("{:?}", stage.incidents()?),
    )?;
    // And after all that it still does what it is there for.
    stage.exits("juniper-standin fault hang data", 0)?;
    let took = stage.replaced(ALL[0].1, &before[0])?;
    claim(took <= NOTICED + SLACK, format!("noticed after {took:?}"))?;
    stage.all_well()
}
