//! What the trials share: machines with the packages in them, and commands run as a user would.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use juniper_lab::vm::chroot;
use juniper_lab::{
    Architecture, BootOptions, Command, Machine, Output, Root, Suite, trial as lab_trial,
};
use libtest_mimic::{Failed, Trial};

pub(crate) type Outcome = Result<(), Failed>;

/// A trial on a machine; without the packages it fails and says how to get them.
pub(crate) fn trial(name: &str, test: impl FnOnce() -> Outcome + Send + 'static) -> Trial {
    lab_trial::on_machine(name, test)
}

/// On which suites a trial is in each run; with `make soak` it is on all for which it is announced.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Breadth {
    /// On every one: what each release is promised.
    Releases,
    /// On Debian's, from the oldest to the newest systemd: what versions differ in.
    Versions,
    /// On the two that most have: what has been the same on all versions.
    Sample,
}

impl Breadth {
    /// A trial on a suite, in its runs.
    pub(crate) fn trial(
        self,
        suite: Suite,
        name: &str,
        test: impl FnOnce() -> Outcome + Send + 'static,
    ) -> Trial {
        if self.is_in_each_run(suite) {
            lab_trial::on_suite(suite, name, test)
        } else {
            lab_trial::for_soak(suite, name, test)
        }
    }

    const fn is_in_each_run(self, suite: Suite) -> bool {
        match suite {
            Suite::Bookworm | Suite::Trixie => true,
            Suite::Bullseye | Suite::Sid => matches!(self, Self::Releases | Self::Versions),
            Suite::Jammy | Suite::Noble => matches!(self, Self::Releases),
        }
    }
}

/// How often a campaign does what it does, by a variable that `make soak` sets.
pub(crate) fn count<N: FromStr>(variable: &str, otherwise: N) -> N {
    let said = std::env::var(variable).ok();
    said.and_then(|count| count.parse().ok())
        .unwrap_or(otherwise)
}

/// Installs both packages in a tree, as an image builder would, and leaves nothing else behind.
pub(crate) fn packages(tree: &Path) -> Result<(), juniper_lab::Error> {
    for name in ["juniperctl", "juniper-standin"] {
        let inside = format!("/var/tmp/{name}.deb");
        std::fs::copy(package(name), tree.join(inside.trim_start_matches('/'))).unwrap();
        chroot(tree, &["dpkg", "--install", &inside])?;
        chroot(tree, &["rm", &inside])?;
    }
    Ok(())
}

/// A package that `make deb` built.
pub(crate) fn package(name: &str) -> PathBuf {
    package_for(Architecture::Amd64, name)
}

/// One for a processor.
pub(crate) fn package_for(architecture: Architecture, name: &str) -> PathBuf {
    let (directory, command) = match architecture {
        Architecture::Amd64 => ("target/debian", "make deb"),
        Architecture::Arm64 => ("target/debian-arm64", "make deb ARCHITECTURE=arm64"),
    };
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let found = std::fs::read_dir(&directory).ok().and_then(|entries| {
        entries.flatten().map(|entry| entry.path()).find(|path| {
            path.file_name()
                .is_some_and(|file| file.to_string_lossy().starts_with(&format!("{name}_")))
        })
    });
    found.unwrap_or_else(|| {
        panic!(
            "no package {name} in {}: run `{command}`",
            directory.display()
        )
    })
}

/// A machine with both packages.
pub(crate) fn machine(suite: Suite, options: BootOptions) -> Result<Machine, Failed> {
    let root = Root::prepare(suite)?;
    let machine = Machine::boot(&root, options)?;
    machine.install_deb(&package("juniperctl"))?;
    machine.install_deb(&package("juniper-standin"))?;
    Ok(machine)
}

/// A machine on which the mock group is installed.
pub(crate) fn mock(suite: Suite) -> Result<Machine, Failed> {
    let machine = machine(suite, BootOptions::default())?;
    machine.succeed(&["juniperctl", "install", "--profile", "mock"])?;
    Ok(machine)
}

/// Runs a command that may take a group's start.
pub(crate) fn run(machine: &Machine, line: &str) -> Result<Output, Failed> {
    Ok(machine.run_with(Command::shell(line).deadline(Duration::from_mins(2)))?)
}

/// Runs a command and compares its exit code.
pub(crate) fn exits(machine: &Machine, line: &str, code: i32) -> Result<Output, Failed> {
    let output = run(machine, line)?;
    if output.code() == Some(code) {
        return Ok(output);
    }
    Err(format!(
        "`{line}` exited {:?} instead of {code}\n--- stdout\n{}\n--- stderr\n{}",
        output.code(),
        output.stdout,
        output.stderr
    )
    .into())
}

/// Waits until no unit of ours runs.
pub(crate) fn everything_stops(machine: &Machine) -> Outcome {
    let listed =
        "systemctl list-units 'juniper*' --state=active,activating,deactivating --no-legend";
    machine.wait_until("everything to be stopped", Duration::from_secs(20), || {
        run(machine, listed).is_ok_and(|listed| listed.stdout.trim().is_empty())
    })?;
    Ok(())
}

/// Whether a text has all of these parts.
pub(crate) fn has(text: &str, parts: &[&str]) -> Outcome {
    for part in parts {
        if !text.contains(part) {
            return Err(format!("no {part:?} in:\n{text}").into());
        }
    }
    Ok(())
}

/// Fails with a message unless a condition holds.
pub(crate) fn claim(holds: bool, otherwise: impl std::fmt::Display) -> Outcome {
    if holds {
        Ok(())
    } else {
        Err(otherwise.to_string().into())
    }
}
