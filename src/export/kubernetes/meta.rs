//! Names and labels of objects.

use serde_json::{Value, json};

use crate::spec::stack::Service;

/// Carried by everything.
const PART_OF: &str = "app.kubernetes.io/part-of";
/// Says which service it is.
const NAME: &str = "app.kubernetes.io/name";

/// The labels of the whole group.
pub(super) fn of_group() -> Value {
    json!({ PART_OF: "juniper" })
}

/// The labels of a service.
pub(super) fn of(service: &Service) -> Value {
    json!({ NAME: service.name.as_str(), PART_OF: "juniper" })
}

/// An object of a service.
pub(super) fn meta(service: &Service, name: &str) -> Value {
    json!({ "labels": of(service), "name": name })
}

/// Selects the pods of a service.
pub(super) fn selector(service: &Service) -> Value {
    json!({ "matchLabels": of(service) })
}
