//! A machine with an ordinary user who has a manager of their own.

use std::time::{Duration, Instant};

use juniper_lab::{BootOptions, Command, Machine, Output, Suite};
use libtest_mimic::Failed;

use super::super::lab::{Outcome, exits, machine};

/// Who it is. The first user of a machine is this number.
pub(super) const USER: &str = "lena";
pub(super) const RUNTIME: &str = "/run/user/1000";
pub(super) const HOME: &str = "/home/lena";

/// How long anything may take to come.
const SETTLES: Duration = Duration::from_secs(30);

/// What `pam_systemd(8)` does on a machine that people log in to: the roots have no such module.
pub(super) const PAM: &str = "set -e
mkdir -p /etc/systemd/system/user@.service.d
printf '[Service]\\nEnvironment=XDG_RUNTIME_DIR=/run/user/%%i\\n' >/etc/systemd/system/user@.service.d/lab.conf
systemctl daemon-reload
useradd --create-home --shell /bin/bash lena
";

/// The bus of a user, as Debian's dbus-user-session has it: that one wants all of a desktop's session.
pub(super) const BUS: &str = "set -e
cat >/etc/systemd/user/dbus.socket <<'END'
[Socket]
ListenStream=%t/bus
[Install]
WantedBy=sockets.target
END
cat >/etc/systemd/user/dbus.service <<'END'
[Unit]
Requires=dbus.socket
[Service]
Type=notify
ExecStart=/usr/bin/dbus-daemon --session --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only
END
mkdir -p /etc/systemd/user/sockets.target.wants
ln -s ../dbus.socket /etc/systemd/user/sockets.target.wants/
";

/// The machine.
pub(super) struct Stage {
    pub(super) machine: Machine,
}

impl Stage {
    /// A user whose manager runs.
    pub(super) fn set(suite: Suite) -> Result<Self, Failed> {
        let stage = Self::without_manager(suite)?;
        stage.linger()?;
        Ok(stage)
    }

    /// A user whom nothing was started for.
    pub(super) fn without_manager(suite: Suite) -> Result<Self, Failed> {
        let machine = machine(suite, BootOptions::default().persistent())?;
        exits(&machine, PAM, 0)?;
        // The dbus-daemon of before 1.14 says nothing when it is ready.
        let kind = if suite < Suite::Bookworm {
            "Type=simple"
        } else {
            "Type=notify"
        };
        exits(&machine, &BUS.replace("Type=notify", kind), 0)?;
        Ok(Self { machine })
    }

    /// Lets the user's manager run without a session. By systemd-run: logind of 257 answers nobody whose
    /// control group it does not see, as those whom the lab sends in.
    pub(super) fn linger(&self) -> Outcome {
        self.starts_manager(&format!(
            "systemd-run --quiet --wait loginctl enable-linger {USER}"
        ))
    }

    /// Has the user's manager started by this line.
    pub(super) fn starts_manager(&self, line: &str) -> Outcome {
        exits(&self.machine, line, 0)?;
        self.waits_until("the user's manager", || {
            self.as_user("systemctl --user is-system-running")
                .is_ok_and(|told| told.stdout.trim() == "running")
        })
    }

    /// Runs a line as the user, as from a login shell.
    pub(super) fn as_user(&self, line: &str) -> Result<Output, Failed> {
        let command = Command::shell(line)
            .user(USER)
            .env("HOME", HOME)
            .env("XDG_RUNTIME_DIR", RUNTIME)
            .deadline(Duration::from_mins(2));
        Ok(self.machine.run_with(command)?)
    }

    /// Runs a line as the user and compares its exit code; what was said on both streams.
    pub(super) fn exits(&self, line: &str, code: i32) -> Result<String, Failed> {
        let output = self.as_user(line)?;
        if output.code() == Some(code) {
            return Ok(output.stdout + &output.stderr);
        }
        Err(format!(
            "`{line}` exited {:?} instead of {code}\n--- stdout\n{}\n--- stderr\n{}\n--- journal\n{}",
            output.code(),
            output.stdout,
            output.stderr,
            exits(&self.machine, "journalctl --no-pager -n 60", 0)?.stdout
        )
        .into())
    }

    pub(super) fn waits_until(&self, what: &str, holds: impl FnMut() -> bool) -> Outcome {
        self.machine.wait_until(what, SETTLES, holds)?;
        Ok(())
    }

    /// Waits until all of the group answers that it is ready.
    pub(super) fn is_ready_at_last(&self, what: &str) -> Outcome {
        self.waits_until(what, || {
            self.as_user("juniperctl --user health")
                .is_ok_and(|health| health.success())
        })
    }

    /// The main process of a unit of the user's.
    pub(super) fn process(&self, unit: &str) -> Result<String, Failed> {
        let line = format!("systemctl --user show -p MainPID --value {unit}");
        Ok(self.exits(&line, 0)?.trim().to_owned())
    }

    /// Waits until a unit runs as another process, and tells how long that took.
    pub(super) fn replaced(&self, unit: &str, before: &str) -> Result<Duration, Failed> {
        let begun = Instant::now();
        self.waits_until(&format!("{unit} to be replaced"), || {
            self.process(unit)
                .is_ok_and(|pid| pid != before && pid != "0")
        })?;
        Ok(begun.elapsed())
    }
}
