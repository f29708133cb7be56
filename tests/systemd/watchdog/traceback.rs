//! The real dataset service, hung in Python code: where it hangs is part of the story.

use std::time::Duration;

use juniper_lab::{BootOptions, Suite, real};

use super::super::lab::{Outcome, exits, has, machine};

const CONFIGURATION: &str = r#"
profile = "alone"

[profiles.alone]
services = ["data"]

[services.data]
readiness = { interval = "1s", timeout = "2s" }
liveness = { interval = "1s", timeout = "2s" }
environment.PYTHONPATH = "/usr/local/lib/hang"
"#;

/// Loaded by Python before the service: on a signal its only loop never comes back.
pub(super) const HANG: &str = "import signal

def never_comes_back(*_):
    while True:
        pass

signal.signal(signal.SIGUSR1, never_comes_back)
";

pub(super) fn told() -> Outcome {
    let environments = real::prepared()?.ok_or("the real services are not prepared")?;
    let machine = machine(Suite::Trixie, environments.shown(BootOptions::default()))?;
    exits(&machine, "install -d /usr/local/lib/hang", 0)?;
    machine.write("/usr/local/lib/hang/sitecustomize.py", HANG, 0o644)?;
    machine.write("/etc/juniper/juniper.toml", CONFIGURATION, 0o644)?;
    exits(&machine, "juniperctl install --now", 0)?;
    let main = || {
        exits(
            &machine,
            "systemctl show -p MainPID --value juniper-data",
            0,
        )
    };
    let before = main()?.stdout;
    exits(
        &machine,
        &format!("sleep 3; kill -s USR1 {}", before.trim()),
        0,
    )?;
    machine.wait_until("data to be replaced", Duration::from_secs(20), || {
        main().is_ok_and(|now| now.stdout != before && now.stdout.trim() != "0")
    })?;
    machine.wait_until("data to be ready", Duration::from_secs(20), || {
        exits(&machine, "juniperctl health", 0).is_ok()
    })?;
    let story = exits(&machine, "juniperctl why data", 0)?.stdout;
    has(
        &story,
        &[
            "data ended with SIGABRT, so that it said where it was: no answer within",
            "Fatal Python error: Aborted",
            "/usr/local/lib/hang/sitecustomize.py",
            "in never_comes_back",
            "now: data is active",
        ],
    )
}
