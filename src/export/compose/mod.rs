//! A Compose file: typed services, whose gates are `depends_on` and whose probes are health checks.
//!
//! The types are our own: the one crate that is kept, docker-compose-types, cannot be had without a YAML library that
//! is unmaintained or unsound. A dollar sign is doubled everywhere, so that nothing is taken for a variable.

mod file;
mod service;

use std::collections::BTreeMap;

use serde_json::Value;

use super::directories::Kind;
use super::target::Target;
use super::{File, Group, Loss, managed, readme, secret, target, yaml};

use file::{Compose, Network, Secret, Volume};

/// The network of the group.
const GROUP: &str = "group";
/// The network of those that are reached from the machine.
const OUTSIDE: &str = "outside";

pub(super) fn files(group: Group<'_>, losses: &[Loss]) -> Vec<File> {
    let isolated = group.stack.network.is_isolated();
    let mut compose = Compose {
        name: "juniper",
        services: BTreeMap::new(),
        networks: BTreeMap::from([(GROUP, Network { internal: isolated })]),
        volumes: BTreeMap::new(),
        secrets: BTreeMap::new(),
    };
    for (service, managed) in managed(group) {
        let name = service.name.to_string();
        for kind in Kind::ALL
            .into_iter()
            .filter(|_| managed.instances.is_none())
        {
            compose.volumes.insert(
                format!("{name}-{}", kind.word()),
                Volume { driver: "local" },
            );
        }
        if isolated && target::published(managed, true).is_some() {
            compose
                .networks
                .insert(OUTSIDE, Network { internal: false });
        }
        compose
            .services
            .insert(name, service::service(service, managed, group));
    }
    for name in secret::all(group) {
        let file = format!("./secrets/{name}");
        compose.secrets.insert(name.to_string(), Secret { file });
    }
    // Plain data always becomes a value.
    let value = serde_json::to_value(&compose).unwrap_or(Value::Null);
    let text = format!(
        "{}\n{}",
        readme::head(Target::Compose, losses),
        yaml::document(&value)
    );
    vec![File {
        name: "compose.yaml".to_owned(),
        text,
    }]
}

/// A text in which nothing is a variable.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}
