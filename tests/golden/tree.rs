//! A directory of text files, and how two of them differ.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use libtest_mimic::Failed;
use similar::TextDiff;

/// Texts by file name; drop-ins lie one directory below.
pub(crate) type Tree = BTreeMap<String, String>;

/// Reads a directory; one that does not exist is empty.
pub(crate) fn read(directory: &Path) -> Tree {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Tree::new();
    };
    let mut tree = Tree::new();
    for entry in entries {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            let below = read(&entry.path());
            tree.extend(
                below
                    .into_iter()
                    .map(|(file, text)| (format!("{name}/{file}"), text)),
            );
        } else {
            tree.insert(name, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
    tree
}

/// Compares what came out with the accepted directory, or accepts it with `SNAPSHOTS=overwrite`.
pub(crate) fn matches(accepted: &Path, found: &Tree) -> Result<(), Failed> {
    if found.is_empty() {
        return Err("nothing was rendered".into());
    }
    if std::env::var_os("SNAPSHOTS").is_some_and(|word| word == "overwrite") {
        overwrite(accepted, found);
        return Ok(());
    }
    let difference = difference(&read(accepted), found);
    if difference.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} is not what comes out now; if the change is meant, accept it with `make accept` and \
         read the commit's diff\n{difference}",
        accepted.display()
    )
    .into())
}

fn overwrite(accepted: &Path, found: &Tree) {
    if accepted.is_dir() {
        std::fs::remove_dir_all(accepted).unwrap();
    }
    std::fs::create_dir_all(accepted).unwrap();
    for (name, text) in found {
        let path = accepted.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// Every file that differs, as a unified diff; empty where none does.
fn difference(accepted: &Tree, found: &Tree) -> String {
    let names: BTreeSet<&String> = accepted.keys().chain(found.keys()).collect();
    let mut out = String::new();
    for name in names {
        let (old, new) = (accepted.get(name), found.get(name));
        if old == new {
            continue;
        }
        let side = |text: Option<&String>, what: &str| match text {
            Some(_) => format!("{name} ({what})"),
            None => format!("{name} ({what}: there is no such file)"),
        };
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        let (old_text, new_text) = (text(old), text(new));
        out.push_str(
            &TextDiff::from_lines(&old_text, &new_text)
                .unified_diff()
                .header(&side(old, "accepted"), &side(new, "now"))
                .to_string(),
        );
    }
    out
}
