//! The rows of one service.
//!
//! Every field of the stack is taken apart by name, so that a new one cannot be forgotten here.

use serde_json::{Value, json};

use crate::hardening::Profile;
use crate::ordered;
use crate::spec::bind::BindTarget;
use crate::spec::derived::EnvironmentValue;
use crate::spec::stack::{
    AwaitedElsewhere, Edge, Gate, Gpu, Kind, Managed, Output, Service, WhenLost,
};
use crate::spec::text::{RelativePath, Text};

use super::{Origin, Rows, written};

impl Rows<'_> {
    /// Everything about one service.
    pub(super) fn of_service(&mut self, service: &Service) {
        let Service {
            name,
            description,
            depends_on,
            kind,
        } = service;
        let from_name = || Origin::Derived(format!("from the name `{name}`"), None);
        self.own(&["description"], json!(description.as_str()), from_name());
        for edge in depends_on {
            self.edge(edge);
        }
        match kind {
            Kind::Foreign(unit) => {
                self.own(&["external_unit"], json!(unit.as_str()), Origin::Default);
            }
            Kind::Managed(managed) => {
                self.own(&["unit"], json!(managed.unit.as_str()), from_name());
                self.managed(managed, depends_on);
            }
        }
    }

    fn edge(&mut self, edge: &Edge) {
        let Edge {
            on,
            gate,
            when_lost,
        } = edge;
        let (word, why) = match gate {
            Gate::Started => ("started", "it has no readiness probe"),
            Gate::Live => ("live", ""),
            Gate::Ready => ("ready", "it has a readiness probe"),
        };
        let follows = Origin::Derived(why.to_owned(), None);
        self.own(&["depends_on", on.as_str(), "gate"], json!(word), follows);
        let word = match when_lost {
            WhenLost::Keep => "keep",
            WhenLost::Restart => "restart",
            WhenLost::Stop => "stop",
        };
        let key = ["depends_on", on.as_str(), "when_lost"];
        self.own(&key, json!(word), Origin::Default);
    }

    fn managed(&mut self, managed: &Managed, edges: &[Edge]) {
        let Managed {
            unit: _,
            command,
            working_directory,
            endpoint,
            let_out,
            instances,
            hosts,
            elsewhere,
            // They follow from where the others are.
            clients: _,
            gpu,
            memory_max,
            standard_output,
            stop_timeout,
            restart_delay,
            state_directories,
            binds,
            environment,
            credentials,
            startup,
            readiness,
            liveness,
            expectations,
            sandbox,
            exposure_budget,
            relax,
        } = managed;
        self.command(command);
        if let Some(path) = working_directory {
            self.plain("working_directory", json!(path.as_str()));
        }
        if let Some(endpoint) = endpoint {
            // Who is let out is reached at the address that is written, wherever it listens inside.
            let host = let_out.map_or(endpoint.host, |outside| outside.host);
            self.plain("host", json!(host.to_string()));
            self.plain("port", json!(endpoint.port));
        }
        if let_out.is_some() {
            self.plain("let_out", json!(true));
        }
        if let Some(count) = instances {
            self.plain("instances", json!(count));
        }
        for awaited in elsewhere {
            self.awaited(awaited);
        }
        for (host, count) in hosts {
            self.own(&["hosts", host.as_str()], json!(count), Origin::Default);
        }
        self.plain("gpu", gpus(gpu));
        if let Some(bytes) = memory_max {
            self.plain("memory_max", json!(size(*bytes)));
        }
        let output = match standard_output {
            Output::Journal => "journal",
            Output::Discard => "discard",
        };
        self.plain("standard_output", json!(output));
        self.plain("stop_timeout", json!(written(*stop_timeout)));
        self.plain("restart_delay", json!(written(*restart_delay)));
        let directories: Vec<&str> = state_directories.iter().map(RelativePath::as_str).collect();
        self.plain("state_directories", json!(directories));
        for bind in binds {
            let target = match &bind.target {
                BindTarget::Own(text) => text.as_str(),
                BindTarget::Matching(pattern) => pattern.as_str(),
            };
            let (_, source) = below(&bind.source);
            self.own(&["bind_directories", target], source, Origin::Default);
        }
        for (name, value) in environment {
            self.variable(name.as_str(), value);
        }
        for credential in credentials {
            let file = credential.file.as_ref().map(|name| ("file", name));
            let enforce = credential.enforce.as_ref().map(|name| ("enforce", name));
            for (key, name) in file.into_iter().chain(enforce) {
                let key = ["credentials", credential.secret.as_str(), key];
                self.own(&key, json!(name.as_str()), Origin::Default);
            }
        }
        self.startup(*startup);
        self.probe("readiness", readiness.as_ref());
        self.probe("liveness", liveness.as_ref());
        for (path, text) in expectations {
            self.expectation(path, text, edges);
        }
        // With a GPU the sandbox is the GPU's, whatever is written.
        if *sandbox != Profile::Gpu {
            self.plain("sandbox", json!(sandbox.word()));
        }
        if let Some(budget) = exposure_budget {
            let number: f64 = budget.to_string().parse().unwrap_or_default();
            self.plain("exposure_budget", json!(number));
        }
        for (directive, reason) in relax {
            self.own(
                &["relax", directive],
                json!(reason.as_str()),
                Origin::Default,
            );
        }
    }

    /// What it waits for on the head: whatever is asked there is its readiness to this service.
    fn awaited(&mut self, awaited: &AwaitedElsewhere) {
        let name = awaited.name.as_str();
        let gate = if awaited.path.is_some() {
            "ready"
        } else {
            "started"
        };
        self.own(&["depends_on", name, "gate"], json!(gate), Origin::Default);
        if let Some(path) = &awaited.path {
            let key = ["services", name, "readiness", "path"];
            self.top(&key, json!(path.as_str()));
        }
    }

    /// A value that nothing is derived from.
    pub(super) fn plain(&mut self, key: &str, value: Value) {
        self.own(&[key], value, Origin::Default);
    }

    /// The stand-in's command is nobody's.
    fn command(&mut self, command: &[Text]) {
        let words: Vec<&str> = command.iter().map(Text::as_str).collect();
        let stands_in = ["profiles", self.profile, "stand_in"];
        let stands_in = self.provenance.places(&stands_in).last().cloned();
        let is_the_stand_in = words.first() == Some(&"/usr/bin/juniper-standin");
        match stands_in.filter(|written| written.text == "true" && is_the_stand_in) {
            Some(written) => self.derived(
                &["command"],
                json!(words),
                Origin::Derived("the stand-in takes its place".to_owned(), Some(written)),
            ),
            None => self.plain("command", json!(words)),
        }
    }

    fn variable(&mut self, name: &str, value: &EnvironmentValue) {
        let own = self.places(&["environment", name]);
        let derived = self.places(&["derived_environment", name]);
        let (is_directory, shown) = below(value);
        let table = if is_directory {
            "derived_environment"
        } else {
            "environment"
        };
        let key = ["services", self.service, table, name];
        match (own.is_empty(), derived.last()) {
            (true, Some(_)) if is_directory => self.row(&key, shown, derived, Origin::Default),
            (true, Some(from)) => {
                let origin = Origin::Derived(format!("from {}", from.text), Some(from.clone()));
                self.derived(&[table, name], shown, origin);
            }
            (true, None) => {
                let places = self.provenance.places(&["environment", name]).to_vec();
                self.row(&key, shown, places, Origin::Default);
            }
            (false, _) => self.row(&key, shown, own, Origin::Default),
        }
    }

    /// What its own body must say; where two edges want something, the last one has its way.
    fn expectation(&mut self, path: &str, text: &Text, edges: &[Edge]) {
        let written = |edge: &&Edge| {
            let key = ["depends_on", edge.on.as_str(), "expect", path];
            !self.places(&key).is_empty()
        };
        let mut edges: Vec<&Edge> = edges.iter().filter(written).collect();
        ordered::sort_by(&mut edges, |left, right| left.on.cmp(&right.on));
        if let Some(edge) = edges.last() {
            let key = ["depends_on", edge.on.as_str(), "expect", path];
            self.own(&key, json!(text.as_str()), Origin::Default);
        }
    }
}

