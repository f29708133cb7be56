//! A training run while its neighbours are killed, again and again.

use std::thread;
use std::time::Duration;

use juniper_lab::{Machine, Suite};
use libtest_mimic::Failed;

use super::super::lab::{self, Outcome, claim, exits, machine, run};
use super::stage::seconds;
use super::table::note;

/// How often somebody is killed; `make soak` asks for more.
fn count() -> u32 {
    lab::count("KILLS", 50)
}

/// Longer than all the kills take, in seconds.
const fn training(kills: u32) -> u32 {
    10 + kills * 2 / 5
}

/// Fifty kills of data and of a worker at random moments: cascor's process never changes, and the run
/// completes.
pub(super) fn kills(suite: Suite) -> Outcome {
    let (machine, kills) = (
        machine(suite, juniper_lab::BootOptions::default())?,
        count(),
    );
    machine.write(
        "/etc/juniper/juniper.toml",
        format!(
            "profile = \"mock\"\n[services.cascor.environment]\nJUNIPER_STANDIN_TRAINING = \"{}s\"\n",
            training(kills)
        ),
        0o644,
    )?;
    exits(&machine, "juniperctl install --now", 0)?;
    exits(
        &machine,
        "curl -fsS -X POST http://127.0.0.1:8200/v1/training/start",
        0,
    )?;
    let process = cascor(&machine)?;
    let mut random = Random(20_261_125);
    let mut cleared = 0;
    for _ in 0..kills {
        thread::sleep(Duration::from_millis(random.below(400)));
        let (service, unit) = if random.below(2) == 0 {
            ("data", "juniper-data.service")
        } else {
            ("worker@1", "juniper-cascor-worker@1.service")
        };
        // Five kills within a minute are systemd's start limit; an operator clears it.
        if run(&machine, &format!("systemctl is-failed --quiet {unit}"))?.success() {
            exits(
                &machine,
                &format!("juniperctl start --no-wait {service}"),
                0,
            )?;
            cleared += 1;
        }
        machine.wait_until("the victim to run", Duration::from_secs(10), || {
            run(&machine, &format!("systemctl kill -s KILL {unit}")).is_ok_and(|it| it.success())
        })?;
        claim(
            cascor(&machine)? == process,
            "cascor was restarted by the death of a neighbour",
        )?;
    }
    claim(
        state(&machine)? == "STARTED",
        "the training was over before the kills were",
    )?;
    let took = machine.wait_until("the training to complete", Duration::from_mins(2), || {
        state(&machine).is_ok_and(|state| state == "COMPLETED")
    })?;
    claim(cascor(&machine)? == process, "cascor was restarted")?;
    exits(&machine, "juniperctl start", 0)?;
    exits(&machine, "juniperctl health", 0)?;
    note(
        suite,
        "random kills of data and worker during a run",
        "cascor",
        format!(
            "{kills} kills, same process, run completed {} after the last kill; start limit cleared {cleared} times",
            seconds(took)
        ),
    );
    Ok(())
}

fn cascor(machine: &Machine) -> Result<String, Failed> {
    let line = "systemctl show -p MainPID --value juniper-cascor.service";
    Ok(exits(machine, line, 0)?.stdout)
}

fn state(machine: &Machine) -> Result<String, Failed> {
    let line = "curl -fsS http://127.0.0.1:8200/v1/training/status";
    let status: serde_json::Value = serde_json::from_str(&exits(machine, line, 0)?.stdout)?;
    Ok(status["data"]["state_machine"]["status"]
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

/// Numbers that look random and are the same on every run (xorshift64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
