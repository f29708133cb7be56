//! The secrets that a service is handed, and values that must not stand beside them.

use crate::spec::credential::Credential;
use crate::spec::fault::{Code, Fault, Faults};
use crate::spec::layer::Layer;
use crate::spec::name::{EnvironmentName, SecretName, ServiceName};
use crate::spec::service_layer::ServiceLayer;
use crate::spec::source::Location;

use super::credential_clash;

/// How a variable that names a file with a secret ends; without it, it holds the secret itself.
const FILE: &str = "_FILE";

/// The secrets of a service, by name.
pub(super) fn credentials(
    name: &ServiceName,
    layer: &ServiceLayer,
    merged: &Layer,
    faults: &mut Faults,
) -> Vec<Credential> {
    credential_clash::record(name, layer, merged, faults);
    layer
        .credentials
        .iter()
        .map(|(secret, credential)| {
            if let Some(file) = &credential.file {
                in_the_open(name, secret, &file.value, layer, merged, faults);
            }
            let variable = |located: &Option<crate::spec::source::Located<EnvironmentName>>| {
                located.as_ref().map(|located| located.value.clone())
            };
            Credential {
                secret: secret.clone(),
                file: variable(&credential.file),
                enforce: variable(&credential.enforce),
            }
        })
        .collect()
}

/// A secret written into the configuration ends up in a unit, which everybody may read; and a file of
/// the site's own under the same variable would be in vain.
fn in_the_open(
    name: &ServiceName,
    secret: &SecretName,
    file: &EnvironmentName,
    layer: &ServiceLayer,
    merged: &Layer,
    faults: &mut Faults,
) {
    let plain = file.as_str().strip_suffix(FILE);
    let handed_over =
        format!("take it out and store the secret: sudo juniperctl secret set {secret}");
    for (variable, at) in set(layer, merged) {
        let (code, title, label) = if Some(variable.as_str()) == plain {
            (
                Code::InTheOpen,
                format!("`{variable}` would put a secret of `{name}` where everybody can read it"),
                "it would stand in the unit and in the process's environment",
            )
        } else if variable == file {
            (
                Code::Contradiction,
                format!("`{variable}` of `{name}` is juniperctl's to set"),
                "where the secret exists, this names the file with it",
            )
        } else {
            continue;
        };
        let fault = Fault {
            code,
            title,
            at: Some(at),
            label: label.to_owned(),
            also: None,
            help: Some(handed_over.clone()),
        };
        // What is set for all services is told once.
        if !faults.sorted().contains(&&fault) {
            faults.push(fault);
        }
    }
}

/// The variables that the configuration sets, with their places.
fn set<'l>(
    layer: &'l ServiceLayer,
    merged: &'l Layer,
) -> impl Iterator<Item = (&'l EnvironmentName, Location)> {
    let literal = layer.environment.iter().chain(&merged.environment);
    let derived = layer.derived_environment.iter();
    literal
        .map(|(name, value)| (name, value.at.clone()))
        .chain(derived.map(|(name, value)| (name, value.at.clone())))
}
