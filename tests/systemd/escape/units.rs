//! Units from inside of which something is tried: those that are installed, with another command, and
//! such that have one directive, or none.

use std::fmt::Write as _;

use juniperctl::hardening::attempts::{Attempt, Rights};
use juniperctl::hardening::table::SANDBOX;

/// A unit and what is tried in it.
pub(super) struct Unit<'a> {
    /// What it is, for people.
    pub(super) title: String,
    /// Its text, but for the command.
    pub(super) text: String,
    /// Whether its sandbox is that of an installed unit, as it is.
    pub(super) is_whole: bool,
    /// What was taken away from it.
    pub(super) lacks: Option<&'static str>,
    /// For a template.
    pub(super) is_template: bool,
    /// What is tried.
    pub(super) attempts: Vec<&'a Attempt>,
}

/// As whom a unit runs that has no sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    User,
    Root,
}

impl Base {
    /// Whether an attempt is made by this one: by root only what an ordinary user could not do anyway.
    pub(super) const fn is_tried_by(self, attempt: &Attempt) -> bool {
        matches!(self, Self::Root) == matches!(attempt.rights, Rights::Root)
    }

    const fn user(self) -> &'static str {
        match self {
            Self::User => "juniper",
            Self::Root => "root",
        }
    }

    fn text(self) -> String {
        format!(
            "[Service]\nUser={}\nStateDirectory=juniper/bare\n",
            self.user()
        )
    }
}

impl<'a> Unit<'a> {
    /// One as it is installed.
    pub(super) fn installed(name: &str, text: String, attempts: &[&'a Attempt]) -> Self {
        Self {
            title: name.to_owned(),
            is_whole: true,
            lacks: None,
            is_template: name.ends_with('@'),
            text,
            attempts: attempts.to_vec(),
        }
    }

    /// The same for root.
    pub(super) fn for_root(mut self) -> Self {
        self.title.push_str(" as root");
        self.text.push_str("[Service]\nUser=root\nGroup=root\n");
        self
    }

    /// One without any sandbox.
    pub(super) fn bare(base: Base, attempts: &[&'a Attempt]) -> Self {
        Self {
            title: format!("no sandbox, as {}", base.user()),
            text: base.text(),
            is_whole: false,
            lacks: None,
            is_template: false,
            attempts: attempts.to_vec(),
        }
    }

    /// One whose sandbox is a single directive.
    pub(super) fn only(base: Base, name: &str, value: &str, attempts: &[&'a Attempt]) -> Self {
        Self {
            title: format!("nothing but {name}={value}, as {}", base.user()),
            text: base.text() + &format!("{name}={value}\n"),
            is_whole: false,
            lacks: None,
            is_template: false,
            attempts: attempts.to_vec(),
        }
    }

    /// One that lacks a directive.
    pub(super) fn without(directive: &'static str, whole: &str, attempts: &[&'a Attempt]) -> Self {
        let mut text = String::new();
        for line in whole.lines() {
            if line
                .split_once('=')
                .is_none_or(|(name, _)| name != directive)
            {
                let _ = writeln!(text, "{line}");
            }
        }
        Self {
            title: format!("without {directive}"),
            text,
            is_whole: false,
            lacks: Some(directive),
            is_template: false,
            attempts: attempts.to_vec(),
        }
    }

    /// The file of it that tries everything and tells it to a file.
    pub(super) fn file(&self, victim: &str, told: &str) -> String {
        let names: Vec<&str> = self.attempts.iter().map(|attempt| attempt.name).collect();
        format!(
            "{}\n[Service]\nType=oneshot\nExecStart=\nExecStart=:/usr/local/bin/escape {victim} {}\n\
             ExecStartPost=\nExecStopPost=\nExecReload=\nRestart=no\nStandardOutput=file:{told}\n\
             WatchdogSec=0\nTimeoutStartSec=60s\n",
            self.text,
            names.join(" ")
        )
    }

    /// Whether it has a directive.
    pub(super) fn has(&self, directive: &str) -> bool {
        let begins = format!("{directive}=");
        self.text.lines().any(|line| line.starts_with(&begins))
    }
}

/// The directives of the sandbox in a unit's text.
pub(super) fn sandbox_of(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| SANDBOX.iter().any(|row| row.name == *name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
