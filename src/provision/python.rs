//! Which Python is used, and what to tell where none will do.
//!
//! It never looks for one: what was found, and what each said of itself, is given.

use std::fmt;

use crate::error::{CommandError, Kind};
use crate::ordered;

use super::distribution::Distribution;

/// The oldest that the services run on.
pub const OLDEST: Minor = Minor {
    major: 3,
    minor: 12,
};

/// The one that the services are tested with.
const TESTED: Minor = Minor {
    major: 3,
    minor: 13,
};

/// Directories that the services do not see (`ProtectHome=`, `PrivateTmp=`).
const HIDDEN: [&str; 5] = ["/home/", "/root/", "/run/user/", "/tmp/", "/var/tmp/"];

/// A version of Python, as far as wheels care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minor {
    /// 3.
    pub major: u32,
    /// What is behind the first point.
    pub minor: u32,
}

impl Minor {
    /// Reads `3.13`, also of `3.13.1`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(str::parse);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Some(Self { major, minor }),
            _ => None,
        }
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

/// An interpreter that was run, as whoever builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// Where it was called.
    pub path: String,
    /// Where its own installation lies, links followed.
    pub home: String,
    /// What it said.
    pub said: Said,
}

/// What an interpreter said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It runs.
    Version {
        /// Its version.
        version: Minor,
        /// Whether it can make an environment with pip in it.
        has_pip: bool,
    },
    /// It does not, and why.
    Nothing(String),
}

/// The programs that are tried, the first that will do wins.
#[must_use]
pub fn candidates(pythons: &[Minor]) -> Vec<String> {
    let mut versions = pythons.to_vec();
    ordered::sort(&mut versions);
    // The distribution's own comes first: it is the one that is kept secure.
    std::iter::once("/usr/bin/python3".to_owned())
        .chain(versions.iter().rev().flat_map(|version| {
            ["/usr/bin", "/usr/local/bin"].map(|place| format!("{place}/python{version}"))
        }))
        .chain(std::iter::once("/usr/local/bin/python3".to_owned()))
        .collect()
}

/// The interpreter to use.
///
/// # Errors
/// None will do: what each was, and what to do on this distribution.
pub fn choose<'f>(
    found: &'f [Interpreter],
    named: bool,
    pythons: &[Minor],
    distribution: &Distribution,
) -> Result<(&'f Interpreter, Minor), CommandError> {
    let fits = |one: &&Interpreter| {
        matches!(&one.said, Said::Version { version, has_pip: true }
            if pythons.contains(version) && hidden(one).is_none())
    };
    if let Some(chosen) = found.iter().find(fits)
        && let Said::Version { version, .. } = chosen.said
    {
        return Ok((chosen, version));
    }
    let seen: Vec<String> = found.iter().map(|one| why_not(one, pythons)).collect();
    let seen = if seen.is_empty() {
        "there is none".to_owned()
    } else {
        seen.join("; ")
    };
    let mut error = CommandError::new(
        Kind::Machine,
        format!("no Python that the services can run on: {seen}; nothing was changed"),
    );
    let lacks_pip = found.iter().find_map(|one| match &one.said {
        Said::Version {
            version,
            has_pip: false,
        } if pythons.contains(version) => Some(*version),
        _ => None,
    });
    if let Some(version) = lacks_pip {
        error = error.hint(format!(
            "sudo apt install python3-venv (or python{version}-venv), then again: sudo juniperctl provision"
        ));
    } else {
        error = error.hint(distribution.advice(OLDEST));
        error = error.hint(format!(
            "with uv: sudo uv python install --install-dir /opt/python {TESTED}, then: \
             sudo juniperctl provision --python /opt/python/cpython-{TESTED}*/bin/python{TESTED}"
        ));
    }
    if !named {
        error = error.hint("one that lies elsewhere (uv's, pyenv's): --python PATH");
    }
    Err(error)
}

/// Why the services would not see it.
fn hidden(one: &Interpreter) -> Option<&'static str> {
    HIDDEN.into_iter().find(|place| one.home.starts_with(place))
}

fn why_not(one: &Interpreter, pythons: &[Minor]) -> String {
    let path = &one.path;
    match &one.said {
        Said::Nothing(why) => format!("{path} cannot be run ({why})"),
        Said::Version { version, .. } if *version < OLDEST => {
            format!("{path} is Python {version}, and {OLDEST} is the oldest that will do")
        }
        Said::Version { version, .. } if !pythons.contains(version) => {
            format!("{path} is Python {version}, for which the lock files have no wheels yet")
        }
        Said::Version {
            has_pip: false,
            version,
        } => {
            format!(
                "{path} (Python {version}) cannot make environments: its venv or ensurepip is missing"
            )
        }
        Said::Version { .. } => format!(
            "{path} lies in {}, which the services cannot see",
            hidden(one).unwrap_or_default()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{Interpreter, Minor, Said, candidates, choose};
    use crate::provision::distribution::Distribution;

    const PYTHONS: [Minor; 2] = [
        Minor {
            major: 3,
            minor: 12,
        },
        Minor {
            major: 3,
            minor: 13,
        },
    ];

    fn interpreter(path: &str, minor: u32, has_pip: bool) -> Interpreter {
        Interpreter {
            path: path.to_owned(),
            home: path.to_owned(),
            said: Said::Version {
                version: Minor { major: 3, minor },
                has_pip,
            },
        }
    }

    fn refusal(found: &[Interpreter]) -> String {
        let distribution =
            Distribution::parse("ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n");
        let error = choose(found, false, &PYTHONS, &distribution).unwrap_err();
        format!("{}\n{}", error.message, error.hints.join("\n"))
    }

    #[test]
    fn the_distributions_own_comes_first_and_the_first_that_will_do_wins() {
        let tried = candidates(&PYTHONS);
        assert_eq!(tried[0], "/usr/bin/python3");
        assert_eq!(tried[1], "/usr/bin/python3.13");
        let found = [
            interpreter("/usr/bin/python3", 11, true),
            interpreter("/usr/bin/python3.13", 13, false),
            interpreter("/usr/local/bin/python3.12", 12, true),
        ];
        let (chosen, version) = choose(&found, false, &PYTHONS, &Distribution::default()).unwrap();
        assert_eq!(chosen.path, "/usr/local/bin/python3.12");
        assert_eq!(version.to_string(), "3.12");
    }

    #[test]
    fn each_reason_is_told_with_what_to_do() {
        let told = refusal(&[interpreter("/usr/bin/python3", 11, true)]);
        assert!(
            told.contains("/usr/bin/python3 is Python 3.11, and 3.12 is the oldest"),
            "{told}"
        );
        assert!(
            told.contains("Debian 12 has Python 3.11") && told.contains("uv python install"),
            "{told}"
        );
        let told = refusal(&[interpreter("/usr/bin/python3", 13, false)]);
        assert!(told.contains("apt install python3-venv"), "{told}");
        let told = refusal(&[interpreter("/root/.local/bin/python3.13", 13, true)]);
        assert!(
            told.contains("lies in /root/, which the services cannot see"),
            "{told}"
        );
        let told = refusal(&[interpreter("/usr/bin/python3", 15, true)]);
        assert!(told.contains("no wheels yet"), "{told}");
        assert!(refusal(&[]).contains("there is none"));
    }
}
