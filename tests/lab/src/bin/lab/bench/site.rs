//! The machine that is measured, and what every measurement does with it.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use juniper_lab::{BootOptions, Command, Error, Machine, Root, Suite, Unpacked};

use super::statistics::Sample;
use crate::packages::{self, JUNIPERCTL, STANDIN};
use crate::tell;

/// Where this very program is seen in the machine: it measures from within.
pub(super) const PROGRAM: &str = "/usr/local/bin/lab";

/// Where the programs are that it is measured beside, if they could be had.
pub(super) const MONIT: &str = "/opt/peers/monit/usr/bin/monit";
pub(super) const SERVICRAB: &str = "/opt/peers/servicrab";

/// Nothing that is measured takes longer.
const DEADLINE: Duration = Duration::from_mins(3);

/// Services of the group with their units and ports.
pub(super) const DATA: Service = Service::new("data", "juniper-data.service", 8100);
pub(super) const CASCOR: Service = Service::new("cascor", "juniper-cascor.service", 8200);
pub(super) const CANOPY: Service = Service::new("canopy", "juniper-canopy.service", 8050);
pub(super) const WORKER: Service = Service::new("worker", "juniper-cascor-worker@1.service", 8210);

/// All of them.
pub(super) const GROUP: [Service; 4] = [DATA, CASCOR, WORKER, CANOPY];

/// The unit that stands for the group.
pub(super) const TARGET: &str = "juniper.target";

/// A stand-in under its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) port: u16,
}

impl Service {
    const fn new(name: &'static str, unit: &'static str, port: u16) -> Self {
        Self { name, unit, port }
    }

    /// Where it says whether it is ready.
    pub(super) fn url(self) -> String {
        format!("http://127.0.0.1:{}/v1/health/ready", self.port)
    }
}

/// What one start came to, in milliseconds since it was issued.
#[derive(Debug)]
pub(super) struct Started {
    /// When `systemctl start` returned.
    pub(super) returned: f64,
    /// When it was issued, by the clock of systemd's timestamps.
    issued: f64,
    ready: Vec<(String, f64)>,
}

impl Started {
    /// When the outside prober had the first ready answer of a service.
    pub(super) fn ready(&self, service: Service) -> f64 {
        let found = self.ready.iter().find(|(name, _)| name == service.name);
        found.map_or(f64::NAN, |&(_, time)| time)
    }

    /// When it had that of the last one.
    pub(super) fn all_ready(&self) -> f64 {
        self.ready
            .iter()
            .map(|&(_, time)| time)
            .fold(f64::NAN, f64::max)
    }
}

/// The programs that something is measured beside and that the machine has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Peers {
    pub(super) monit: bool,
    pub(super) servicrab: bool,
}

/// A machine with the packages, and with this program in it.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) machine: Machine,
    pub(super) peers: Peers,
}

impl Site {
    /// Boots it, with the peers if they are wanted and can be had.
    pub(super) fn boot(directory: Option<&Path>, with_peers: bool) -> Result<Self, Error> {
        let program = env::current_exe().map_err(|source| Error::Host {
            doing: "find this program".to_owned(),
            source,
        })?;
        let mut options = BootOptions::default().bind_read_only(program, PROGRAM);
        let mut peers = Peers::default();
        // As long as it is held, nobody replaces what the machine sees.
        let monit = with_peers.then(|| Unpacked::package(Suite::Trixie, "monit"));
        match &monit {
            Some(Ok(unpacked)) => {
                peers.monit = true;
                options = options.bind_read_only(unpacked.path(), "/opt/peers/monit");
            }
            Some(Err(error)) => tell(&format!("note: no monit: {error}")),
            None => {}
        }
        if let Some(servicrab) = with_peers.then(|| on_path("servicrab")) {
            peers.servicrab = servicrab.is_some();
            match servicrab {
                Some(path) => options = options.bind_read_only(path, SERVICRAB),
                None => tell("note: no servicrab; `make bench` would have built it"),
            }
        }
        let machine = Machine::boot(&Root::prepare(Suite::Trixie)?, options)?;
        let files = packages::bring(&machine, directory, &[JUNIPERCTL, STANDIN])?;
        let install = format!("cd; dpkg --install {}", files.join(" "));
        machine.succeed_with(Command::shell(&install))?;
        let site = Self { machine, peers };
        site.run(&["juniperctl", "install", "--profile", "mock", "--yes"])?;
        Ok(site)
    }

