//! Who watches: juniperctl's watchdog and the peers, each as a unit of the machine.

use juniper_lab::Error;

use super::super::site::{MONIT, SERVICRAB, Site};
use super::configuration::{self, Endpoint, Pace};

/// One that watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contestant {
    Juniperctl,
    Monit,
    Servicrab,
}

impl Contestant {
    /// All, in the order of the report's columns.
    pub(super) const ALL: [Self; 3] = [Self::Juniperctl, Self::Monit, Self::Servicrab];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Juniperctl => "juniperctl",
            Self::Monit => "monit",
            Self::Servicrab => "servicrab",
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::Juniperctl => "juniper-watchdog.service",
            Self::Monit => "bench-monit.service",
            Self::Servicrab => "bench-servicrab.service",
        }
    }

    /// Whether it could be had.
    pub(super) fn is_here(self, site: &Site) -> bool {
        match self {
            Self::Juniperctl => true,
            Self::Monit => site.peers.monit,
            Self::Servicrab => site.peers.servicrab,
        }
    }

    /// Where the services listen that it watches.
    pub(super) const fn port(self, endpoint: &Endpoint) -> u16 {
        match self {
            Self::Juniperctl | Self::Monit => endpoint.port,
            Self::Servicrab => endpoint.theirs,
        }
    }

    /// Has it watch; the group itself runs already.
    pub(super) fn start(
        self,
        site: &Site,
        endpoints: &[Endpoint],
        pace: Pace,
    ) -> Result<(), Error> {
        let command = match self {
            Self::Juniperctl => return site.run(&["systemctl", "start", self.unit()]).map(drop),
            Self::Monit => {
                let text = configuration::monit(endpoints, pace);
                site.machine.write("/run/bench/monitrc", text, 0o600)?;
                format!("{MONIT} -I -c /run/bench/monitrc")
            }
            Self::Servicrab => {
                let text = configuration::servicrab(endpoints, pace);
                site.machine
                    .write("/run/bench/servicrab.toml", text, 0o644)?;
                format!("{SERVICRAB} daemon --config /run/bench/servicrab.toml")
            }
        };
        let text = format!(
            "[Service]\nType=exec\nExecStart={command}\nLimitNOFILE=65536\nTasksMax=infinity\n\
             StandardOutput=null\nStandardError=null\n"
        );
        let path = format!("/run/systemd/system/{}", self.unit());
        site.machine.write(path, text, 0o644)?;
        site.reload()?;
        site.run(&["systemctl", "start", self.unit()]).map(drop)
    }

    /// Has it watch no more; what servicrab runs ends with it.
    pub(super) fn stop(self, site: &Site) -> Result<(), Error> {
        site.run(&["systemctl", "stop", self.unit()]).map(drop)
    }

    /// Its process.
    pub(super) fn pid(self, site: &Site) -> Result<String, Error> {
        let text = site.run(&[
            "systemctl",
            "show",
            "--property=MainPID",
            "--value",
            self.unit(),
        ])?;
        match text.trim() {
            "" | "0" => Err(site
                .machine
                .unexpected(format!("{} does not run", self.unit()))),
            pid => Ok(pid.to_owned()),
        }
    }
}
