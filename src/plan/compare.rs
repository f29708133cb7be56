//! What differs between the units that are wanted and the ones that are there.

use std::collections::{BTreeMap, BTreeSet};

use crate::ordered::Ordered as _;
use crate::unit::UnitFile;

use super::change::Change;
use super::receipt::Receipt;

/// How every unit of ours begins; how a file without a receipt is known as ours.
pub const MARK: &str = "# Written by juniperctl ";

/// What lies where a unit belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A file with this text.
    File(String),
    /// A symbolic link to this target.
    Link(String),
    /// A directory, a device or text that is not UTF-8.
    Other,
}

/// Something in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The unit file.
    pub name: String,
    /// What is wrong with what lies there.
    pub what: String,
}

/// Changes, in a safe order, and what speaks against them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What would be done.
    pub changes: Vec<Change>,
    /// Files that are somebody else's; nothing may be done while there are any.
    pub conflicts: Vec<Conflict>,
    /// Units that the administrator has masked; they are left as they are.
    pub masked: Vec<String>,
}

/// What an install changes: new and changed units are written, ours that are not wanted any more
/// are removed.
#[must_use]
pub fn install(
    wanted: &[UnitFile],
    found: &BTreeMap<String, Found>,
    receipt: Option<&Receipt>,
) -> Plan {
    let mut plan = Plan::default();
    for file in wanted {
        match found.get(&file.name) {
            None => plan.changes.push(Change::Create {
                name: file.name.clone(),
                text: file.text.clone(),
            }),
            Some(Found::File(text)) if *text == file.text => {}
            Some(Found::File(text)) if is_ours(&file.name, text, receipt) => {
                plan.changes.push(Change::Rewrite {
                    name: file.name.clone(),
                    old: text.clone(),
                    text: file.text.clone(),
                });
            }
            Some(other) => plan.blocked(&file.name, other),
        }
    }
    let wanted: BTreeSet<&str> = wanted.iter().map(|file| file.name.as_str()).ordered();
    plan.remove(found, receipt, |name| !wanted.contains(name));
    plan
}

/// What an uninstall changes: every unit of ours goes, everybody else's stays.
#[must_use]
pub fn uninstall(found: &BTreeMap<String, Found>, receipt: Option<&Receipt>) -> Plan {
    let mut plan = Plan::default();
    plan.remove(found, receipt, |_| true);
    plan
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether a unit file is written that was not there.
    #[must_use]
    pub fn creates(&self, unit: &str) -> bool {
        self.changes
            .iter()
            .any(|change| change.name() == unit && change.old().is_none())
    }

    /// Turns conflicts with files into changes: somebody has said that they may be replaced. Returns what
    /// they hold. Links, directories and the like stay in the way.
    pub fn take_over(
        &mut self,
        wanted: &[UnitFile],
        found: &BTreeMap<String, Found>,
    ) -> Vec<(String, String)> {
        let mut taken_over = Vec::new();
        self.conflicts.retain(|conflict| {
            let file = wanted.iter().find(|file| file.name == conflict.name);
            let (Some(file), Some(Found::File(old))) = (file, found.get(&conflict.name)) else {
                return true;
            };
            self.changes.push(Change::Rewrite {
                name: file.name.clone(),
                old: old.clone(),
                text: file.text.clone(),
            });
            taken_over.push((file.name.clone(), old.clone()));
            false
        });
        taken_over
    }

    /// Has an uninstall put back what was taken over from somebody else.
    pub fn give_back(&mut self, taken_over: &BTreeMap<String, String>) {
        for (name, text) in taken_over {
            let text = text.clone();
            match self.changes.iter_mut().find(|change| change.name() == name) {
                Some(change) => {
                    if let Some(old) = change.old().map(ToOwned::to_owned) {
                        *change = Change::Rewrite {
                            name: name.clone(),
                            old,
                            text,
                        };
                    }
                }
                None => self.changes.push(Change::Create {
                    name: name.clone(),
                    text,
                }),
            }
        }
    }

    fn remove(
        &mut self,
        found: &BTreeMap<String, Found>,
        receipt: Option<&Receipt>,
        unwanted: impl Fn(&str) -> bool,
    ) {
        for (name, lies_there) in found {
            if let Found::File(old) = lies_there
                && unwanted(name)
                && is_ours(name, old, receipt)
            {
                self.changes.push(Change::Remove {
                    name: name.clone(),
                    old: old.clone(),
                });
            }
        }
    }

    fn blocked(&mut self, name: &str, found: &Found) {
        let what = match found {
            Found::Link(target) if target == "/dev/null" => {
                self.masked.push(name.to_owned());
                return;
            }
            Found::Link(target) => format!("a symbolic link to {target}"),
            Found::File(_) => "a file that juniperctl did not write".to_owned(),
            Found::Other => "not a text file".to_owned(),
        };
        self.conflicts.push(Conflict {
            name: name.to_owned(),
            what,
        });
    }
}

