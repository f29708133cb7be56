//! Killed, without room, without network, with the wrong files, a second one beside it: the old environment stays.

use std::time::{Duration, Instant};

use juniper_lab::{Command, Machine};

use super::super::lab::{Outcome, claim, exits, has, run};
use super::super::ordering::Random;
use super::{WHEELS, in_use, machine, provision};

/// How often it is killed.
const KILLS: u32 = 10;

/// Has 1.0 in use again, and nothing else there.
const BACK: &str = "juniperctl provision --rollback data && juniperctl provision --prune data";

pub(super) fn old_stays() -> Outcome {
    let machine = machine()?;
    // What fills this disk fills no other.
    exits(
        &machine,
        "mkdir /opt/juniper && mount -t tmpfs -o size=110M,mode=755 none /opt/juniper",
        0,
    )?;
    exits(&machine, &provision("1.0"), 0)?;
    refusals(&machine)?;
    kills(&machine)?;
    two_at_a_time(&machine)
}

/// Each leaves 1.0 in use and nothing half made.
fn refusals(machine: &Machine) -> Outcome {
    let made = provision("2.0");
    let offline = made.replace(&format!(" --wheelhouse {WHEELS}"), "");
    for (line, code, parts) in [
        (
            provision("wrong-hash"),
            1,
            [
                "error: wrong hash: the file of juniper-data==2.0",
                "hint: it was damaged on its way",
            ],
        ),
        (
            provision("missing"),
            1,
            [
                "error: the wheelhouse has no wheel of trial-absent==1.0",
                "pip download",
            ],
        ),
        (
            provision("broken"),
            1,
            [
                "cannot import juniper_data as juniper: ModuleNotFoundError: No module named 'trial_absent'",
                "not put in use",
            ],
        ),
        (
            provision("large"),
            4,
            [
                "error: no room on the disk of /opt/juniper",
                "nothing was changed",
            ],
        ),
        (
            provision("larger"),
            4,
            [
                "error: the disk is full",
                "hint: make room below /opt/juniper",
            ],
        ),
        (
            format!("PIP_RETRIES=0 {offline}"),
            4,
            [
                "error: the package index cannot be reached",
                "hint: without network: sudo juniperctl provision --wheelhouse DIR",
            ],
        ),
        (
            format!("{made} --python /usr/bin/true"),
            4,
            [
                "error: no Python that the services can run on: /usr/bin/true cannot be run",
                "nothing was changed",
            ],
        ),
        (
            format!("runuser -u juniper -- {made}"),
            4,
            [
                "error: the environments below /opt/juniper are root's",
                "hint: sudo juniperctl provision",
            ],
        ),
    ] {
        let told = exits(machine, &line, code)?;
        has(&told.stderr, &parts)?;
        claim(
            in_use(machine)? == "1.0",
            format!("after `{line}` 1.0 is not in use"),
        )?;
        nothing_half_made(machine)?;
    }
    Ok(())
}

fn nothing_half_made(machine: &Machine) -> Outcome {
    let found = exits(machine, "ls -A /opt/juniper/data", 0)?.stdout;
    claim(
        found
            .lines()
            .all(|name| ["1.0", "2.0", "current", "previous"].contains(&name)),
        format!("something was left: {found}"),
    )
}

/// Killed at random moments, spread over the time that it takes; the next run ends what was left.
fn kills(machine: &Machine) -> Outcome {
    let begun = Instant::now();
    exits(machine, &provision("2.0"), 0)?;
    let took = begun.elapsed();
    let mut random = Random(20_261_126);
    let (mut unfinished, mut moments) = (0_u32, Vec::new());
    exits(machine, BACK, 0)?;
    for round in 0..KILLS {
        claim(
            in_use(machine)? == "1.0",
            "1.0 is not in use before the round",
        )?;
        let part = took / KILLS;
        let within = u64::try_from(part.as_millis()).unwrap().max(1);
        let moment = part * round + Duration::from_millis(random.below(within) + 1);
        moments.push(moment);
        let line = format!(
            "timeout --signal=KILL {}s {}",
            moment.as_secs_f64(),
            provision("2.0")
        );
        let ended = run(machine, &line)?;
        // Nobody goes on building on its own.
        machine.wait_until("the builders to end", Duration::from_secs(10), || {
            run(machine, "! pgrep -u juniper-provision").is_ok_and(|output| output.success())
        })?;
        let used = in_use(machine)?;
        claim(
            used == "2.0" || ended.code() != Some(0),
            "it ended well and 2.0 is not in use",
        )?;
        if used == "1.0" {
            unfinished += 1;
        } else {
            exits(machine, BACK, 0)?;
        }
    }
    // Whatever the last one left is ended by the next.
    exits(machine, &provision("2.0"), 0)?;
    claim(
        in_use(machine)? == "2.0",
        "the run after the kills did not make 2.0",
    )?;
    nothing_half_made(machine)?;
    println!(
        "provision takes {took:.1?}; killed after {moments:.1?}: {unfinished} of {KILLS} left 1.0 in use, the others 2.0"
    );
    claim(unfinished > 0, "no kill came in time")
}

/// The second waits for the first, and finds nothing left to do.
fn two_at_a_time(machine: &Machine) -> Outcome {
    exits(machine, BACK, 0)?;
    let mut first = machine.spawn(Command::shell(&provision("2.0")))?;
    machine.wait_until("the first to be at work", Duration::from_secs(20), || {
        run(machine, "pgrep -u juniper-provision").is_ok_and(|output| output.success())
    })?;
    let second = exits(machine, &provision("2.0"), 0)?;
    has(
        &second.stderr,
        &[
            "waiting for process ",
            "data: 2.0 is in use, as the lock file says",
        ],
    )?;
    claim(
        first.wait(Duration::from_mins(1))?.success(),
        "the first failed",
    )
}
