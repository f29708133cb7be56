//! From a server that nobody has touched to the real services: the package and three commands, each once.
//!
//! A booted Debian with nothing but its essential packages and systemd gets the package by apt, over this computer's
//! network, and then what the README says. What it leaves below /opt/juniper is what all other machines are shown;
//! what it took is written down. Nothing of the lab's other roots is used, and nothing is tried twice.

use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::SUITE;
use super::pip::{Settings, is_unreachable};
use super::services::PREFIX;
use crate::cache;
use crate::error::{Doing, Error, last_lines};
use crate::machine::{BootOptions, Command, Machine, Output};
use crate::root::Root;

/// A slow index may take its time for three gigabytes.
const DEADLINE: Duration = Duration::from_mins(40);

/// Where juniperctl keeps downloads: on this computer, so that a second attempt goes on where the first one ended.
const DOWNLOADS: &str = "/var/cache/juniperctl/provision";

/// Where the user has put the package.
const HOME: &str = "/root";

/// Debian's directory of certificates: a machine has one of its own, because apt installs into it.
const CERTIFICATES: &str = "/etc/ssl/certs";

/// Whom this computer trusts, as one file; the network may have a proxy of its own.
const TRUSTED: &str = "/etc/ssl/certs/ca-certificates.crt";

/// What NVIDIA's driver tells the kernel's other users: the server is one with a GPU. `provision` then takes the
/// torch for it by itself; the one for the processor lies in an index of its own, which not every mirror has.
pub const DRIVER: &str = "mount -t tmpfs tmpfs /proc/driver && mkdir /proc/driver/nvidia && \
    echo 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024' \
    >/proc/driver/nvidia/version";

/// The commands, in their order.
const COMMANDS: [&str; 3] = [
    "juniperctl provision",
    "juniperctl install --now",
    "juniperctl health",
];

/// What one command was and took.
#[derive(Debug)]
struct Step {
    command: String,
    took: Duration,
    /// What it had to fetch, in its own words.
    fetched: Option<String>,
}

/// What the whole chain took.
#[derive(Debug)]
struct Figures {
    /// When, where, beside what.
    circumstances: String,
    steps: Vec<Step>,
    disk: String,
}

/// Plays the chain and puts what it made into an empty directory; what was said comes back with the figures.
pub(super) fn play(package: &Path, target: &Path) -> Result<(String, String), Error> {
    let settings = Settings::of_this_computer();
    let downloads = cache::directory()?.join("wheels");
    fs::create_dir_all(&downloads).doing(|| format!("make {}", downloads.display()))?;
    let mut options = BootOptions::default()
        .persistent()
        .connected()
        .bind(&downloads, DOWNLOADS);
    for path in &settings.shown {
        if !path.starts_with(CERTIFICATES) {
            options = options.bind_read_only(path, path);
        }
    }
    let machine = Machine::boot(&Root::bare(SUITE)?, options)?;
    let mut said = String::new();
    let mut steps = vec![installed(&machine, package, &mut said)?];
    machine.succeed_with(Command::shell(DRIVER))?;
    for line in COMMANDS {
        let mut command = Command::shell(line).deadline(DEADLINE);
        for (name, value) in &settings.environment {
            command = command.env(name, value);
        }
        steps.push(step(&machine, line, command, "downloaded ", &mut said)?);
    }
    if !said.contains("the group is ready") {
        return Err(machine.unexpected(format!("the services are not ready:\n{said}")));
    }
    let figures = Figures {
        circumstances: circumstances(&machine)?,
        steps,
        disk: first_word(&machine.succeed(&["du", "-sh", PREFIX])?),
    };
    // Whoever builds the next time is another user.
    machine.succeed(&["chown", "root:root", DOWNLOADS])?;
    machine.hand_over(Path::new(PREFIX), target)?;
    Ok((said, figures.to_string()))
}

