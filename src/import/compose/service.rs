//! One container: what it is, and each of its keys.

use std::collections::BTreeMap;

use crate::import::command_line::{self, words};
use crate::import::dotenv;
use crate::import::draft::Edge;
use crate::import::gathering::Gathering;
use crate::import::known::{identity, is_platform};
use crate::import::variable::carries_secret;
use crate::import::yaml::{Entry, Node, Value};
use crate::import::{Place, Source};
use crate::spec::ServiceName;
use crate::spec::stack::Gate;
use crate::spec::text::AbsolutePath;

use super::profiles::Member;
use super::{env_files, limits, place, probe};

/// What the sandbox of every unit does already, or what means nothing without containers.
const COVERED: [&str; 12] = [
    "cap_drop",
    "security_opt",
    "read_only",
    "init",
    "container_name",
    "hostname",
    "tmpfs",
    "expose",
    "pull_policy",
    "stdin_open",
    "tty",
    "labels",
];

/// One container of a file.
pub(super) struct Container<'f> {
    pub(super) name: String,
    pub(super) variant: Option<&'static str>,
    pub(super) written: String,
    pub(super) node: &'f Node,
    pub(super) place: Place,
    pub(super) source: &'f Source,
    pub(super) beside: &'f BTreeMap<(String, String), String>,
    pub(super) root: &'f Node,
}

