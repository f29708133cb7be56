//! Secrets of one service that are in each other's way: one variable for two of them, or one file for a
//! secret and for the address of the webhook.
//!
//! Whatever a service found under such a variable would be a secret that it was not meant to have.
//! No file is looked at here; paths are compared.

use std::collections::BTreeMap;

use crate::secrets::Store;
use crate::spec::fault::{Code, Fault, Faults};
use crate::spec::layer::Layer;
use crate::spec::name::{EnvironmentName, SecretName, ServiceName};
use crate::spec::service_layer::ServiceLayer;
use crate::spec::source::{Located, Location};

/// The secret that would lie where the address of the webhook usually does.
const WEBHOOK: &str = "webhook";

/// What a variable is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// The path of the secret's file.
    Path,
    /// `true`.
    True,
}

/// Records each pair that clashes.
pub(super) fn record(
    name: &ServiceName,
    layer: &ServiceLayer,
    merged: &Layer,
    faults: &mut Faults,
) {
    shared_variables(name, layer, faults);
    for (secret, credential) in &layer.credentials {
        of_the_webhook(name, secret, credential.at.as_ref(), merged, faults);
    }
}

/// Several secrets may each have the service demand them by the same variable: it is `true` either way.
fn shared_variables(name: &ServiceName, layer: &ServiceLayer, faults: &mut Faults) {
    let mut taken: BTreeMap<&EnvironmentName, (Told, &SecretName, &Location)> = BTreeMap::new();
    for (secret, credential) in &layer.credentials {
        for (told, variable) in [
            (Told::Path, &credential.file),
            (Told::True, &credential.enforce),
        ] {
            let Some(Located { value, at }) = variable else {
                continue;
            };
            let Some((before, other, place)) = taken.get(value).copied() else {
                taken.insert(value, (told, secret, at));
                continue;
            };
            if (before, told) == (Told::True, Told::True) {
                continue;
            }
            // What a later file says is to blame, not what it ran into.
            let ((at, secret), (place, other)) = if place.source > at.source {
                ((place, other), (at, secret))
            } else {
                ((at, secret), (place, other))
            };
            faults.push(Fault {
                code: Code::Contradiction,
                title: format!("`{value}` of `{name}` would be set twice"),
                at: Some(at.clone()),
                label: format!("for `{secret}` here"),
                also: Some((place.clone(), format!("for `{other}` here"))),
                help: Some("give each secret the variable that the service has for it".to_owned()),
            });
        }
    }
}

/// A service that asked for it would be handed the address, and who sets it would overwrite that.
fn of_the_webhook(
    name: &ServiceName,
    secret: &SecretName,
    at: Option<&Location>,
    merged: &Layer,
    faults: &mut Faults,
) {
    let webhook = merged.watchdog.notification.webhook_file.as_ref();
    let paths = [Store::Plain, Store::Encrypted].map(|store| store.path(secret));
    let same = webhook.filter(|webhook| paths.iter().any(|path| path == webhook.value.as_str()));
    if same.is_none() && secret.as_str() != WEBHOOK {
        return;
    }
    let [path, _] = paths;
    faults.push(Fault {
        code: Code::Contradiction,
        title: format!("the secret `{secret}` of `{name}` would be the address of the webhook"),
        at: at.cloned(),
        label: format!("it would lie in {path}"),
        also: same.map(|webhook| (webhook.at.clone(), "and the address lies there".to_owned())),
        help: Some("give the secret another name".to_owned()),
    });
}
