//! The files that mutations begin with: every configuration of the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use juniperctl::spec::explanation;
use juniperctl::spec::fault::Code;

/// Files, and what they are made of.
pub(crate) struct Corpus {
    /// Whole files.
    pub(crate) files: Vec<String>,
    /// How many of them, at the end, come from configurations that are taken.
    pub(crate) taken: usize,
    /// Their lines.
    pub(crate) lines: Vec<String>,
    /// Their tables: a heading and all that follows.
    pub(crate) tables: Vec<String>,
    /// What stands behind an equals sign.
    pub(crate) values: Vec<String>,
    /// The same by the key before it.
    pub(crate) values_of: BTreeMap<String, Vec<String>>,
    /// Words of keys and names.
    pub(crate) words: Vec<String>,
}

impl Corpus {
    /// Reads it.
    pub(crate) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files: Vec<String> = Code::ALL
            .map(|code| explanation::of(code).refused.to_owned())
            .into();
        files.extend(texts(&root.join("tests/refused")));
        let refused = files.len();
        files.extend(Code::ALL.map(|code| explanation::of(code).mended.to_owned()));
        files.extend(texts(&root.join("tests/golden")));
        files.push(juniperctl::spec::builtin::TEXT.to_owned());
        let shipped = std::fs::read_to_string(root.join("packaging/juniper.toml")).unwrap();
        files.push(in_force(&shipped));
        let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
        files.extend(
            readme
                .split("```toml\n")
                .skip(1)
                .filter_map(|block| block.split("```").next().map(str::to_owned)),
        );
        let all = files.join("\n");
        let mut values_of: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, value) in assignments(&all) {
            values_of.entry(key).or_default().push(value);
        }
        let set = |items: BTreeSet<String>| items.into_iter().collect::<Vec<String>>();
        Self {
            taken: files.len() - refused,
            lines: set(all.lines().map(str::to_owned).filter(short).collect()),
            tables: set(all
                .split("\n[")
                .skip(1)
                .map(|table| format!("[{table}\n"))
                .filter(short)
                .collect()),
            values: set(assignments(&all)
                .map(|(_, value)| value)
                .filter(short)
                .collect()),
            values_of,
            words: set(all
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-')
                .filter(|word| (2..40).contains(&word.len()))
                .map(str::to_owned)
                .collect()),
            files,
        }
    }
}

/// Keys and values that stand on one line; of a dotted key the last part.
fn assignments(text: &str) -> impl Iterator<Item = (String, String)> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (last_part(key), value.trim().to_owned()))
}

/// The last part of a dotted key.
pub(crate) fn last_part(key: &str) -> String {
    let key = key.trim();
    key.rsplit('.').next().unwrap_or(key).to_owned()
}

/// What is long is made, not copied.
#[expect(
    clippy::ptr_arg,
    reason = "filters hand on references to what they hold"
)]
fn short(text: &String) -> bool {
    text.len() < 4_000
}

/// Every configuration below a directory.
fn texts(directory: &Path) -> Vec<String> {
    let mut paths: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(texts(&path));
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            found.push(std::fs::read_to_string(path).unwrap());
        }
    }
    found
}

/// The shipped file with its examples in force.
fn in_force(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with([' ', ':']) => rest,
            _ => line,
        })
        .collect();
    lines.join("\n")
}
