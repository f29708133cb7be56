//! Which distribution a machine has (os-release(5)), and which Python that one offers.
//!
//! Only what is told to people follows from it; what is used is what was found.

use super::python::Minor;
use crate::spec::text::for_terminal;

/// Releases and the Python in them.
const OFFERED: [(&str, &str, u32); 6] = [
    ("debian", "11", 9),
    ("debian", "12", 11),
    ("debian", "13", 13),
    ("ubuntu", "22.04", 10),
    ("ubuntu", "24.04", 12),
    ("ubuntu", "26.04", 14),
];

/// What os-release(5) says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distribution {
    id: String,
    version: String,
    name: String,
}

impl Distribution {
    /// Reads /etc/os-release.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let said = |key: &str| {
            text.lines()
                .filter_map(|line| line.split_once('='))
                .find(|(name, _)| *name == key)
                .map_or_else(String::new, |(_, value)| {
                    for_terminal(value.trim().trim_matches(['"', '\'']), 60)
                })
        };
        Self {
            id: said("ID"),
            version: said("VERSION_ID"),
            name: said("PRETTY_NAME"),
        }
    }

    /// What to do about a Python that is missing or older than `oldest`.
    #[must_use]
    pub fn advice(&self, oldest: Minor) -> String {
        let name = if self.name.is_empty() {
            "this distribution"
        } else {
            &self.name
        };
        let offered = OFFERED
            .iter()
            .find(|(id, version, _)| *id == self.id && *version == self.version);
        match offered {
            Some((_, _, minor)) if *minor >= oldest.minor => format!(
                "{name} has Python 3.{minor}: sudo apt install python3 python3-venv, then again: sudo juniperctl provision"
            ),
            Some((_, _, minor)) => format!(
                "{name} has Python 3.{minor}, which is too old: the services need one of their own beside it, {oldest} or newer"
            ),
            None => format!("look whether {name} has a package of Python {oldest} or newer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Distribution;
    use crate::provision::python::OLDEST;

    #[test]
    fn what_a_release_offers_is_told() {
        let advice = |text: &str| Distribution::parse(text).advice(OLDEST);
        let told = advice("PRETTY_NAME=\"Ubuntu 22.04.5 LTS\"\nID=ubuntu\nVERSION_ID=\"22.04\"\n");
        assert!(
            told.starts_with("Ubuntu 22.04.5 LTS has Python 3.10, which is too old"),
            "{told}"
        );
        let told = advice("ID=debian\nVERSION_ID=13\nPRETTY_NAME='Debian 13'\n");
        assert!(
            told.contains("sudo apt install python3 python3-venv"),
            "{told}"
        );
        assert!(advice("").contains("this distribution"));
        assert!(!advice("PRETTY_NAME=\"a\u{1b}[31mb\"\n").contains('\u{1b}'));
    }
}
