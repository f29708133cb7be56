//! The releases that the lab can boot, one for each generation of systemd that is supported.
//!
//! Only names and package lists live here; nothing is built or started.

use std::fmt;
use std::str::FromStr;

/// What every root has: systemd, its bus, and the tools that tests look around with.
const BASE: &[&str] = &[
    "systemd",
    "systemd-sysv",
    "dbus",
    "libnss-systemd",
    "curl",
    "procps",
    "iproute2",
    "python3-minimal",
];

/// What the real Juniper services need on top: virtual environments and Debian's own redis.
const REAL_SERVICES: &[&str] = &["python3-venv", "redis-server"];

/// Whose release a suite is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distribution {
    /// Its archive is the one that this computer's apt uses.
    Debian,
    /// Its archive may be out of reach.
    Ubuntu,
}

/// A release of Debian or Ubuntu.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Suite {
    /// Debian 11, systemd 247.
    Bullseye,
    /// Ubuntu 22.04, systemd 249.
    Jammy,
    /// Debian 12, systemd 252.
    Bookworm,
    /// Ubuntu 24.04, systemd 255.
    Noble,
    /// Debian 13, systemd 257; also the one with a Python that runs the real services.
    Trixie,
    /// Debian unstable, systemd 262.
    Sid,
}

impl Suite {
    /// Every suite, oldest first.
    pub const ALL: [Self; 6] = [
        Self::Bullseye,
        Self::Jammy,
        Self::Bookworm,
        Self::Noble,
        Self::Trixie,
        Self::Sid,
    ];

    /// Those of Debian, oldest first.
    pub const DEBIAN: [Self; 4] = [Self::Bullseye, Self::Bookworm, Self::Trixie, Self::Sid];

    /// Whose release it is.
    #[must_use]
    pub const fn distribution(self) -> Distribution {
        match self {
            Self::Bullseye | Self::Bookworm | Self::Trixie | Self::Sid => Distribution::Debian,
            Self::Jammy | Self::Noble => Distribution::Ubuntu,
        }
    }

    /// The name that its archive knows it by.
    #[must_use]
    pub const fn codename(self) -> &'static str {
        match self {
            Self::Bullseye => "bullseye",
            Self::Jammy => "jammy",
            Self::Bookworm => "bookworm",
            Self::Noble => "noble",
            Self::Trixie => "trixie",
            Self::Sid => "sid",
        }
    }

    /// The systemd that the release carries. Sid moves; this is what it had when last looked at.
    #[must_use]
    pub const fn systemd_version(self) -> u32 {
        match self {
            Self::Bullseye => 247,
            Self::Jammy => 249,
            Self::Bookworm => 252,
            Self::Noble => 255,
            Self::Trixie => 257,
            Self::Sid => 262,
        }
    }

    /// The packages that its root is made with.
    #[must_use]
    pub fn packages(self) -> Vec<&'static str> {
        let extra = match self {
            Self::Trixie => REAL_SERVICES,
            Self::Bullseye | Self::Jammy | Self::Bookworm | Self::Noble | Self::Sid => &[],
        };
        BASE.iter().chain(extra).copied().collect()
    }

    /// Settings for the apt that fills the root.
    pub(crate) const fn apt_options(self) -> &'static [&'static str] {
        match self {
            // A mirror's copy of unstable can be older than the week its release file is valid for.
            Self::Sid => &["Acquire::Check-Valid-Until \"false\""],
            // Another's servers, and far away.
            Self::Jammy | Self::Noble => &["Acquire::Retries \"3\""],
            Self::Bullseye | Self::Bookworm | Self::Trixie => &[],
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.codename())
    }
}

impl FromStr for Suite {
    type Err = UnknownSuite;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|suite| suite.codename() == text)
            .ok_or_else(|| UnknownSuite(text.to_owned()))
    }
}

/// A name that is none of the suites'.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no suite is called {0:?}; there are bullseye, jammy, bookworm, noble, trixie and sid")]
pub struct UnknownSuite(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_is_found_by_its_name() {
        for suite in Suite::ALL {
            assert_eq!(suite.to_string().parse(), Ok(suite));
        }
    }

    #[test]
    fn they_go_by_the_age_of_their_systemd() {
        assert!(Suite::ALL.is_sorted_by_key(|suite| suite.systemd_version()));
        let mut debian = Suite::ALL.to_vec();
        debian.retain(|suite| suite.distribution() == Distribution::Debian);
        assert_eq!(debian, Suite::DEBIAN);
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let refusal = "buster".parse::<Suite>().unwrap_err().to_string();
        for part in Suite::ALL
            .map(Suite::codename)
            .iter()
            .chain(&["\"buster\""])
        {
            assert!(refusal.contains(part), "{refusal}");
        }
    }

    #[test]
    fn only_trixie_carries_what_the_real_services_need() {
        for suite in Suite::ALL {
            let has_redis = suite.packages().contains(&"redis-server");
            assert_eq!(has_redis, suite == Suite::Trixie);
        }
    }
}
