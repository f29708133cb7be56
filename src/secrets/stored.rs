//! What lies in the directory of secrets: each secret once, and what is not fit to be one.
//!
//! A file that others can read is no secret any more; it is refused with what to do, never mended
//! silently: whoever put it there has to know that its value is out.

use std::collections::{BTreeMap, BTreeSet};

use crate::spec::name::SecretName;

use super::{ENCRYPTED, Store};

/// One entry of the directory, or the directory itself, as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path, for people.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Whether it is a regular file (or, for the directory, a directory), and no link to one.
    pub regular: bool,
    /// Its permission bits.
    pub mode: u32,
    /// Whether it belongs to whom it must.
    pub owned: bool,
    /// Its length in bytes.
    pub length: u64,
    /// When it was last written, in microseconds since 1970.
    pub modified: u64,
}

/// A secret that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// How.
    pub store: Store,
    /// Since when, in microseconds since 1970.
    pub since: u64,
}

/// Why something cannot be used, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// What is wrong with which path.
    pub what: String,
    /// What to do now.
    pub hint: String,
}

/// The secrets of a directory that some service takes; of anything else that lies there nothing is said.
///
/// # Errors
/// All that is not fit.
pub fn stored(
    directory: &Entry,
    entries: &[Entry],
    taken: &BTreeSet<&SecretName>,
) -> Result<BTreeMap<SecretName, Stored>, Vec<Unfit>> {
    let mut unfit: Vec<Unfit> = open_to_others(directory, 0o022, "700")
        .into_iter()
        .collect();
    let mut found: BTreeMap<SecretName, Stored> = BTreeMap::new();
    for entry in entries {
        // Half-written ones of a crash, and what editors leave, begin or end otherwise.
        let (name, store) = match entry.name.strip_suffix(ENCRYPTED) {
            Some(name) => (name, Store::Encrypted),
            None => (entry.name.as_str(), Store::Plain),
        };
        let name = match SecretName::parse(name) {
            Ok(name) if taken.contains(&name) => name,
            _ => continue,
        };
        if let Some(why) = open_to_others(entry, 0o077, "600").or_else(|| empty(entry)) {
            unfit.push(why);
        }
        let since = entry.modified;
        if let Some(other) = found.insert(name.clone(), Stored { store, since }) {
            unfit.push(Unfit {
                what: format!(
                    "{} and {} are both there, and only one of them can be {name}",
                    other.store.path(&name),
                    store.path(&name)
                ),
                hint: "remove the one that is out of date".to_owned(),
            });
        }
    }
    if unfit.is_empty() {
        Ok(found)
    } else {
        Err(unfit)
    }
}

/// The names in a directory are no secret; who may write there could put one in place of another.
fn open_to_others(entry: &Entry, others: u32, wanted: &str) -> Option<Unfit> {
    let path = &entry.path;
    if !entry.regular {
        return Some(Unfit {
            what: format!(
                "{path} is not what belongs there: a link, or neither file nor directory"
            ),
            hint: format!("move it away: sudo mv {path} {path}.away"),
        });
    }
    if !entry.owned {
        return Some(Unfit {
            what: format!("{path} belongs to another user than root"),
            hint: format!("sudo chown root:root {path}; its owner may know the value: rotate it"),
        });
    }
    (entry.mode & others != 0).then(|| Unfit {
        what: format!(
            "{path} is open to others (mode {:04o})",
            entry.mode & 0o7777
        ),
        hint: format!(
            "sudo chmod {wanted} {path}; others may have read what was in it: rotate it afterwards"
        ),
    })
}

/// An empty key would open a service to everybody.
fn empty(entry: &Entry) -> Option<Unfit> {
    (entry.length == 0).then(|| Unfit {
        what: format!("{} is empty", entry.path),
        hint: format!("remove it and set the secret: sudo rm {}", entry.path),
    })
}

#[cfg(test)]
mod tests {
    use super::{Entry, Stored, stored};
    use crate::secrets::Store;
    use crate::spec::name::SecretName;

    fn entry(name: &str, mode: u32) -> Entry {
        Entry {
            path: format!("/etc/juniper/secrets/{name}"),
            name: name.to_owned(),
            regular: true,
            mode,
            owned: true,
            length: 5,
            modified: 7,
        }
    }

    #[test]
    fn files_are_secrets_by_their_names() {
        let entries = [
            entry("a", 0o600),
            entry("b.cred", 0o400),
            entry(".juniperctl-x1", 0o644),
            entry("README.txt", 0o644),
            // Nobody takes it.
            entry("webhook", 0o644),
        ];
        let names = ["a", "b", "c"].map(|name| SecretName::parse(name).unwrap());
        let found = stored(&entry("", 0o755), &entries, &names.iter().collect()).unwrap();
        let of = |name: &str| found.get(&SecretName::parse(name).unwrap()).copied();
        let since = 7;
        let (plain, encrypted) = (Store::Plain, Store::Encrypted);
        assert_eq!(
            of("a"),
            Some(Stored {
                store: plain,
                since
            })
        );
        assert_eq!(
            of("b"),
            Some(Stored {
                store: encrypted,
                since
            })
        );
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn what_others_can_read_is_refused_with_what_to_do() {
        let names = ["a"].map(|name| SecretName::parse(name).unwrap());
        let foreign = Entry {
            owned: false,
            ..entry("a", 0o600)
        };
        let link = Entry {
            regular: false,
            ..entry("a", 0o777)
        };
        let empty = Entry {
            length: 0,
            ..entry("a", 0o600)
        };
        for (directory, entries, what) in [
            (entry("", 0o770), vec![], "is open to others (mode 0770)"),
            (
                entry("", 0o700),
                vec![entry("a", 0o644)],
                "is open to others (mode 0644)",
            ),
            (
                entry("", 0o700),
                vec![entry("a", 0o660)],
                "is open to others (mode 0660)",
            ),
            (entry("", 0o700), vec![foreign], "belongs to another user"),
            (entry("", 0o700), vec![link], "is not what belongs there"),
            (entry("", 0o700), vec![empty], "is empty"),
            (
                entry("", 0o700),
                vec![entry("a", 0o600), entry("a.cred", 0o600)],
                "are both there",
            ),
        ] {
            let unfit = stored(&directory, &entries, &names.iter().collect()).unwrap_err();
            assert_eq!(unfit.len(), 1, "{unfit:?}");
            assert!(unfit[0].what.contains(what), "{unfit:?}");
            assert!(!unfit[0].hint.is_empty());
        }
    }
}