/// What the README says first: `apt install` of the file, and nothing beside it.
fn installed(machine: &Machine, package: &Path, said: &mut String) -> Result<Step, Error> {
    let name = package.file_name().unwrap_or_default().to_string_lossy();
    let content = fs::read(package).doing(|| format!("read {}", package.display()))?;
    machine.write(format!("{HOME}/{name}"), content, 0o644)?;
    let trusted = fs::read(TRUSTED).unwrap_or_default();
    let trust = || {
        if trusted.is_empty() {
            return Ok(());
        }
        machine.write(TRUSTED, trusted.clone(), 0o644)
    };
    // Before, for a mirror that speaks TLS; after, because ca-certificates writes the file anew.
    trust()?;
    let apt = |line: &str| {
        Command::shell(&format!("cd {HOME} && {line}"))
            .env("DEBIAN_FRONTEND", "noninteractive")
            .deadline(DEADLINE)
    };
    let mut update = String::new();
    step(
        machine,
        "apt update",
        apt("apt-get update"),
        "Fetched ",
        &mut update,
    )?;
    let line = format!("apt install --yes ./{name}");
    // Each package that it brought has a dozen lines of its own.
    let mut of_apt = String::new();
    let step = step(machine, &line, apt(&line), "Fetched ", &mut of_apt)?;
    let _ = writeln!(said, "$ {line}");
    trust()?;
    Ok(step)
}

/// Runs one command, which must succeed; what it fetched stands in a line of its own.
fn step(
    machine: &Machine,
    name: &str,
    command: Command,
    fetched: &str,
    said: &mut String,
) -> Result<Step, Error> {
    let begun = Instant::now();
    let output = machine.run_with(command)?;
    let took = begun.elapsed();
    let Output {
        status,
        stdout,
        stderr,
    } = &output;
    // Writing to a string cannot fail.
    let _ = write!(said, "$ {name}\n{stderr}{stdout}");
    if !output.success() {
        let log = last_lines(&format!("{stdout}{stderr}"), 30);
        if log.contains("the package index cannot be reached") || is_unreachable(&log) {
            return Err(Error::IndexUnreachable { log });
        }
        return Err(machine.unexpected(format!("`{name}` ended with {status}:\n{log}")));
    }
    let fetched = stdout
        .lines()
        .chain(stderr.lines())
        .find_map(|line| line.strip_prefix(fetched))
        .and_then(|rest| rest.split(" in ").next())
        .map(str::to_owned);
    Ok(Step {
        command: name.to_owned(),
        took,
        fetched,
    })
}

fn circumstances(machine: &Machine) -> Result<String, Error> {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Ok(format!(
        "{}, Debian {}, systemd {}, {} processors, load {} in the last minutes",
        machine.succeed(&["date", "-I"])?.trim(),
        machine.read_text("/etc/debian_version")?.trim(),
        machine.systemd_version()?,
        std::thread::available_parallelism().map_or(1, usize::from),
        load.split(' ').nth(2).unwrap_or("?"),
    ))
}

fn first_word(text: &str) -> String {
    text.split_whitespace().next().unwrap_or("?").to_owned()
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.circumstances)?;
        for Step {
            command,
            took,
            fetched,
        } in &self.steps
        {
            write!(formatter, "{:>8.1} s  {command}", took.as_secs_f64())?;
            if let Some(fetched) = fetched {
                write!(formatter, ", fetched {fetched}")?;
            }
            writeln!(formatter)?;
        }
        writeln!(formatter, "{:>10}  on the disk below {PREFIX}", self.disk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_name_each_command_with_what_it_fetched() {
        let step = |command: &str, seconds, fetched: Option<&str>| Step {
            command: command.to_owned(),
            took: Duration::from_secs(seconds),
            fetched: fetched.map(str::to_owned),
        };
        let figures = Figures {
            circumstances: "2026-01-01, Debian 13.1".to_owned(),
            steps: vec![
                step("juniperctl provision", 150, Some("2.8 GiB")),
                step("juniperctl health", 1, None),
            ],
            disk: "6.7G".to_owned(),
        };
        assert_eq!(
            figures.to_string(),
            "2026-01-01, Debian 13.1\n   150.0 s  juniperctl provision, fetched 2.8 GiB\n     \
             1.0 s  juniperctl health\n      6.7G  on the disk below /opt/juniper\n"
        );
    }
}
