//! What has become of an installation since: edited, missing and foreign files, drop-ins, masks.
//!
//! Pure: what was installed and what lies there come in as values. It judges nothing: a drop-in may well be
//! what its administrator wants.

use std::collections::BTreeMap;

use serde::Serialize;

use super::compare::Found;
use super::difference::unified;
use crate::ordered;

/// What is different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A switch was interrupted, and nobody has ended it yet.
    Interrupted,
    /// The unit's text is another one.
    Edited,
    /// The unit is gone.
    Missing,
    /// Something else lies in its place: a link, a directory.
    Replaced,
    /// The unit is masked.
    Masked,
    /// A unit of our names that we did not install.
    Foreign,
    /// A file that changes a unit of ours.
    DropIn,
    /// The target does not start at boot any more.
    NotEnabled,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Drift {
    /// What is different.
    pub kind: Kind,
    /// The unit, or the path of a drop-in.
    pub name: String,
    /// The lines that differ, as a unified diff; nothing where there are none to show.
    pub difference: String,
}

/// What lies on the machine.
#[derive(Debug, Clone, Default)]
pub struct Lying {
    /// What lies where units are installed, by name.
    pub units: BTreeMap<String, Found>,
    /// Units that are masked until the next boot.
    pub masked: Vec<String>,
    /// Paths of drop-ins.
    pub drop_ins: Vec<String>,
    /// Whether the target starts at boot.
    pub enabled: bool,
    /// Whether a switch was interrupted.
    pub interrupted: bool,
}

/// Compares. `listed` are the names of all units of the installation, `texts` those whose texts are known.
#[must_use]
pub fn drift(listed: &[String], texts: &BTreeMap<String, String>, lying: &Lying) -> Vec<Drift> {
    let plain = |kind: Kind, name: &str| Drift {
        kind,
        name: name.to_owned(),
        difference: String::new(),
    };
    let mut drifts = Vec::new();
    if lying.interrupted {
        drifts.push(plain(Kind::Interrupted, "juniperctl"));
    }
    for name in listed {
        if lying.masked.contains(name) {
            drifts.push(plain(Kind::Masked, name));
        }
        match lying.units.get(name) {
            None => drifts.push(plain(Kind::Missing, name)),
            Some(Found::Link(target)) if target == "/dev/null" => {
                drifts.push(plain(Kind::Masked, name));
            }
            Some(Found::File(text)) => {
                if let Some(installed) = texts.get(name).filter(|installed| *installed != text) {
                    drifts.push(Drift {
                        difference: difference(name, installed, text),
                        ..plain(Kind::Edited, name)
                    });
                }
            }
            Some(Found::Link(_) | Found::Other) => drifts.push(plain(Kind::Replaced, name)),
        }
    }
    let foreign = lying.units.keys().filter(|name| !listed.contains(name));
    drifts.extend(foreign.map(|name| plain(Kind::Foreign, name)));
    drifts.extend(lying.drop_ins.iter().map(|path| plain(Kind::DropIn, path)));
    if !lying.enabled {
        drifts.push(plain(Kind::NotEnabled, "juniper.target"));
    }
    ordered::sort(&mut drifts);
    drifts.dedup();
    drifts
}

fn difference(name: &str, installed: &str, now: &str) -> String {
    unified(
        [&format!("{name} (installed)"), &format!("{name} (now)")],
        installed,
        now,
        1,
    )
}

#[cfg(test)]
mod tests {
    use super::{Drift, Kind, Lying, drift};
    use crate::plan::Found;
    use std::collections::BTreeMap;

    fn installed() -> (Vec<String>, BTreeMap<String, String>, Lying) {
        let names = ["juniper-a.service", "juniper-b.service", "juniper.target"].map(str::to_owned);
        let texts: BTreeMap<String, String> = names
            .iter()
            .map(|name| (name.clone(), format!("{name}\n")))
            .collect();
        let units = texts
            .iter()
            .map(|(name, text)| (name.clone(), Found::File(text.clone())))
            .collect();
        let lying = Lying {
            units,
            enabled: true,
            ..Lying::default()
        };
        (names.to_vec(), texts, lying)
    }

    fn kinds(drifts: &[Drift]) -> Vec<(Kind, &str)> {
        drifts
            .iter()
            .map(|drift| (drift.kind, drift.name.as_str()))
            .collect()
    }

    #[test]
    fn what_is_as_installed_has_not_drifted() {
        let (names, texts, lying) = installed();
        assert!(drift(&names, &texts, &lying).is_empty());
    }

    #[test]
    fn every_kind_is_told_apart() {
        let (names, texts, mut lying) = installed();
        lying.units.insert(
            "juniper-a.service".to_owned(),
            Found::File("other\n".to_owned()),
        );
        lying.units.remove("juniper-b.service");
        lying.units.insert(
            "juniper.target".to_owned(),
            Found::Link("/dev/null".to_owned()),
        );
        lying
            .units
            .insert("juniper-x.service".to_owned(), Found::Other);
        lying
            .drop_ins
            .push("/etc/systemd/system/juniper-a.service.d/a.conf".to_owned());
        lying.enabled = false;
        lying.interrupted = true;
        let drifts = drift(&names, &texts, &lying);
        assert_eq!(
            kinds(&drifts),
            [
                (Kind::Interrupted, "juniperctl"),
                (Kind::Edited, "juniper-a.service"),
                (Kind::Missing, "juniper-b.service"),
                (Kind::Masked, "juniper.target"),
                (Kind::Foreign, "juniper-x.service"),
                (
                    Kind::DropIn,
                    "/etc/systemd/system/juniper-a.service.d/a.conf"
                ),
                (Kind::NotEnabled, "juniper.target"),
            ]
        );
        assert!(
            drifts[1]
                .difference
                .contains("-juniper-a.service\n+other\n"),
            "{drifts:?}"
        );
    }

    #[test]
    fn a_unit_whose_text_is_not_known_can_still_be_missing() {
        let (names, _, mut lying) = installed();
        lying.units.insert(
            "juniper-a.service".to_owned(),
            Found::File("other\n".to_owned()),
        );
        lying.units.insert(
            "juniper-b.service".to_owned(),
            Found::Link("/srv/b".to_owned()),
        );
        lying.masked.push("juniper-a.service".to_owned());
        let drifts = drift(&names, &BTreeMap::new(), &lying);
        assert_eq!(
            kinds(&drifts),
            [
                (Kind::Replaced, "juniper-b.service"),
                (Kind::Masked, "juniper-a.service")
            ]
        );
    }
}
