//! What goes wrong on real machines: one clear message with what to do, and the documented exit code.

use juniper_lab::{BootOptions, Command, Suite};

use super::lab::{Outcome, claim, everything_stops, exits, has, machine, mock, run};

/// Another process holds cascor's port: the message names the port and what to do.
pub(crate) fn port_taken() -> Outcome {
    let machine = mock(Suite::Trixie)?;
    let _squatter = machine.spawn(
        Command::new(&["juniper-standin", "data", "--port", "8200"])
            .env("JUNIPER_DATA_STORAGE_PATH", "/run/squat"),
    )?;
    machine.wait_until(
        "the port to be taken",
        std::time::Duration::from_secs(10),
        || {
            run(&machine, "curl -fsS http://127.0.0.1:8200/v1/health")
                .is_ok_and(|answer| answer.success())
        },
    )?;
    let told = exits(&machine, "juniperctl start", 1)?;
    has(
        &told.stderr,
        &[
            "error: cascor failed: ",
            "port 8200 on 127.0.0.1 is taken by another process",
            "ss -ltnp 'sport = :8200'",
            "services.cascor.port",
        ],
    )?;
    has(
        &exits(&machine, "juniperctl health", 3)?.stdout,
        &[
            "cascor is down",
            "another process answers on its port (`ss -ltnp 'sport = :8200'`",
        ],
    )?;
    // The one who holds the port answers as if it were ready; nobody may be fooled by that.
    let state = run(&machine, "systemctl is-active juniper-cascor.service")?;
    claim(
        !state.success(),
        "cascor counts as started though another process holds its port",
    )
}

/// The service's Python is not there: said at install, and as the reason when it cannot start.
pub(crate) fn missing_interpreter() -> Outcome {
    let machine = machine(Suite::Bookworm, BootOptions::default())?;
    let told = exits(&machine, "juniperctl install --profile default", 0)?;
    has(
        &told.stderr,
        &["warning: data cannot start yet: /opt/juniper/data/current/bin/python is not there"],
    )?;
    let told = exits(&machine, "juniperctl start", 1)?;
    has(
        &told.stderr,
        &[
            "error: data failed: its program cannot be run",
            "cannot run /opt/juniper/data/current/bin/python: No such file or directory",
            "hint: install it there, or correct services.data.command",
        ],
    )?;
    // Trying again would not help.
    let told = exits(
        &machine,
        "systemctl show -p NRestarts,Result,ExecMainStatus juniper-data.service",
        0,
    )?;
    has(
        &told.stdout,
        &[
            "NRestarts=0\n",
            "Result=exit-code\n",
            "ExecMainStatus=203\n",
        ],
    )?;
    has(
        &exits(&machine, "juniperctl health data", 3)?.stdout,
        &["data is down", "its program cannot be run"],
    )
}

/// A service that never says ready: its start fails in time, and so does the target's.
pub(crate) fn never_ready() -> Outcome {
    let machine = machine(Suite::Bookworm, BootOptions::default())?;
    machine.write(
        "/etc/juniper/juniper.toml",
        "profile = \"mock\"\n\
         [services.data]\nstartup = { failure_threshold = 1 }\n\
         environment = { JUNIPER_STANDIN_READY_AFTER = \"1h\" }\n\
         [services.cascor]\nstartup = { failure_threshold = 1 }\n\
         [services.worker]\nstartup = { failure_threshold = 1 }\n\
         [services.canopy]\nstartup = { failure_threshold = 1 }\n",
        0o644,
    )?;
    exits(&machine, "juniperctl install", 0)?;
    let told = exits(&machine, "systemctl start juniper.target", 1)?;
    has(&told.stderr, &["juniper.target"])?;
    let story = exits(&machine, "journalctl -u juniper-ready.service -o cat", 0)?;
    has(&story.stdout, &["juniper-data.service has failed: "])?;
    let told = exits(&machine, "juniperctl start", 1)?;
    has(
        &told.stderr,
        &[
            "error: data failed: ",
            "not ready after",
            "journalctl -u juniper-data.service",
        ],
    )?;
    // The target did not come up, yet stopping it still stops what runs.
    exits(&machine, "systemctl stop juniper.target", 0)?;
    everything_stops(&machine)
}

/// The bus is gone: the machine refuses, and the message says what to look at.
pub(crate) fn no_bus() -> Outcome {
    let machine = machine(Suite::Trixie, BootOptions::default())?;
    exits(&machine, "systemctl stop dbus.socket dbus.service", 0)?;
    for line in [
        "juniperctl status",
        "juniperctl start",
        "juniperctl install --profile mock",
    ] {
        let told = exits(&machine, line, 4)?;
        has(
            &told.stderr,
            &["error: cannot reach systemd over the system bus", "hint: "],
        )?;
    }
    // Health asks the endpoints all the same.
    has(
        &exits(&machine, "juniperctl health", 3)?.stdout,
        &["data is down"],
    )?;
    // And a tree can be worked on without any bus.
    exits(
        &machine,
        "mkdir -p /run/tree; juniperctl --root /run/tree install --profile mock --systemd 257 2>&1 | grep -q '/usr/bin/juniperctl'",
        0,
    )?;
    Ok(())
}

/// An ordinary user: may look, may not change; the message says how.
pub(crate) fn no_permission() -> Outcome {
    let machine = mock(Suite::Bookworm)?;
    let as_nobody = |line: &str| format!("runuser -u nobody -- {line}");
    exits(&machine, "juniperctl start", 0)?;
    exits(&machine, &as_nobody("juniperctl health"), 0)?;
    exits(&machine, &as_nobody("juniperctl status"), 0)?;
    for line in [
        "juniperctl stop",
        "juniperctl restart data",
        "juniperctl pause data",
        "juniperctl resume",
        "juniperctl install --profile default",
        "juniperctl uninstall",
    ] {
        let told = exits(&machine, &as_nobody(line), 4)?;
        has(&told.stderr, &["error: ", "hint: run it as root"])?;
    }
    exits(&machine, "juniperctl health", 0)?;
    Ok(())
}

/// A unit of the same name that somebody wrote by hand stays as it is.
pub(crate) fn foreign_unit() -> Outcome {
    let machine = machine(Suite::Trixie, BootOptions::default())?;
    let path = "/etc/systemd/system/juniper-data.service";
    machine.write(path, "[Service]\nExecStart=/bin/true\n", 0o644)?;
    let told = exits(&machine, "juniperctl install --profile mock", 4)?;
    has(
        &told.stderr,
        &[
            "juniper-data.service is a file that juniperctl did not write",
            "nothing was changed",
        ],
    )?;
    claim(
        machine.read_text(path)? == "[Service]\nExecStart=/bin/true\n",
        "the file was changed",
    )?;
    claim(
        !machine.exists("/etc/systemd/system/juniper.target")?,
        "something was installed",
    )?;
    exits(&machine, "juniperctl uninstall", 0)?;
    claim(machine.exists(path)?, "uninstall took somebody else's unit")
}
