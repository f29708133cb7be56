//! A Compose file: its services, with what juniperctl has a key for; the rest is named.
//!
//! A container of the platform becomes the built-in service of that name with what the file says
//! differently; another one becomes a service of the site's own where its program is named by a full path.

mod limits;
mod mounts;
mod probe;
mod profiles;
mod service;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use super::gathering::Gathering;
use super::known::{identity, is_platform};
use super::yaml::{self, Entry, Node};
use super::{Kind, Place, Refusal, Source, dotenv};
use crate::ordered::Ordered as _;

use service::Container;

/// The variable that names the profiles to start.
const PROFILES: &str = "COMPOSE_PROFILES";

/// The files that hold variables for its values and its services.
pub(super) fn referred(source: &Source) -> Result<Vec<String>, Refusal> {
    let root = yaml::read(&source.path, &source.text)?;
    let mut files = vec![".env".to_owned()];
    let services = root.get("services").map_or(&[][..], Node::entries);
    for (path, _) in services.iter().flat_map(|entry| env_files(&entry.node)) {
        if !files.contains(&path) {
            files.push(path);
        }
    }
    Ok(files)
}

/// Has the secrets in it known before anything is said of it.
pub(super) fn remember(source: &Source, gathering: &mut Gathering) -> Result<(), Refusal> {
    let root = yaml::read(&source.path, &source.text)?;
    remember_in(&root, gathering);
    Ok(())
}

fn remember_in(node: &Node, gathering: &mut Gathering) {
    for entry in node.entries() {
        if let Some(text) = entry.node.text() {
            gathering.remember(&entry.key, text);
        }
        remember_in(&entry.node, gathering);
    }
    for item in node.items() {
        if let Some((name, value)) = item.text().and_then(|text| text.split_once('=')) {
            gathering.remember(name, value);
        }
        remember_in(item, gathering);
    }
}

/// The files of a service's variables, with the line of each.
fn env_files(service: &Node) -> Vec<(String, usize)> {
    let Some(node) = service.get("env_file") else {
        return Vec::new();
    };
    let alone = node.text().map(|path| (path.to_owned(), node.line));
    let listed = node.items().iter().filter_map(|item| {
        let path = item.text().or_else(|| item.get("path")?.text())?;
        Some((path.to_owned(), item.line))
    });
    alone.into_iter().chain(listed).collect()
}

/// Takes what a file says.
pub(super) fn gather(
    source: &Source,
    sources: &[Source],
    beside: &BTreeMap<(String, String), String>,
    gathering: &mut Gathering,
) -> Result<(), Refusal> {
    let mut root = yaml::read(&source.path, &source.text)?;
    let values = values(source, sources, beside);
    let mut used = tree::filled(&mut root, &values, &source.path, gathering);
    used.insert(PROFILES.to_owned());
    unused(source, sources, beside, &used, gathering);
    for entry in root.entries() {
        let place = place(source, entry.line);
        match entry.key.as_str() {
            "services" | "volumes" | "secrets" | "name" | "version" => {}
            key if key.starts_with("x-") => {}
            "networks" => networks(entry, source, gathering),
            key => gathering.loss(&place, key, "juniperctl has no counterpart"),
        }
    }
    let Some(services) = root.get("services") else {
        return Err(Refusal {
            place: place(source, root.line),
            what: "there are no `services`: is this a Compose file?".to_owned(),
        });
    };
    let mut members = Vec::new();
    for entry in services.entries() {
        let (name, variant) = identity(&entry.key);
        let container = Container {
            name,
            variant,
            written: entry.key.clone(),
            node: &entry.node,
            place: place(source, entry.line),
            source,
            beside,
            root: &root,
        };
        members.extend(container.gather(gathering));
    }
    profiles::gather(
        &members,
        values.get(PROFILES).map(String::as_str),
        gathering,
    );
    Ok(())
}

/// The variables that stand in for names: the `.env` beside the file, then those named with it.
fn values(
    source: &Source,
    sources: &[Source],
    beside: &BTreeMap<(String, String), String>,
) -> BTreeMap<String, String> {
    let own = beside.get(&(source.path.clone(), ".env".to_owned()));
    own.map(String::as_str)
        .into_iter()
        .chain(of_kind_environment(sources).map(|source| source.text.as_str()))
        .flat_map(|text| dotenv::read(text).0)
        .map(|one| (one.name, one.value))
        .ordered()
}

fn of_kind_environment(sources: &[Source]) -> impl Iterator<Item = &Source> {
    sources
        .iter()
        .filter(|source| source.kind == Kind::Environment)
}

/// Variables that stand in for names, and that the Compose file does not use.
fn unused(
    source: &Source,
    sources: &[Source],
    beside: &BTreeMap<(String, String), String>,
    used: &BTreeSet<String>,
    gathering: &mut Gathering,
) {
    let own = beside.get(&(source.path.clone(), ".env".to_owned()));
    let named = of_kind_environment(sources).map(|one| (one.path.clone(), one.text.as_str()));
    let all: BTreeMap<String, &str> = own
        .map(|text| (source.beside(".env"), text.as_str()))
        .into_iter()
        .chain(named)
        .ordered();
    for (file, text) in all {
        let place = |line| Place {
            file: file.clone(),
            line,
        };
        let (assignments, malformed) = dotenv::read(text);
        for line in malformed {
            gathering.loss(&place(line), "this line", "it does not set a variable");
        }
        for one in assignments {
            if !used.contains(&one.name) {
                let why = "the Compose file does not use it, so that no service had it";
                gathering.loss(&place(one.line), &one.name, why);
            }
        }
    }
}

fn networks(entry: &Entry, source: &Source, gathering: &mut Gathering) {
    for network in entry.node.entries() {
        let internal = network.node.get("internal").and_then(Node::text) == Some("true");
        let why = if internal {
            "services of a group share one network; `network = \"isolated\"` closes it to the outside"
        } else {
            "services of a group share one network"
        };
        let what = format!("networks.{}", network.key);
        gathering.loss(&place(source, network.line), &what, why);
    }
}

fn place(source: &Source, line: usize) -> Place {
    Place {
        file: source.path.clone(),
        line,
    }
}

/// Whether a service name belongs to what juniperctl can run.
fn is_carried(name: &str, gathering: &Gathering) -> bool {
    is_platform(name)
        || gathering
            .services
            .get(name)
            .is_some_and(|draft| draft.command.is_some())
}
