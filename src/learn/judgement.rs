//! What is to be done about a denial: the least that would grant it, or why it is right as it is.
//!
//! Held against the sandbox that the unit really has, and against what `hardening::attempts` says denies
//! each attempt. A directory of its own comes before any directive, and a variable that names the
//! directory before that. It decides nothing for anybody: a proposal is text.

use std::collections::BTreeSet;

use crate::hardening::Sandbox;
use crate::hardening::attempts::{ATTEMPTS, is_wall};
use crate::ordered::{self, Ordered as _};
use crate::spec::bind::PathPattern;
use crate::spec::derived::EnvironmentValue;
use crate::spec::stack::Managed;
use crate::spec::text::RelativePath;

use super::denial::Denial;
use super::edit::Edit;
use super::place::{
    is_below, is_hidden_at_top, is_home, is_of_group, is_of_system, is_own, is_shared,
};
use super::tally::{Seen, Tally};

/// The service that is watched.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Its name.
    pub name: &'a str,
    /// What is configured.
    pub managed: &'a Managed,
    /// The directives of its unit.
    pub sandbox: &'a Sandbox,
    /// Whether the group has a network of its own.
    pub isolated: bool,
}

/// What is to be done about a denial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// These changes would grant it.
    Propose {
        /// The changes.
        edits: Vec<Edit>,
        /// What else is to be known.
        note: String,
    },
    /// It is denied for a reason that stands.
    Right(String),
    /// Nothing suffers from it.
    Harmless(&'static str),
    /// No key of the configuration grants it.
    Unable(String),
}

/// A denial with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What was denied.
    pub denial: Denial,
    /// How often, since when.
    pub seen: Seen,
    /// The directives that deny it, each by itself.
    pub directives: Vec<String>,
    /// What is to be done.
    pub verdict: Verdict,
}

/// All denials, judged.
#[must_use]
pub fn judged(tally: &Tally, about: &About<'_>) -> Vec<Judged> {
    let mut taken: BTreeSet<String> = about
        .managed
        .state_directories
        .iter()
        .map(|directory| directory.as_str().to_owned())
        .ordered();
    let mut bound: Vec<String> = Vec::new();
    tally
        .each()
        .map(|(denial, seen)| {
            let directives = directives(denial, about);
            Judged {
                verdict: verdict(denial, &directives, about, &mut taken, &mut bound),
                denial: denial.clone(),
                seen: seen.clone(),
                directives,
            }
        })
        .collect()
}

