//! supervisord and honcho: programs of the machine, in the order that the gate keeps.

use std::time::Duration;

use juniper_lab::{Command, Machine};

use crate::lab::{Outcome, claim, exits};

use super::ready;

pub(super) fn supervisord(machine: &Machine) -> Outcome {
    let run = "PYTHONPATH=/opt/engines python3 -m supervisor";
    exits(
        machine,
        &format!(
            "cd /run/supervisord && sh make-directories.sh && {run}.supervisord -c supervisord.conf"
        ),
        0,
    )?;
    ready(machine, "supervisord")?;
    let status = format!("cd /run/supervisord && {run}.supervisorctl -c supervisord.conf status");
    // It calls a program started a second after it was.
    machine.wait_until("four programs to run", Duration::from_secs(20), || {
        let said = machine.run(&["sh", "-c", &status]);
        said.is_ok_and(|said| said.stdout.matches("RUNNING").count() == 4)
    })?;
    // cascor's gate speaks of its wait only where it was long: what tells is that none was started in vain.
    let early = exits(
        machine,
        "cat /var/log/juniper/*.err | grep -c 'is not started' || true",
        0,
    )?;
    claim(early.stdout.trim() == "0", &early.stdout)?;
    exits(
        machine,
        &format!("cd /run/supervisord && {run}.supervisorctl -c supervisord.conf shutdown"),
        0,
    )?;
    machine.wait_until("supervisord to be gone", Duration::from_secs(20), || {
        !machine
            .exists("/run/juniper-supervisord.pid")
            .unwrap_or(true)
    })?;
    Ok(())
}

pub(super) fn honcho(machine: &Machine) -> Outcome {
    let mut running = machine.spawn(Command::shell(
        "cd /run/procfile && exec env PYTHONPATH=/opt/engines python3 -m honcho start",
    ))?;
    ready(machine, "procfile")?;
    claim(running.is_running()?, "honcho has ended")?;
    exits(machine, "pkill -INT -f 'honcho star[t]'", 0)?;
    running.wait(Duration::from_secs(20))?;
    let (out, _) = running.stop();
    let ready = |name: &str| out.find(&format!("juniper-standin {name}: ready"));
    claim(
        ready("data").is_some() && ready("data") < ready("canopy"),
        &out,
    )
}
