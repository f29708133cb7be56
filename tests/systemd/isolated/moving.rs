//! A running group that moves from one network to the other, and a port that is taken outside.

use juniper_lab::{BootOptions, Suite};

use super::super::lab::{Outcome, claim, exits, has, machine, run};
use super::{BACK, PORTS, configured, only_canopy_answers};

/// From one network to the other and back; a port that somebody outside has is named.
pub(super) fn moves(suite: Suite) -> Outcome {
    let machine = machine(suite, BootOptions::default())?;
    configured(&machine, "host")?;
    exits(&machine, "juniperctl install --now", 0)?;
    configured(&machine, "isolated")?;
    let refused = exits(&machine, "juniperctl install", 1)?;
    has(
        &refused.stderr,
        &[
            "moves into a network of its own",
            "nothing was changed",
            "--now",
        ],
    )?;
    exits(&machine, "juniperctl health", 0)?;
    exits(&machine, "juniperctl install --now", 0)?;
    only_canopy_answers(&machine)?;
    exits(&machine, "juniperctl health", 0)?;

    exits(&machine, "juniperctl stop", 0)?;
    let taken = "systemd-run --collect --unit=stranger python3 -m http.server -b 127.0.0.1 8050";
    exits(&machine, taken, 0)?;
    machine.wait_until("the stranger to listen", BACK, || {
        run(&machine, "curl -s http://127.0.0.1:8050").is_ok_and(|answer| answer.success())
    })?;
    exits(&machine, "systemctl start juniper.target", 1)?;
    let why = exits(
        &machine,
        "journalctl -u juniper-ready.service -o cat --no-pager",
        0,
    )?;
    has(
        &why.stdout,
        &[
            "nobody can reach it from outside",
            "juniper-canopy-proxy.socket",
        ],
    )?;
    let health = exits(&machine, "juniperctl health", 2)?;
    has(
        &health.stdout,
        &["canopy", "juniper-canopy-proxy.socket is shut"],
    )?;
    exits(&machine, "systemctl stop stranger", 0)?;

    configured(&machine, "host")?;
    exits(&machine, "juniperctl install --now", 0)?;
    for port in PORTS {
        exits(
            &machine,
            &format!("curl -fsS http://127.0.0.1:{port}/v1/health/ready"),
            0,
        )?;
    }
    let left = "ls /etc/systemd/system | grep -e network -e proxy || true";
    let left = exits(&machine, left, 0)?.stdout;
    claim(left.trim().is_empty(), left)
}
