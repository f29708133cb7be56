//! Which variables of a stack's services follow from where they and others are.
//!
//! A [`Stack`](crate::spec::Stack) holds what they come to on one machine; whoever puts the services elsewhere works
//! them out anew. What a service says literally counts more, as it does in the stack.

use std::collections::BTreeMap;

use crate::ordered::Ordered as _;
use crate::spec::derived::Derived;
use crate::spec::fault::Faults;
use crate::spec::layer::Layer;
use crate::spec::name::{EnvironmentName, ProfileName, ServiceName};

use super::selected;

/// By service and variable.
pub type Derivations = BTreeMap<ServiceName, BTreeMap<EnvironmentName, Derived>>;

/// The derived variables of a profile's services.
#[must_use]
pub fn derivations(merged: &Layer, profile: &ProfileName) -> Derivations {
    let Some(layer) = merged.profiles.get(profile) else {
        return Derivations::new();
    };
    // Its faults were told when the profile was resolved.
    let services = selected(merged, profile, layer, &mut Faults::default());
    services
        .into_iter()
        .map(|(name, service)| {
            let said = service.environment;
            let derived = service
                .derived_environment
                .into_iter()
                .filter(|(variable, _)| !said.contains_key(variable))
                .map(|(variable, derived)| (variable, derived.value))
                .ordered();
            (name, derived)
        })
        .ordered()
}
