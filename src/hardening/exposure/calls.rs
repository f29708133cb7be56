//! Which groups of system calls a filter lets through, as far as juniperctl's own filters need it.
//!
//! `@system-service` shares calls with `@privileged` (chown(2)) and `@resources` (mbind(2)), and with no
//! other group that is asked about; systemd.exec(5) lists them. A filter of any other kind counts as
//! open: too exposed rather than too safe.

use super::Settings;

/// Groups that `@system-service` has calls of.
const SHARED: [&str; 2] = ["@privileged", "@resources"];

/// What a unit lets through of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    /// Nothing is filtered.
    Unfiltered,
    /// Calls of it are on the list of those allowed.
    Allowed,
    /// None of it.
    Denied,
}

/// What the filter lets through of a group, named as in `@swap`.
pub(super) fn passage(settings: &Settings<'_>, group: &str) -> Passage {
    let lines: Vec<&str> = settings.all("SystemCallFilter").collect();
    let Some(first) = lines.first() else {
        return Passage::Unfiltered;
    };
    let is_denied = lines
        .iter()
        .filter_map(|line| line.strip_prefix('~'))
        .flat_map(str::split_whitespace)
        .any(|word| word == group);
    if is_denied {
        return Passage::Denied;
    }
    match *first {
        "@system-service" if !SHARED.contains(&group) => Passage::Denied,
        _ => Passage::Allowed,
    }
}
