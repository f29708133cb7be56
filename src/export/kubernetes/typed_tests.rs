//! The objects against the types of Kubernetes: nothing is lost by reading them as what they say they are.

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{network, service};
use crate::export::{Group, managed};
use crate::spec::builtin::{self, stack_of};
use crate::spec::name::{ProfileName, SecretName};
use crate::spec::resolve::derivations;
use crate::spec::{Faults, Sources};

/// What the type keeps of an object. A key that it does not know is dropped, a wrong value refused.
fn kept<T: DeserializeOwned + Serialize>(object: &Value) -> Value {
    let typed: T = serde_json::from_value(object.clone())
        .unwrap_or_else(|error| panic!("{error}: {object:#}"));
    serde_json::to_value(typed).unwrap()
}

fn typed(object: &Value) -> Value {
    match object["kind"].as_str().unwrap() {
        "ConfigMap" => kept::<ConfigMap>(object),
        "Deployment" => kept::<Deployment>(object),
        "NetworkPolicy" => kept::<NetworkPolicy>(object),
        "PersistentVolumeClaim" => kept::<PersistentVolumeClaim>(object),
        "PodDisruptionBudget" => kept::<PodDisruptionBudget>(object),
        "Service" => kept::<Service>(object),
        "StatefulSet" => kept::<StatefulSet>(object),
        kind => panic!("{kind} is held to no type"),
    }
}

#[test]
fn every_object_is_what_it_says_it_is() {
    let site = "[services.cascor]\nmemory_max = \"64G\"\ngpu = 2\n\
                [services.data]\nrelax.IPAddressDeny = \"asks the world\"\n";
    let mut kinds = std::collections::BTreeSet::new();
    for profile in ["full", "mock"] {
        let stack = stack_of(site, profile);
        let (mut sources, mut faults) = (Sources::default(), Faults::default());
        let merged = builtin::read_with([("site", site)], &mut sources, &mut faults);
        let derivations = derivations(&merged, &ProfileName::parse(profile).unwrap());
        let secrets = ["data-api-key", "cascor-api-key"]
            .map(|name| SecretName::parse(name).unwrap())
            .into();
        let group = Group {
            stack: &stack,
            derivations: &derivations,
            secrets: &secrets,
        };
        let of_services =
            managed(group).flat_map(|(service, managed)| service::objects(service, managed, group));
        for object in std::iter::once(network::closed()).chain(of_services) {
            assert_eq!(typed(&object), object);
            kinds.insert(object["kind"].to_string());
        }
    }
    assert_eq!(kinds.len(), 7, "{kinds:?}");
}
