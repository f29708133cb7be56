//! Names and labels of objects.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use crate::spec::stack::Service;

/// Carried by everything.
const PART_OF: (&str, &str) = ("app.kubernetes.io/part-of", "juniper");
/// Says which service it is.
const NAME: &str = "app.kubernetes.io/name";

pub(super) type Labels = BTreeMap<String, String>;

/// The labels of the whole group.
pub(super) fn of_group() -> Labels {
    let (key, value) = PART_OF;
    Labels::from([(key.to_owned(), value.to_owned())])
}

/// The labels of a service.
pub(super) fn of(service: &Service) -> Labels {
    let mut labels = of_group();
    labels.insert(NAME.to_owned(), service.name.to_string());
    labels
}

/// An object of a service.
pub(super) fn meta(service: &Service, name: String) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        labels: Some(of(service)),
        ..ObjectMeta::default()
    }
}

/// Selects the pods of a service.
pub(super) fn selector(service: &Service) -> LabelSelector {
    LabelSelector {
        match_labels: Some(of(service)),
        ..LabelSelector::default()
    }
}