fn is_ours(name: &str, text: &str, receipt: Option<&Receipt>) -> bool {
    text.starts_with(MARK)
        || receipt.is_some_and(|receipt| receipt.units.iter().any(|unit| unit == name))
}

#[cfg(test)]
mod tests {
    use super::{Found, MARK, install, uninstall};
    use crate::plan::Change;
    use crate::unit::UnitFile;
    use std::collections::BTreeMap;

    fn file(name: &str, text: &str) -> UnitFile {
        UnitFile {
            name: name.to_owned(),
            text: format!("{MARK}{text}"),
        }
    }

    fn lying(entries: &[(&str, Found)]) -> BTreeMap<String, Found> {
        entries
            .iter()
            .map(|(name, found)| ((*name).to_owned(), found.clone()))
            .collect()
    }

    #[test]
    fn an_installed_set_needs_nothing() {
        let wanted = [file("juniper-data.service", "a")];
        let found = lying(&[("juniper-data.service", Found::File(wanted[0].text.clone()))]);
        assert!(install(&wanted, &found, None).is_empty());
    }

    #[test]
    fn ours_is_rewritten_and_what_is_unwanted_removed() {
        let wanted = [
            file("juniper-data.service", "new"),
            file("juniper.target", "t"),
        ];
        let found = lying(&[
            ("juniper-data.service", Found::File(format!("{MARK}old"))),
            ("juniper-cascor.service", Found::File(format!("{MARK}c"))),
            ("juniper-theirs.service", Found::File("[Unit]".to_owned())),
        ]);
        let plan = install(&wanted, &found, None);
        let names: Vec<(&str, bool)> = plan
            .changes
            .iter()
            .map(|c| (c.name(), c.text().is_some()))
            .collect();
        assert_eq!(
            names,
            [
                ("juniper-data.service", true),
                ("juniper.target", true),
                ("juniper-cascor.service", false)
            ]
        );
        assert!(plan.conflicts.is_empty());
    }

    #[test]
    fn somebody_elses_file_is_a_conflict_and_a_mask_is_respected() {
        let wanted = [
            file("juniper-data.service", "a"),
            file("juniper.target", "t"),
            file("juniper-b.service", "b"),
        ];
        let found = lying(&[
            ("juniper-data.service", Found::File("[Unit]\n".to_owned())),
            ("juniper.target", Found::Link("/srv/x".to_owned())),
            ("juniper-b.service", Found::Link("/dev/null".to_owned())),
        ]);
        let plan = install(&wanted, &found, None);
        assert!(plan.is_empty());
        assert_eq!(plan.conflicts.len(), 2);
        assert_eq!(plan.masked, ["juniper-b.service"]);
    }

    #[test]
    fn what_is_taken_over_is_given_back() {
        let wanted = [
            file("juniper-data.service", "a"),
            file("juniper.target", "t"),
        ];
        let mut found = lying(&[
            ("juniper-data.service", Found::File("[Unit]\n".to_owned())),
            ("juniper.target", Found::Link("/srv/x".to_owned())),
        ]);
        let mut plan = install(&wanted, &found, None);
        let taken_over = plan.take_over(&wanted, &found);
        assert_eq!(
            taken_over,
            [("juniper-data.service".to_owned(), "[Unit]\n".to_owned())]
        );
        assert_eq!(plan.conflicts.len(), 1, "a link is not taken over");
        assert_eq!(plan.changes.len(), 1);
        found.insert(
            "juniper-data.service".to_owned(),
            Found::File(wanted[0].text.clone()),
        );
        let mut plan = uninstall(&found, None);
        plan.give_back(&taken_over.into_iter().collect());
        assert_eq!(plan.changes.len(), 1);
        assert_eq!(plan.changes[0].text(), Some("[Unit]\n"));
    }

    #[test]
    fn applying_a_plan_leaves_nothing_to_do() {
        let wanted = [
            file("juniper-data.service", "new"),
            file("juniper.target", "t"),
        ];
        let mut found = lying(&[("juniper-old.service", Found::File(format!("{MARK}x")))]);
        for change in install(&wanted, &found, None).changes {
            match change {
                Change::Create { name, text } | Change::Rewrite { name, text, .. } => {
                    found.insert(name, Found::File(text));
                }
                Change::Remove { name, .. } => {
                    found.remove(&name);
                }
            }
        }
        assert!(install(&wanted, &found, None).is_empty());
        assert_eq!(uninstall(&found, None).changes.len(), 2);
    }
}
