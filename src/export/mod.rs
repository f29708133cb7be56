//! A stack to what another engine runs: Kubernetes manifests, a Compose file, quadlets, a supervisord
//! configuration, a Procfile; and a list of all that the engine cannot be told.
//!
//! Pure: a stack comes in, files and losses come out. The value of a secret never passes through here: an
//! export holds names and paths of secrets. Nothing here writes a file, or asks whether an engine is there.

mod compose;
mod directories;
mod environment;
mod fate;
mod gate;
mod image;
mod kubernetes;
mod loss;
mod procfile;
mod quadlet;
mod readme;
pub mod reference;
mod sandbox;
mod secret;
mod shell;
mod supervisord;
mod target;
mod yaml;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::ordered;
use crate::spec::Stack;
use crate::spec::name::{SecretName, ServiceName};
use crate::spec::resolve::Derivations;
use crate::spec::stack::{Managed, Service};

pub use loss::Loss;
pub use target::Target;

/// What is put elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Group<'g> {
    /// The services.
    pub stack: &'g Stack,
    /// Which of their variables follow from where the services are.
    pub derivations: &'g Derivations,
    /// The secrets that there are: a service is handed no other, as in its unit.
    pub secrets: &'g BTreeSet<SecretName>,
}

/// One file of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the export's directory.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The files, by name.
    pub files: Vec<File>,
    /// All that they do not say, by service.
    pub losses: Vec<Loss>,
}

/// A service that the engine cannot be told of at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The service.
    pub service: ServiceName,
    /// The key at fault, below the service.
    pub key: &'static str,
    /// What is wrong.
    pub why: String,
}

/// Puts a group into an engine's words.
///
/// # Errors
/// The services that cannot be put into them.
pub fn export(target: Target, group: Group<'_>) -> Result<Export, Vec<Refusal>> {
    let losses = loss::losses(target, group);
    let mut files = match target {
        Target::Kubernetes => kubernetes::files(group, &losses),
        Target::Compose => compose::files(group, &losses),
        Target::Quadlet => quadlet::files(group, &losses),
        Target::Supervisord => supervisord::files(group, &losses),
        Target::Procfile => procfile::files(group, &losses)?,
    };
    if target.is_containers() {
        files.extend(image::files(group));
    }
    files.push(readme::file(target, group, &losses));
    ordered::sort_by(&mut files, |left, right| left.name.cmp(&right.name));
    Ok(Export { files, losses })
}

/// The services whose units are ours, in start order.
fn managed(group: Group<'_>) -> impl Iterator<Item = (&Service, &Managed)> {
    let services = group.stack.services.iter();
    services.filter_map(|service| Some((service, service.managed()?)))
}
