//! `juniperctl provision` on real machines, with wheels that are made there: environments, and what interrupts them.

mod interrupted;
mod life;

use juniper_lab::{BootOptions, Machine, Suite};
use libtest_mimic::{Failed, Trial};

use super::lab::{self, Outcome, exits, has};

/// Where the wheels and lock files of the trials are.
const WHEELS: &str = "/srv/wheels";

pub(crate) fn trials() -> [Trial; 3] {
    [
        lab::trial(
            "systemd::provision::a_running_service_keeps_its_environment",
            life::keeps_its_environment,
        ),
        lab::trial(
            "systemd::provision::whatever_interrupts_it_the_old_environment_stays_in_use",
            interrupted::old_stays,
        ),
        lab::trial("systemd::provision::too_old_a_python_is_explained", too_old),
    ]
}

/// A machine with the wheels on it.
fn machine() -> Result<Machine, Failed> {
    let machine = lab::machine(Suite::Trixie, BootOptions::default())?;
    machine.write("/srv/wheels.py", include_str!("wheels.py"), 0o644)?;
    exits(&machine, &format!("python3 /srv/wheels.py {WHEELS}"), 0)?;
    Ok(machine)
}

/// The command that makes an environment of data by one of the lock files.
fn provision(locks: &str) -> String {
    format!("juniperctl provision data --upgrade --wheelhouse {WHEELS} --locks {WHEELS}/{locks}")
}

/// The environment in use, which must be whole.
fn in_use(machine: &Machine) -> Result<String, Failed> {
    let line = "cd / && readlink /opt/juniper/data/current && runuser -u juniper -- \
                /opt/juniper/data/current/bin/python -I -c 'import juniper_data.late, trial_helper_99; print(juniper_data.late.VERSION)'";
    let said = exits(machine, line, 0)?.stdout;
    match said.trim().split_once('\n') {
        Some((name, version)) if name == version => Ok(name.to_owned()),
        _ => Err(format!("the environment in use is not whole: {said}").into()),
    }
}

/// Debian 12 has 3.11: nothing is made, and what to do is said.
fn too_old() -> Outcome {
    let machine = lab::machine(Suite::Bookworm, BootOptions::default())?;
    let told = exits(&machine, "juniperctl provision data", 4)?;
    has(
        &told.stderr,
        &[
            "/usr/bin/python3 is Python 3.11, and 3.12 is the oldest that will do",
            "nothing was changed",
            "hint: Debian GNU/Linux 12 (bookworm) has Python 3.11, which is too old",
            "hint: with uv: sudo uv python install --install-dir /opt/python 3.13",
            "--python PATH",
        ],
    )?;
    exits(&machine, "test ! -e /opt/juniper/data", 0)?;
    Ok(())
}
