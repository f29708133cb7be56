//! What was found to the text of a configuration.
//!
//! All quoting is the library's. Comments are one line each and hold no control character.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value, value};

use crate::ordered::Ordered as _;
use crate::spec::stack::Gate;

use super::draft::{Draft, Gpus, ProfileDraft};
use super::gathering::Gathering;
use super::known::is_platform;
use super::{Import, Loss};

/// Writes it.
pub(super) fn import(mut gathering: Gathering) -> Import {
    leave_out_what_is_not_carried(&mut gathering);
    let mut document = DocumentMut::new();
    let profile = profile(&mut gathering);
    document.insert("profile", value(profile));
    if !gathering.environment.is_empty() {
        document.insert("environment", Item::Table(strings(&gathering.environment)));
    }
    let mut services = implicit();
    for (name, draft) in &gathering.services {
        let mut table = service(draft);
        table.set_implicit(true);
        if !table.is_empty() {
            services.insert(name, Item::Table(table));
        }
    }
    if !services.is_empty() {
        document.insert("services", Item::Table(services));
    }
    let profiles = profiles(&gathering);
    if !profiles.is_empty() {
        document.insert("profiles", Item::Table(profiles));
    }
    let losses: Vec<Loss> = gathering.losses.into_iter().collect();
    let mut text =
        "# Made by `juniperctl import`; what differs from the built-in stack.\n".to_owned();
    let comment = |text: &str| crate::spec::text::for_terminal(text, 1_000);
    if !losses.is_empty() {
        text.push_str("#\n# Not carried over:\n");
    }
    for Loss { place, what, why } in &losses {
        let said = format!("{}:{}: {what}: {why}", place.file, place.line);
        let _ = writeln!(text, "#   {}", comment(&said));
    }
    let names: BTreeSet<_> = gathering
        .secrets
        .iter()
        .map(|secret| &secret.name)
        .ordered();
    if !names.is_empty() {
        text.push_str("#\n# Secrets to be set, which are in no configuration:\n");
    }
    for name in names {
        let _ = writeln!(text, "#   sudo juniperctl secret set {name}");
    }
    let _ = write!(text, "\n{document}");
    Import {
        text,
        losses,
        secrets: gathering.secrets.into_iter().collect(),
    }
}

/// Services without a command that the stack does not know, and edges to them.
fn leave_out_what_is_not_carried(gathering: &mut Gathering) {
    gathering
        .services
        .retain(|name, draft| is_platform(name) || draft.command.is_some());
    let there: BTreeSet<String> = gathering.services.keys().cloned().ordered();
    let carried = |name: &String| is_platform(name) || there.contains(name);
    // Only a service that is asked can be waited for until it is ready.
    let asked: BTreeSet<String> = gathering
        .services
        .iter()
        .filter(|(_, draft)| draft.readiness.path.is_some() && draft.port.is_some())
        .map(|(name, _)| name.clone())
        .ordered();
    let mut lost = Vec::new();
    for (service, draft) in &mut gathering.services {
        draft.depends_on.retain(|name, edge| {
            if !carried(name) {
                lost.push((edge.place.clone(), format!("{service}.depends_on.{name}")));
            }
            carried(name)
        });
        for (name, edge) in &mut draft.depends_on {
            if edge.gate == Some(Gate::Ready) && !is_platform(name) && !asked.contains(name) {
                edge.gate = Some(Gate::Started);
            }
        }
    }
    for (place, what) in lost {
        gathering.loss(&place, &what, "that service is not carried over");
    }
    for (name, draft) in &mut gathering.services {
        if !is_platform(name) && draft.port.is_none() {
            draft.readiness = super::draft::Probe::default();
        }
        if !is_platform(name) && draft.readiness.path.is_none() {
            draft.readiness = super::draft::Probe::default();
            draft.startup = None;
        }
    }
    gathering.always.retain(&carried);
    for profile in gathering.profiles.values_mut() {
        profile.services.retain(&carried);
        profile.overrides.retain(|name, _| is_platform(name));
    }
    gathering
        .profiles
        .retain(|_, profile| !profile.services.is_empty());
}

/// The profile to be installed; one is made where no built-in one has just these services.
fn profile(gathering: &mut Gathering) -> String {
    for profile in gathering.profiles.values_mut() {
        profile.services.extend(gathering.always.iter().cloned());
    }
    let chosen = gathering
        .profile
        .clone()
        .filter(|name| gathering.profiles.contains_key(name));
    if let Some(name) = chosen {
        return name;
    }
    if gathering.always.is_empty() {
        return "full".to_owned();
    }
    let same = |name: &&str| {
        let services = gathering.known.profile(name).unwrap_or_default();
        // redis is wanted where it is installed, and missed by nobody.
        let without = |name: &str| name != "redis";
        let own: BTreeSet<&str> = gathering
            .always
            .iter()
            .map(String::as_str)
            .filter(|name| without(name))
            .ordered();
        let known: BTreeSet<&str> = services.into_iter().filter(|name| without(name)).ordered();
        own == known && !gathering.profiles.contains_key(*name)
    };
    if let Some(name) = ["full", "default"].iter().find(|name| same(name)) {
        return (*name).to_owned();
    }
    let services = gathering.always.clone();
    gathering.profiles.insert(
        "imported".to_owned(),
        ProfileDraft {
            services,
            ..ProfileDraft::default()
        },
    );
    "imported".to_owned()
}