impl Container<'_> {
    /// Takes what it says; what it is a member of, where it is carried over.
    pub(super) fn gather(&self, gathering: &mut Gathering) -> Option<Member> {
        if ServiceName::parse(&self.name).is_err() {
            gathering.loss(
                &self.place,
                &self.written,
                "its name is none of a service: a-z, 0-9 and -",
            );
            return None;
        }
        let member = Member {
            name: self.name.clone(),
            variant: self.variant.is_some(),
            profiles: self.profiles(),
            place: self.place.clone(),
        };
        if self.name == "redis" {
            gathering.loss(&self.place, &self.written, "redis is Debian's own redis-server.service: its program, data and settings are that package's");
            return Some(member);
        }
        if self.variant.is_some() {
            let why = format!(
                "only its variables are carried over, for its profile; everything else is {}'s",
                self.name
            );
            gathering.loss(&self.place, &self.written, &why);
            self.variables(gathering);
            return Some(member);
        }
        if is_platform(&self.name) {
            let module = self
                .command()
                .and_then(|command| command_line::module(&command).map(str::to_owned));
            let own = gathering
                .known
                .service(&self.name)
                .and_then(|layer| layer.command.as_ref());
            let same = own.is_some_and(|own| {
                own.value
                    .iter()
                    .any(|word| Some(word.as_str()) == module.as_deref())
            });
            if !same && let Some(entry) = self.entry("command").or_else(|| self.entry("entrypoint"))
            {
                let why = format!(
                    "juniperctl's own command for {} is kept; see services.{}.command",
                    self.name, self.name
                );
                self.lose(entry, &why, gathering);
            }
        } else if !self.is_own(gathering) {
            return None;
        }
        self.variables(gathering);
        for entry in self.node.entries() {
            self.key(entry, gathering);
        }
        Some(member)
    }

    /// Takes the command of a service that the platform does not have.
    fn is_own(&self, gathering: &mut Gathering) -> bool {
        let Some(command) = self.command() else {
            gathering.loss(&self.place, &self.written, "it is what its image runs: juniperctl runs programs of this machine; give services.NAME a command");
            return false;
        };
        let once = self
            .entry("restart")
            .is_some_and(|entry| entry.node.text() == Some("no"));
        let absolute = command
            .first()
            .is_some_and(|program| AbsolutePath::parse(program).is_ok());
        let why = if once {
            "it runs once and ends; juniperctl runs services"
        } else if !absolute || command_line::needs_shell(&command) {
            "its program is found inside its image: install it on this machine and give services.NAME a command with the full path"
        } else if carries_secret(&command) || command.iter().any(|word| gathering.is_tainted(word))
        {
            "its command line seems to hold a secret, which everybody could read"
        } else {
            if let Some(entry) = self.entry("image").or_else(|| self.entry("build")) {
                self.lose(entry, "the program must be installed on this machine, at the path that the command names", gathering);
            }
            gathering.draft(&self.name).command = Some(command);
            return true;
        };
        gathering.loss(&self.place, &self.written, why);
        false
    }

    /// `entrypoint` and `command` as words.
    fn command(&self) -> Option<Vec<String>> {
        let read = |key: &str| -> Option<Vec<String>> {
            let node = &self.entry(key)?.node;
            match &node.value {
                Value::Scalar(text) => words(text),
                Value::List(items) => items
                    .iter()
                    .map(|item| item.text().map(str::to_owned))
                    .collect(),
                _ => None,
            }
        };
        let whole = [read("entrypoint"), read("command")]
            .into_iter()
            .flatten()
            .flatten();
        let whole: Vec<String> = whole.collect();
        (!whole.is_empty()).then_some(whole)
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        self.node.entries().iter().find(|entry| entry.key == key)
    }

    fn profiles(&self) -> Vec<String> {
        let listed = self.node.get("profiles").map_or(&[][..], Node::items);
        let named: Vec<String> = listed
            .iter()
            .filter_map(|item| item.text().map(str::to_owned))
            .collect();
        match self.variant {
            Some(profile) if named.is_empty() => vec![profile.to_owned()],
            _ => named,
        }
    }

    /// Where one of its values stands.
    pub(super) fn at(&self, line: usize) -> Place {
        place(self.source, line)
    }

    fn lose(&self, entry: &Entry, why: &str, gathering: &mut Gathering) {
        let what = format!("{}.{}", self.written, entry.key);
        gathering.loss(&self.at(entry.line), &what, why);
    }

    fn variables(&self, gathering: &mut Gathering) {
        let mut read: BTreeMap<String, (String, Place)> = BTreeMap::new();
        for (path, line) in env_files(self.node) {
            let Some(text) = self.beside.get(&(self.source.path.clone(), path.clone())) else {
                let what = format!("{}.env_file {path}", self.written);
                gathering.loss(&self.at(line), &what, "the file cannot be read");
                continue;
            };
            let (assignments, malformed) = dotenv::read(text);
            let in_file = |line| Place {
                file: self.source.beside(&path),
                line,
            };
            for line in malformed {
                gathering.loss(&in_file(line), "this line", "it does not set a variable");
            }
            for one in assignments {
                read.insert(one.name, (one.value, in_file(one.line)));
            }
        }
        if let Some(environment) = self.node.get("environment") {
            let mapped = environment
                .entries()
                .iter()
                .map(|entry| (entry.key.as_str(), entry.node.text(), entry.line));
            let listed = environment.items().iter().map(|item| {
                let text = item.text().unwrap_or_default();
                match text.split_once('=') {
                    Some((name, value)) => (name, Some(value), item.line),
                    None => (text, None, item.line),
                }
            });
            for (name, value, line) in mapped.chain(listed) {
                match value {
                    Some(value) => {
                        read.insert(name.to_owned(), (value.to_owned(), self.at(line)));
                    }
                    None => gathering.loss(
                        &self.at(line),
                        name,
                        "its value was that of whoever started Compose",
                    ),
                }
            }
        }
        let profiles = self.profiles();
        for (name, (value, place)) in &read {
            if self.variant.is_none() {
                gathering.variable(&self.name, None, name, value, place);
            }
            for profile in profiles.iter().filter(|_| self.variant.is_some()) {
                gathering.variable(&self.name, Some(profile), name, value, place);
            }
        }
    }

    fn key(&self, entry: &Entry, gathering: &mut Gathering) {
        match entry.key.as_str() {
            "image" | "build" if is_platform(&self.name) => {
                let why = format!(
                    "the program is that of /opt/juniper/{0}/current, which `juniperctl provision {0}` makes",
                    self.name
                );
                self.lose(entry, &why, gathering);
            }
            "image" | "build" | "environment" | "env_file" | "profiles" | "command"
            | "entrypoint" => {}
            key if COVERED.contains(&key) || key.starts_with("x-") => {}
            "restart" => self.restart(entry, gathering),
            "ports" => limits::ports(self, entry, gathering),
            "depends_on" => self.depends_on(entry, gathering),
            "healthcheck" => probe::healthcheck(self, entry, gathering),
            "deploy" | "mem_limit" | "cpus" | "gpus" | "scale" | "stop_grace_period" => {
                limits::resources(self, entry, gathering);
            }
            "volumes" => self.volumes(entry, gathering),
            "secrets" => self.secrets(entry, gathering),
            "networks" => {}
            "working_dir" if !is_platform(&self.name) => {
                match entry.node.text().map(AbsolutePath::parse) {
                    Some(Ok(path)) => {
                        gathering.draft(&self.name).working_directory = Some(path.to_string());
                    }
                    _ => self.lose(entry, "no full path", gathering),
                }
            }
            "working_dir" => self.lose(
                entry,
                "a service of the platform runs in its own state directory",
                gathering,
            ),
            "user" => self.lose(entry, "all services run as the user juniper", gathering),
            "logging" => self.lose(entry, "standard error goes to the journal", gathering),
            _ => self.lose(entry, "juniperctl has no counterpart", gathering),
        }
    }

    fn restart(&self, entry: &Entry, gathering: &mut Gathering) {
        match entry.node.text() {
            Some("always" | "unless-stopped" | "on-failure") => {}
            Some("no") => self.lose(entry, "juniperctl restarts what fails", gathering),
            _ => self.lose(
                entry,
                "five starts are tried before one is given up",
                gathering,
            ),
        }
    }

    fn depends_on(&self, entry: &Entry, gathering: &mut Gathering) {
        for item in entry.node.items() {
            self.edge(item.text().unwrap_or_default(), None, item.line, gathering);
        }
        for one in entry.node.entries() {
            self.edge(&one.key, Some(&one.node), one.line, gathering);
        }
    }

    fn edge(&self, written: &str, details: Option<&Node>, line: usize, gathering: &mut Gathering) {
        let (on, _) = identity(written);
        let what = format!("{}.depends_on.{written}", self.written);
        let at = self.at(line);
        if !is_platform(&on) && ServiceName::parse(&on).is_err() || on == self.name {
            return gathering.loss(&at, &what, "no service that juniperctl runs");
        }
        let condition = details
            .and_then(|node| node.get("condition"))
            .and_then(Node::text);
        let built_in = gathering
            .known
            .service(&self.name)
            .is_some_and(|layer| layer.depends_on.keys().any(|name| name.as_str() == on));
        let gate = match condition {
            Some("service_healthy") if on == "redis" => {
                gathering.loss(
                    &at,
                    &what,
                    "redis is asked nothing: it is waited for until it has started",
                );
                (!built_in).then_some(Gate::Started)
            }
            Some("service_healthy") => (!built_in).then_some(Gate::Ready),
            Some("service_started") => (on != "redis" || !built_in).then_some(Gate::Started),
            None => (!built_in).then_some(Gate::Started),
            Some(_) => {
                return gathering.loss(&at, &what, "nothing is waited for until it has ended");
            }
        };
        let restart = details
            .and_then(|node| node.get("restart"))
            .and_then(Node::text)
            == Some("true");
        if gate.is_some() || restart {
            gathering.draft(&self.name).depends_on.insert(
                on,
                Edge {
                    place: at,
                    gate,
                    restart,
                },
            );
        }
    }
}
