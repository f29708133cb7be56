//! A machine with a set of units, the other set that it may have, and a look at which of the two there is.

use std::collections::BTreeMap;
use std::path::Path;
use std::process;
use std::time::Duration;

use juniper_lab::{BootOptions, Command, Machine, Output, Suite};
use libtest_mimic::Failed;

use super::super::lab::{Outcome, claim, exits, machine};

/// The profiles between which it goes back and forth: one has units that the other has not, and both have
/// some with different texts.
pub(super) const PROFILES: [&str; 2] = ["default", "mock"];

/// How long an install that is traced may take.
const TRACED: Duration = Duration::from_mins(2);

/// Prints each unit with its text, as whoever opens it sees it.
pub(super) const LOOK: &str = r#"cd /etc/systemd/system
for unit in juniper*.service juniper*.socket juniper*.target; do
    if [ -e "$unit" ]; then echo "== $unit"; cat "$unit"; fi
done"#;

/// Prints each unit that systemd does not take.
pub(super) const LOADED: &str = r#"cd /etc/systemd/system
systemctl daemon-reload || exit 1
units=
for unit in juniper*.service juniper*.socket juniper*.target; do
    case $unit in *@.*) continue ;; esac
    if [ -e "$unit" ]; then units="$units $unit"; fi
done
[ -z "$units" ] || systemctl show -p Id,LoadState $units | grep '^LoadState=' | grep -v '=loaded$'
true"#;

/// Prints whatever an install leaves that has not ended.
pub(super) const STRAYS: &str = r"find /etc /var/lib/juniperctl /run/juniperctl* \
    \( -name '*juniperctl-*' -o -name .juniperctl -o -name .staged \) 2>/dev/null
find /etc/systemd/system -maxdepth 1 -name 'juniper*' ! -type f ! -type d";

/// The machine.
pub(super) struct Stage {
    pub(super) machine: Machine,
    /// What each profile's units are, by its name.
    sets: BTreeMap<&'static str, String>,
}

impl Stage {
    /// Boots it, looks at both sets and leaves the first one installed.
    pub(super) fn set(suite: Suite) -> Result<Self, Failed> {
        let machine = machine(suite, BootOptions::default())?;
        let mut stage = Self {
            machine,
            sets: BTreeMap::new(),
        };
        for profile in [PROFILES[1], PROFILES[0]] {
            stage.install(profile)?;
            let set = stage.look()?;
            stage.sets.insert(profile, set);
        }
        claim(stage.of(PROFILES[0]) != stage.of(PROFILES[1]), "one set")?;
        stage.bring_strace()?;
        Ok(stage)
    }

    /// The units of a profile.
    pub(super) fn of(&self, profile: &str) -> &str {
        &self.sets[profile]
    }

    /// What units there are.
    pub(super) fn look(&self) -> Result<String, Failed> {
        Ok(exits(&self.machine, LOOK, 0)?.stdout)
    }

    /// Installs a profile without being asked.
    pub(super) fn install(&self, profile: &str) -> Result<Output, Failed> {
        exits(&self.machine, &install_line(profile), 0)
    }

    /// There is exactly one of the two sets, and systemd takes it. Tells whether it is the new one.
    pub(super) fn is_whole(&self, old: &str, new: &str, when: &str) -> Result<bool, Failed> {
        let set = self.look()?;
        let is_new = set == self.of(new);
        if !is_new && set != self.of(old) {
            let listed = exits(
                &self.machine,
                "ls -lA /etc/systemd/system /etc/systemd/.juniperctl",
                0,
            )?;
            return Err(format!("{when}: neither set:\n{}\n{set}", listed.stdout).into());
        }
        let refused = exits(&self.machine, LOADED, 0)?;
        claim(
            refused.stdout.is_empty(),
            format!("{when}: {}", refused.stdout),
        )?;
        Ok(is_new)
    }

    /// A new attempt succeeds, and leaves the new set, enabled, and nothing else.
    pub(super) fn completes(&self, new: &str, when: &str) -> Outcome {
        self.install(new)?;
        claim(
            self.look()? == self.of(new),
            format!("{when}: not the new set"),
        )?;
        let strays = exits(&self.machine, &format!("{STRAYS}; true"), 0)?;
        claim(
            strays.stdout.is_empty(),
            format!("{when}: strays: {}", strays.stdout),
        )?;
        let told = exits(
            &self.machine,
            "systemctl is-enabled juniper.target; systemctl show -p NeedDaemonReload juniper-data.service",
            0,
        )?;
        claim(
            told.stdout == "enabled\nNeedDaemonReload=no\n",
            format!("{when}: {}", told.stdout),
        )
    }

    /// Runs an install under strace(1) with these options.
    pub(super) fn traced(&self, options: &str, profile: &str) -> Result<Output, Failed> {
        let line = format!(
            "LD_LIBRARY_PATH=/usr/local/strace /usr/local/strace/strace -E LD_LIBRARY_PATH {options} {}",
            install_line(profile)
        );
        Ok(self
            .machine
            .run_with(Command::shell(&line).deadline(TRACED))?)
    }

    /// Brings this computer's strace with the libraries that it needs.
    fn bring_strace(&self) -> Outcome {
        let found = process::Command::new("ldd")
            .arg("/usr/bin/strace")
            .output()?;
        let listed = String::from_utf8_lossy(&found.stdout).into_owned();
        let libraries = listed
            .lines()
            .filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')))
            // The machine has a C library of its own, and its programs must not meet another.
            .filter(|path| !path.contains("/libc.so") && !path.contains("/ld-linux"));
        for path in libraries.chain(["/usr/bin/strace"]) {
            let name = Path::new(path).file_name().unwrap().to_string_lossy();
            let bytes = std::fs::read(path)
                .map_err(|error| format!("{path}: {error}; run packaging/requirements"))?;
            self.machine
                .write(format!("/usr/local/strace/{name}"), bytes, 0o755)?;
        }
        exits(
            &self.machine,
            "LD_LIBRARY_PATH=/usr/local/strace /usr/local/strace/strace -o /dev/null true",
            0,
        )?;
        Ok(())
    }
}

/// The command line of an install.
pub(super) fn install_line(profile: &str) -> String {
    format!("juniperctl install --profile {profile} --yes")
}