/// All changes that are proposed, each once.
#[must_use]
pub fn edits(judged: &[Judged]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = judged
        .iter()
        .filter_map(|one| match &one.verdict {
            Verdict::Propose { edits, .. } => Some(edits.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    ordered::sort(&mut edits);
    edits.dedup();
    edits
}

/// The directives of the unit that deny it, as `Name=value`.
fn directives(denial: &Denial, about: &About<'_>) -> Vec<String> {
    let Some(attempt) = denial
        .attempt()
        .and_then(|name| ATTEMPTS.iter().find(|one| one.name == name))
    else {
        return match denial {
            Denial::NoRoute if about.isolated => vec!["PrivateNetwork=yes".to_owned()],
            Denial::Memory => vec!["MemoryMax".to_owned()],
            Denial::Processes => vec!["TasksMax".to_owned()],
            Denial::SystemCall(_) | Denial::Privilege(_) | Denial::Killed => {
                vec!["SystemCallFilter".to_owned()]
            }
            _ => Vec::new(),
        };
    };
    let mut walls: Vec<String> = about
        .sandbox
        .applied
        .iter()
        .filter(|(name, value)| {
            attempt
                .walls()
                .iter()
                .any(|wall| is_wall(wall, name, value))
        })
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if attempt.walls().contains(&"SocketBindDeny") {
        walls.push("SocketBindDeny".to_owned());
    }
    walls
}

/// Takes off each directive that denies it.
fn relax(directives: &[String], reason: &'static str, note: &str) -> Verdict {
    use crate::hardening::relaxable;
    let mut edits: Vec<Edit> = relaxable()
        .filter(|name| {
            directives
                .iter()
                .any(|one| one.split('=').next() == Some(name))
        })
        .map(|directive| Edit::Relax { directive, reason })
        .collect();
    // A directive may have several rows.
    edits.dedup();
    if edits.is_empty() {
        return Verdict::Unable(
            "the sandbox of the unit does not deny it: look at what the service itself says"
                .to_owned(),
        );
    }
    let note = note.to_owned();
    Verdict::Propose { edits, note }
}

fn verdict(
    denial: &Denial,
    directives: &[String],
    about: &About<'_>,
    taken: &mut BTreeSet<String>,
    bound: &mut Vec<String>,
) -> Verdict {
    let right = |why: &str| Verdict::Right(why.to_owned());
    let unable = |why: &str| Verdict::Unable(why.to_owned());
    match denial {
        Denial::Write(directory) => write(directory, about, taken, bound),
        Denial::Read(path) if is_of_group(path) && !is_own(path, about.name) => {
            right("services do not read each other's files: have it ask the other by HTTP")
        }
        Denial::Read(path) if is_home(path) => relax(
            directives,
            "it reads files below /home, as juniperctl learn saw",
            "better: keep what it reads below /srv or /var/lib, which it may read",
        ),
        Denial::Read(_) => unable(
            "the file's own mode keeps it from the user juniper: chmod or chgrp it, if it is to be read",
        ),
        Denial::Device(path) => device(path, directives),
        Denial::KernelSetting(_) => relax(
            directives,
            "it reads what the hardware is below /proc, as juniperctl learn saw",
            "many programs ask and live without: only if it fails",
        ),
        Denial::SystemCall(name) if matches!(name.as_str(), "mbind" | "set_mempolicy") => {
            Verdict::Harmless("numpy and torch ask, hear no, and live without")
        }
        Denial::SystemCall(name)
            if name.starts_with("sched_set") && name != "sched_setaffinity" =>
        {
            right("real-time scheduling could starve the machine")
        }
        Denial::SystemCall(_) => relax(
            directives,
            "it makes a system call that the filter refuses, as juniperctl learn saw",
            "there is no smaller key: the whole filter goes; better have the service do without the call",
        ),
        Denial::Privilege(_) => right("it takes rights that no service of the group has"),
        Denial::SetUid => right("a set-uid file would hand its rights to others"),
        Denial::Listen(address) if address.port() < 1024 => {
            right("ports below 1024 take rights of root: give it a `port` from 1024 on")
        }
        Denial::Listen(_) => right("the port is another service's: give it a `port` of its own"),
        Denial::AddressFamily(Some(16) | None) => relax(
            directives,
            "it opens netlink sockets, as juniperctl learn saw",
            "programs that list network interfaces ask for it and mostly live without: only if it fails",
        ),
        Denial::AddressFamily(Some(_)) => right("no service needs sockets of that kind"),
        Denial::Destination(_)
        | Denial::Unanswered(_)
        | Denial::UnknownDestination
        | Denial::NoRoute
            if about.isolated =>
        {
            right("the group has a network of its own, and nothing leads out of it")
        }
        Denial::NoRoute => unable("no directive denies it: the machine itself has no way there"),
        Denial::Destination(_) | Denial::Unanswered(_) | Denial::UnknownDestination => relax(
            directives,
            "it talks to addresses beyond this machine, as juniperctl learn saw",
            "this opens every address: there is no key for one; a drop-in with IPAddressAllow= \
             (`systemctl edit`) is smaller",
        ),
        Denial::WriteExecute => relax(
            directives,
            "it makes code as it runs, as juniperctl learn saw",
            "",
        ),
        Denial::Namespace => relax(
            directives,
            "it makes namespaces, as juniperctl learn saw",
            "a container or sandbox inside the service: rather a unit of its own",
        ),
        Denial::Memory => match about.managed.memory_max {
            Some(limit) => Verdict::Propose {
                edits: vec![Edit::MemoryMax(limit.saturating_add(limit / 2))],
                note: "half as much again; watch MEMORY in `juniperctl status`".to_owned(),
            },
            None => unable("the machine itself ran out: it has no `memory_max`"),
        },
        Denial::Processes => unable(
            "no key raises it; `systemctl edit` with TasksMax= does, if it is no leak of threads",
        ),
        Denial::Killed => unable(
            "the call is not known: the kernel's audit names it (`journalctl -k -g type=1326`)",
        ),
        Denial::Other(_) => unable("no directive of the sandbox explains it"),
    }
}

fn device(path: &str, directives: &[String]) -> Verdict {
    let raw = [
        "/dev/mem",
        "/dev/kmem",
        "/dev/kmsg",
        "/dev/port",
        "/dev/sd",
        "/dev/vd",
        "/dev/nvme",
        "/dev/dm-",
        "/dev/loop",
    ];
    if path.starts_with("/dev/nvidia") {
        return Verdict::Propose {
            edits: vec![Edit::Gpu],
            note: "or those that it is to have, by number: gpu = [0]".to_owned(),
        };
    }
    if raw.iter().any(|device| path.starts_with(device)) {
        return Verdict::Right("memory, disks and the kernel's log are no service's".to_owned());
    }
    relax(
        directives,
        "it opens a device, as juniperctl learn saw",
        "this opens every device whose mode lets the user juniper in",
    )
}

fn write(
    directory: &str,
    about: &About<'_>,
    taken: &mut BTreeSet<String>,
    bound: &mut Vec<String>,
) -> Verdict {
    let right = |why: &str| Verdict::Right(why.to_owned());
    if is_of_system(directory) {
        return right("these files are the system's: have it write below its own directories");
    }
    if is_below(directory, "/proc") || is_below(directory, "/sys") {
        return right("kernel settings are the machine's: set them with sysctl.d(5)");
    }
    if is_of_group(directory) && !is_own(directory, about.name) {
        return right("another service's files: have it ask that one by HTTP");
    }
    if let Some(name) = variable_for(directory, about) {
        let (below, own) = own_directory(directory, taken);
        let edits = below.map(Edit::StateDirectory).into_iter();
        let variable = Edit::Variable { name, own };
        return Verdict::Propose {
            edits: edits.chain([variable]).collect(),
            note: "a variable of its own names the directory".to_owned(),
        };
    }
    if is_home(directory) || is_hidden_at_top(directory) {
        taken.insert("home".to_owned());
        return Verdict::Propose {
            edits: vec![
                Edit::StateDirectory("home".to_owned()),
                Edit::Variable {
                    name: "HOME".to_owned(),
                    own: "self.state/home".to_owned(),
                },
            ],
            note: "programs keep such files in the directory that HOME names".to_owned(),
        };
    }
    if is_shared(directory) {
        return Verdict::Unable(
            "many share that directory: have it write to one below it, by its own settings"
                .to_owned(),
        );
    }
    if PathPattern::parse(directory).is_err() || directory.contains('*') {
        return Verdict::Unable(
            "the name of the directory has characters that `bind_directories` does not take"
                .to_owned(),
        );
    }
    if let Some(above) = bound.iter().find(|above| is_below(directory, above)) {
        return Verdict::Propose {
            edits: Vec::new(),
            note: format!("granted along with {above}"),
        };
    }
    bound.push(directory.to_owned());
    let (below, own) = own_directory(directory, taken);
    let bind = Edit::Bind {
        directory: directory.to_owned(),
        own,
    };
    let edits = below.map(Edit::StateDirectory).into_iter();
    Verdict::Propose {
        edits: edits.chain([bind]).collect(),
        note: "what lies there now is then hidden from it: copy what it needs".to_owned(),
    }
}

/// The variable whose value is this directory or one above it.
fn variable_for(directory: &str, about: &About<'_>) -> Option<String> {
    about.managed.environment.iter().find_map(|(name, value)| {
        let EnvironmentValue::Literal(text) = value else {
            return None;
        };
        let text = text.as_str().trim_end_matches('/');
        let names = text.starts_with('/') && !is_shared(text) && !text.is_empty();
        (names && is_below(directory, text)).then(|| name.as_str().to_owned())
    })
}

/// The state directory to make, if any, and how the configuration calls the service's own directory
/// that is to be there instead.
fn own_directory(directory: &str, taken: &mut BTreeSet<String>) -> (Option<String>, String) {
    if is_below(directory, "/var/log") {
        return (None, "self.logs".to_owned());
    }
    if is_below(directory, "/var/cache") {
        return (None, "self.cache".to_owned());
    }
    let last = directory.rsplit('/').next().unwrap_or_default();
    let whole = directory.trim_start_matches('/').replace('/', "-");
    let fit = |name: &str| RelativePath::parse(name).is_ok();
    let name = [last, &whole]
        .into_iter()
        .find(|name| fit(name) && !taken.contains(*name))
        .map_or_else(|| format!("learned-{}", taken.len()), str::to_owned);
    taken.insert(name.clone());
    (Some(name.clone()), format!("self.state/{name}"))
}

#[cfg(test)]
#[path = "judgement_tests.rs"]
mod tests;
