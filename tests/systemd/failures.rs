//! What goes wrong on real machines: one clear message with what to do, and the documented exit code.

use juniper_lab::{BootOptions, Command, Machine, Suite};

use super::lab::{Outcome, claim, everything_stops, exits, has, machine, mock, run};

/// Another process holds cascor's port: the message names the port and what to do.
pub(crate) fn port_taken() -> Outcome {
    let machine = mock(Suite::Trixie)?;
    let healthy = exits(&machine, "juniperctl doctor", 0)?;
    has(
        &healthy.stdout,
        &[
            "ok       systemd: systemd 257",
            "ok       user juniper-watchdog: user and group exist",
            "ok       program of data: /usr/bin/juniper-standin is there",
            "ok       port 8200 (cascor): 127.0.0.1:8200 is free",
            "ok       installation: profile mock, as configured, started at boot",
            "0 errors",
        ],
    )?;
    // Compose publishes ports by a process of this name.
    exits(&machine, "cp /usr/bin/juniper-standin /run/docker-proxy", 0)?;
    let published = machine.spawn(
        Command::new(&["/run/docker-proxy", "data", "--port", "8100"])
            .env("JUNIPER_DATA_STORAGE_PATH", "/run/squat"),
    )?;
    let _squatter = machine.spawn(
        Command::new(&["juniper-standin", "data", "--port", "8200"])
            .env("JUNIPER_DATA_STORAGE_PATH", "/run/squat"),
    )?;
    machine.wait_until(
        "the port to be taken",
        std::time::Duration::from_secs(10),
        || {
            run(
                &machine,
                "curl -fsS http://127.0.0.1:8200/v1/health http://127.0.0.1:8100/v1/health",
            )
            .is_ok_and(|answer| answer.success())
        },
    )?;
    let told = exits(&machine, "juniperctl doctor", 1)?;
    has(
        &told.stdout,
        &[
            "error    port 8200 (cascor): held by juniper-standin (process ",
            "mend: sudo kill ",
            "error    port 8100 (data): held by docker-proxy (process ",
            "a published port of a container, as of a Compose stack that runs",
            "2 errors",
        ],
    )?;
    let json = exits(&machine, "juniperctl doctor --json", 1)?;
    let told: serde_json::Value = serde_json::from_str(&json.stdout)?;
    claim(told["version"] == 1 && told["worst"] == "error", &told)?;
    drop(published);
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
    let looked = exits(&machine, "juniperctl doctor", 1)?;
    has(
        &looked.stdout,
        &[
            "ok       systemd: systemd 252",
            "error    program of data: /opt/juniper/data/current/bin/python is not there",
            "mend: make its environment: sudo juniperctl provision data",
            "2 errors",
        ],
    )?;
    let told = exits(&machine, "juniperctl start", 1)?;
    has(
        &told.stderr,
        &[
            "error: data failed: its program cannot be run",
            "cannot run /opt/juniper/data/current/bin/python: No such file or directory",
            "hint: make its environment: sudo juniperctl provision data, or correct services.data.command",
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
    has(
        &exits(&machine, "juniperctl doctor", 0)?.stdout,
        &["port 8100 (data): held by juniper-data.service, whose it is"],
    )?;
    has(
        &exits(&machine, &as_nobody("juniperctl doctor"), 0)?.stdout,
        &[
            "port 8100 (data): it is held by a process that only root may see",
            "not looked at: not root",
        ],
    )?;
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

/// `doctor` has each Python import its module, never as root; one that hangs ends with all that it began.
fn imports_are_tried(machine: &Machine) -> Outcome {
    machine.write(
        "/run/try/juniper.toml",
        "profile = \"try\"\n\
         [services.data]\ncommand = [\"/usr/bin/python3\", \"-m\", \"json\"]\n\
         [services.canopy]\ncommand = [\"/usr/bin/python3\", \"-m\", \"nothing_of_this_name\"]\n\
         [services.slow]\ncommand = [\"/usr/bin/python3\", \"-m\", \"slow\"]\n\
         environment.PYTHONPATH = \"/run/try\"\n\
         [profiles.try]\nservices = [\"data\", \"canopy\", \"slow\"]\n",
        0o644,
    )?;
    machine.write(
        "/run/try/slow.py",
        "import os, subprocess, time\nopen('/tmp/who', 'w').write(str(os.getuid()))\n\
         subprocess.Popen(['sleep', '4711'])\ntime.sleep(4711)\n",
        0o644,
    )?;
    let line = "juniperctl --config /run/try/juniper.toml doctor --import-timeout 2";
    has(
        &exits(machine, line, 1)?.stdout,
        &[
            "imports json as juniper",
            "cannot import nothing_of_this_name as juniper: ModuleNotFoundError",
            "program of slow: /usr/bin/python3 was not done after 2 s, as juniper",
            "these files were not written by juniperctl: juniper-data.service",
        ],
    )?;
    let left = exits(
        machine,
        "test \"$(cat /tmp/who)\" = \"$(id -u juniper)\"; echo $?; pgrep -x sleep | wc -l; ls -d /tmp/juniperctl-* | wc -l",
        0,
    )?;
    claim(left.stdout == "0\n0\n0\n", left.stdout)
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
    imports_are_tried(&machine)?;
    exits(&machine, "juniperctl uninstall", 0)?;
    claim(machine.exists(path)?, "uninstall took somebody else's unit")
}