/// A variable's value as the configuration has it, and whether it is one of the service's directories.
fn below(value: &EnvironmentValue) -> (bool, Value) {
    let (kind, below) = match value {
        EnvironmentValue::Literal(text) => return (false, json!(text.as_str())),
        EnvironmentValue::State(below) => ("self.state", below),
        EnvironmentValue::Logs(below) => ("self.logs", below),
        EnvironmentValue::Cache(below) => ("self.cache", below),
    };
    let path = below
        .as_ref()
        .map_or_else(|| kind.to_owned(), |below| format!("{kind}/{below}"));
    (true, json!(path))
}

/// A size the shortest way that the configuration reads it.
fn size(bytes: u64) -> String {
    [("T", 40), ("G", 30), ("M", 20), ("K", 10)]
        .into_iter()
        .find(|(_, shift)| bytes.trailing_zeros() >= *shift)
        .map_or_else(
            || bytes.to_string(),
            |(suffix, shift)| format!("{}{suffix}", bytes >> shift),
        )
}

/// Which GPUs, as the configuration has them.
fn gpus(gpu: &Gpu) -> Value {
    match gpu {
        Gpu::None => json!(false),
        Gpu::All => json!(true),
        Gpu::Count(count) => json!(count),
        Gpu::Named(names) => json!(names.iter().map(ToString::to_string).collect::<Vec<_>>()),
    }
}
