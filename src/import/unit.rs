//! A unit file that was written by hand: its service, with what juniperctl has a key for; the rest is named.
//!
//! The sandbox's own directives are covered by juniperctl's table, which is tighter. Specifiers (`%h`) mean
//! nothing here: whose home it is cannot be told from the text.

mod command;
mod parse;
mod settings;

use std::collections::BTreeMap;

use super::command_line::words;
use super::gathering::Gathering;
use super::known::{identity, is_platform};
use super::{Place, Refusal, Source, dotenv};
use crate::hardening::table::SANDBOX;
use crate::spec::ServiceName;

use parse::{Setting, read};

/// Directives that juniperctl's units have in their own way, or that mean what they do anyway.
const COVERED: [&str; 22] = [
    "Description",
    "Documentation",
    "Restart",
    "WantedBy",
    "StandardOutput",
    "StandardError",
    "SyslogIdentifier",
    "NoNewPrivileges",
    "ProtectHome",
    "PrivateTmp",
    "ProtectControlGroups",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "ProtectKernelLogs",
    "PrivateDevices",
    "StartLimitBurst",
    "StartLimitIntervalSec",
    "After",
    "Before",
    "Alias",
    "PartOf",
    "KillMode",
];

/// Directives whose values a message shows.
const SHOWN: [&str; 12] = [
    "CPUQuota",
    "EnvironmentFile",
    "Group",
    "KillMode",
    "MemoryMax",
    "ReadWritePaths",
    "Restart",
    "RestartSec",
    "StandardOutput",
    "TimeoutStopSec",
    "User",
    "WorkingDirectory",
];

/// Has the secrets in it known before anything is said of it.
pub(super) fn remember(source: &Source, gathering: &mut Gathering) -> Result<(), Refusal> {
    for setting in read(&source.path, &source.text)? {
        if setting.key == "Environment" {
            for assignment in words(&setting.value).unwrap_or_default() {
                if let Some((name, value)) = assignment.split_once('=') {
                    gathering.remember(name, value);
                }
            }
        }
    }
    Ok(())
}

/// The files that hold variables for it.
pub(super) fn referred(source: &Source) -> Result<Vec<String>, Refusal> {
    let settings = read(&source.path, &source.text)?;
    let mut files = Vec::new();
    for setting in settings
        .iter()
        .filter(|setting| setting.key == "EnvironmentFile")
    {
        let path = environment_file(&setting.value).to_owned();
        if !files.contains(&path) {
            files.push(path);
        }
    }
    Ok(files)
}

fn environment_file(value: &str) -> &str {
    value.trim_start_matches('-').trim_matches('"')
}

/// Takes what a file says.
pub(super) fn gather(
    source: &Source,
    beside: &BTreeMap<(String, String), String>,
    gathering: &mut Gathering,
) -> Result<(), Refusal> {
    let settings = read(&source.path, &source.text)?;
    let file = source.path.rsplit('/').next().unwrap_or(&source.path);
    let place = |line| Place {
        file: source.path.clone(),
        line,
    };
    let Some(stem) = file.strip_suffix(".service") else {
        gathering.loss(&place(1), file, "juniper.target takes its place");
        return Ok(());
    };
    let (name, _) = identity(stem.trim_end_matches('@'));
    if ServiceName::parse(&name).is_err() || name == "redis" {
        gathering.loss(
            &place(1),
            file,
            "its name is none of a service that juniperctl writes",
        );
        return Ok(());
    }
    let unit = Unit {
        name,
        source,
        beside,
    };
    let kind = settings.iter().find(|setting| setting.key == "Type");
    let other = kind.filter(|kind| !matches!(kind.value.as_str(), "simple" | "exec"));
    if let Some(kind) = other.filter(|_| !is_platform(&unit.name)) {
        gathering.loss(&place(kind.line), &format!("Type={}", kind.value), "the service is left out: juniperctl runs programs that stay in the foreground and tell systemd nothing");
        return Ok(());
    }
    if !unit.command(&settings, gathering) {
        return Ok(());
    }
    gathering.takes_part(&unit.name);
    for setting in &settings {
        unit.setting(setting, gathering);
    }
    Ok(())
}

/// One unit that is carried over.
struct Unit<'f> {
    name: String,
    source: &'f Source,
    beside: &'f BTreeMap<(String, String), String>,
}

impl Unit<'_> {
    fn place(&self, line: usize) -> Place {
        Place {
            file: self.source.path.clone(),
            line,
        }
    }

    fn lose(&self, setting: &Setting, why: &str, gathering: &mut Gathering) {
        // The value of any other may be a secret that nobody knows as such.
        let what = if SHOWN.contains(&setting.key.as_str()) {
            &format!("{}={}", setting.key, setting.value)
        } else {
            &format!("{}=", setting.key)
        };
        gathering.loss(&self.place(setting.line), what, why);
    }

    fn environment(&self, setting: &Setting, gathering: &mut Gathering) {
        let Some(assignments) = words(&setting.value) else {
            return self.lose(setting, "a quote stays open", gathering);
        };
        for assignment in assignments {
            match assignment.split_once('=') {
                Some((name, value)) if !value.contains('%') => {
                    gathering.variable(&self.name, None, name, value, &self.place(setting.line));
                }
                Some((name, _)) => {
                    let why = "a specifier (%) is in its value: write it out";
                    gathering.loss(&self.place(setting.line), name, why);
                }
                None => self.lose(setting, "it does not set a variable", gathering),
            }
        }
    }

    fn environment_file(&self, setting: &Setting, gathering: &mut Gathering) {
        let path = environment_file(&setting.value);
        let Some(text) = self
            .beside
            .get(&(self.source.path.clone(), path.to_owned()))
        else {
            return self.lose(
                setting,
                "the file is not here: have import read it, too, by its path",
                gathering,
            );
        };
        let (assignments, malformed) = dotenv::read(text);
        let place = |line| Place {
            file: self.source.beside(path),
            line,
        };
        for line in malformed {
            gathering.loss(&place(line), "this line", "it does not set a variable");
        }
        for one in assignments {
            gathering.variable(&self.name, None, &one.name, &one.value, &place(one.line));
        }
    }
}

/// Whether juniperctl's units have a directive in their own way.
fn is_covered(key: &str) -> bool {
    COVERED.contains(&key) || is_sandbox(key)
}

/// Whether a directive is one of the sandbox.
fn is_sandbox(key: &str) -> bool {
    SANDBOX.iter().any(|row| row.name == key)
}
