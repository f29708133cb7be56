//! Who runs with which environment, by what each process has mapped and was called as (proc(5)).
//!
//! Root sees all of it; who is not sees their own alone.

use std::collections::BTreeMap;
use std::fs;

use crate::provision::environment::{User, mentioned};
use crate::spec::text::for_terminal;

/// How much of a command line is told.
const TOLD: usize = 100;

/// The users of each environment, by service and name.
#[must_use]
pub fn users() -> BTreeMap<(String, String), Vec<User>> {
    let mut users: BTreeMap<(String, String), Vec<User>> = BTreeMap::new();
    let Ok(entries) = fs::read_dir("/proc") else {
        return users;
    };
    for entry in entries.flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let called = String::from_utf8_lossy(&read("cmdline")).replace('\0', " ");
        let mapped = read("maps");
        let link = |name: &str| {
            fs::read_link(entry.path().join(name))
                .map(|path| path.to_string_lossy().into_owned())
                .unwrap_or_default()
        };
        let all = format!(
            "{called}\n{}\n{}/\n{}/\n",
            String::from_utf8_lossy(&mapped),
            link("cwd"),
            link("exe")
        );
        for environment in mentioned(&all) {
            users.entry(environment).or_default().push(User {
                pid,
                command: for_terminal(called.trim_end(), TOLD),
            });
        }
    }
    users
}