    /// Runs a command that must succeed; what it prints.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<String, Error> {
        let command = Command::new(arguments).deadline(DEADLINE);
        self.machine.succeed_with(command)
    }

    /// Starts a unit while outside probers look at services.
    pub(super) fn start(&self, unit: &str, watched: &[Service]) -> Result<Started, Error> {
        // Every start counts towards the start limit, those that went well, too.
        self.run(&["systemctl", "reset-failed"])?;
        let mut arguments = vec![PROGRAM.to_owned(), "inside".to_owned(), "start".to_owned()];
        for service in watched {
            arguments.push(format!("--probe={}={}", service.name, service.port));
        }
        arguments.push(unit.to_owned());
        let facts = Command::new(&arguments).deadline(DEADLINE);
        let facts = self.machine.succeed_with(facts)?;
        started(&facts).ok_or(Error::Unreadable {
            what: "the times of a start",
            text: facts,
        })
    }

    /// When a unit began to start and when it became active, on the scale of a start.
    pub(super) fn moments(&self, unit: &str, started: &Started) -> Result<(f64, f64), Error> {
        let show = ["systemctl", "show", unit, "--property"];
        let moment = |property: &str| {
            let text = self.run(&[&show[..], &[property, "--value"]].concat())?;
            let absolute = milliseconds(text.trim()).ok_or(Error::Unreadable {
                what: "a timestamp of systemd",
                text,
            })?;
            Ok(absolute - started.issued)
        };
        Ok((
            moment("InactiveExitTimestampMonotonic")?,
            moment("ActiveEnterTimestampMonotonic")?,
        ))
    }

    /// Stops the group and waits until all of it is gone.
    pub(super) fn stop(&self) -> Result<(), Error> {
        let mut stop = vec!["systemctl", "stop", TARGET];
        stop.extend(GROUP.map(|service| service.unit));
        self.run(&stop).map(drop)
    }

    /// Puts a drop-in beside a unit, or takes it away; the caller reloads.
    pub(super) fn drop_in(&self, unit: &str, text: Option<&str>) -> Result<(), Error> {
        let path = format!("/run/systemd/system/{unit}.d/bench.conf");
        match text {
            Some(text) => self.machine.write(path, text, 0o644),
            None => self.run(&["rm", "--force", &path]).map(drop),
        }
    }

    /// Has systemd read its units again.
    pub(super) fn reload(&self) -> Result<(), Error> {
        self.run(&["systemctl", "daemon-reload"]).map(drop)
    }

    /// Times command lines that take turns, whole processes, from within the machine.
    pub(super) fn time(&self, cases: &[&str], rounds: usize) -> Result<Vec<Sample>, Error> {
        let rounds = rounds.to_string();
        let command = Command::new(&[PROGRAM, "inside", "time", "--rounds", &rounds])
            .input(cases.join("\n"))
            .deadline(DEADLINE);
        let text = self.machine.succeed_with(command)?;
        let mut samples = vec![Sample::default(); cases.len()];
        for line in text.lines() {
            for (sample, word) in samples.iter_mut().zip(line.split(' ')) {
                sample.push(milliseconds(word).unwrap_or(f64::NAN));
            }
        }
        Ok(samples)
    }
}

/// A program that this computer finds by its name.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|program| program.is_file())
}

/// Reads what `lab inside start` prints.
fn started(facts: &str) -> Option<Started> {
    let mut started = Started {
        returned: f64::NAN,
        issued: f64::NAN,
        ready: Vec::new(),
    };
    for line in facts.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["issued", time] => started.issued = milliseconds(time)?,
            ["returned", time] => started.returned = milliseconds(time)?,
            ["ready", name, time] => started
                .ready
                .push(((*name).to_owned(), milliseconds(time)?)),
            _ => return None,
        }
    }
    (!started.returned.is_nan() && !started.issued.is_nan()).then_some(started)
}

/// Milliseconds from the microseconds that `lab inside` prints.
fn milliseconds(text: &str) -> Option<f64> {
    let microseconds: f64 = text.parse().ok()?;
    microseconds.is_finite().then_some(microseconds / 1_000.0)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact")]
mod tests {
    use super::*;

    #[test]
    fn the_facts_of_a_start_are_read() {
        let facts = "issued 7000\nreturned 512000\nready data 510500\nready canopy 510750\n";
        let started = started(facts).unwrap();
        assert_eq!(started.returned, 512.0);
        assert_eq!(started.ready(DATA), 510.5);
        assert_eq!(started.all_ready(), 510.75);
        assert!(started.ready(CASCOR).is_nan());
    }

    #[test]
    fn anything_else_is_refused() {
        assert!(started("ready data 510500\n").is_none());
        assert!(started("issued 7000\nreturned soon\n").is_none());
        assert!(started("issued 7000\nreturned nan\n").is_none());
        assert!(started("hello\n").is_none());
    }
}