fn profiles(gathering: &Gathering) -> Table {
    let mut profiles = implicit();
    for (name, draft) in &gathering.profiles {
        let known: BTreeSet<&str> = gathering
            .known
            .profile(name)
            .unwrap_or_default()
            .into_iter()
            .ordered();
        let mut table = Table::new();
        if known != draft.services.iter().map(String::as_str).ordered() {
            table.insert("services", value(draft.services.iter().collect::<Array>()));
        }
        let mut overrides = implicit();
        for (service, environment) in draft
            .overrides
            .iter()
            .filter(|(service, set)| draft.services.contains(*service) && !set.is_empty())
        {
            let mut one = implicit();
            one.insert("environment", Item::Table(strings(environment)));
            overrides.insert(service, Item::Table(one));
        }
        if !overrides.is_empty() {
            table.set_implicit(table.is_empty());
            table.insert("overrides", Item::Table(overrides));
        }
        if !table.is_empty() {
            profiles.insert(name, Item::Table(table));
        }
    }
    profiles
}

fn implicit() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

fn strings(map: &std::collections::BTreeMap<String, String>) -> Table {
    let mut table = Table::new();
    for (name, text) in map {
        table.insert(name, value(text));
    }
    table
}

fn service(draft: &Draft) -> Table {
    let mut table = Table::new();
    let mut put = |key: &str, text: Option<&String>| {
        if let Some(text) = text {
            table.insert(key, value(text));
        }
    };
    put("description", draft.description.as_ref());
    put("working_directory", draft.working_directory.as_ref());
    put("memory_max", draft.memory_max.as_ref());
    put("stop_timeout", draft.stop_timeout.as_ref());
    put("restart_delay", draft.restart_delay.as_ref());
    if let Some(command) = &draft.command {
        table.insert("command", value(command.iter().collect::<Array>()));
    }
    if let Some(port) = draft.port {
        table.insert("port", value(i64::from(port)));
    }
    if let Some(instances) = draft.instances {
        table.insert("instances", value(i64::from(instances)));
    }
    match &draft.gpu {
        None => {}
        Some(Gpus::All) => drop(table.insert("gpu", value(true))),
        Some(Gpus::Count(count)) => drop(table.insert("gpu", value(i64::from(*count)))),
        Some(Gpus::Named(names)) => {
            table.insert("gpu", value(names.iter().collect::<Array>()));
        }
    }
    if let Some(seconds) = draft.startup {
        let mut startup = InlineTable::new();
        startup.insert("interval", "1s".into());
        startup.insert(
            "failure_threshold",
            i64::try_from(seconds).unwrap_or(i64::MAX).into(),
        );
        table.insert("startup", value(startup));
    }
    let readiness = readiness(draft);
    if !readiness.is_empty() {
        table.insert("readiness", value(readiness));
    }
    if !draft.directories.is_empty() {
        let directories: BTreeSet<&String> = draft.directories.values().ordered();
        table.insert(
            "state_directories",
            value(directories.into_iter().collect::<Array>()),
        );
        let mut binds = Table::new();
        for (target, directory) in &draft.directories {
            binds.insert(target, value(format!("self.state/{directory}")));
        }
        table.insert("bind_directories", Item::Table(binds));
    }
    if !draft.environment.is_empty() {
        table.insert("environment", Item::Table(strings(&draft.environment)));
    }
    let credentials = draft
        .credentials
        .iter()
        .map(|(name, file)| (name, inline("file", file.into())));
    put_all(&mut table, "credentials", credentials);
    let edges = draft.depends_on.iter().map(|(name, edge)| {
        let mut written = InlineTable::new();
        if let Some(gate) = edge.gate {
            let gate = match gate {
                Gate::Started => "started",
                Gate::Live => "live",
                Gate::Ready => "ready",
            };
            written.insert("gate", gate.into());
        }
        if edge.restart {
            written.insert("when_lost", "restart".into());
        }
        (name, written)
    });
    put_all(&mut table, "depends_on", edges);
    table
}

fn readiness(draft: &Draft) -> InlineTable {
    let probe = &draft.readiness;
    let mut table = InlineTable::new();
    for (key, text) in [
        ("path", &probe.path),
        ("interval", &probe.interval),
        ("timeout", &probe.timeout),
    ] {
        if let Some(text) = text {
            table.insert(key, text.into());
        }
    }
    if let Some(count) = probe.failure_threshold {
        table.insert("failure_threshold", i64::from(count).into());
    }
    table
}

fn inline(key: &str, value: Value) -> InlineTable {
    let mut table = InlineTable::new();
    table.insert(key, value);
    table
}

fn put_all<'n>(
    table: &mut Table,
    key: &str,
    entries: impl Iterator<Item = (&'n String, InlineTable)>,
) {
    let mut below = Table::new();
    for (name, entry) in entries {
        below.insert(name, value(entry));
    }
    if !below.is_empty() {
        table.insert(key, Item::Table(below));
    }
}
