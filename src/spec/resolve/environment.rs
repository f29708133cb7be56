//! A service's environment: what every service has, what follows from the stack, what is its own.

use std::collections::BTreeMap;

use crate::ordered::Ordered as _;
use crate::spec::derived::{Derived, EnvironmentValue};
use crate::spec::fault::{Code, Fault, Faults};
use crate::spec::name::{EnvironmentName, ServiceName};
use crate::spec::service_layer::ServiceLayer;
use crate::spec::source::{Located, Location};
use crate::spec::stack::Endpoint;
use crate::spec::text::Text;

use super::service::{Context, endpoint_of};
use super::unknown_service;

/// The variables of a service: the stack's, the derived ones, its own; later ones win.
pub(super) fn environment(
    name: &ServiceName,
    layer: &ServiceLayer,
    context: &Context<'_>,
    endpoint: Option<Endpoint>,
    faults: &mut Faults,
) -> BTreeMap<EnvironmentName, EnvironmentValue> {
    let literal = |text: &Located<Text>| EnvironmentValue::Literal(text.value.clone());
    let mut environment: BTreeMap<EnvironmentName, EnvironmentValue> = context
        .merged
        .environment
        .iter()
        .map(|(name, text)| (name.clone(), literal(text)))
        .ordered();
    for (variable, derived) in &layer.derived_environment {
        if let Some(value) = derived_value(name, derived, context, endpoint, faults) {
            environment.insert(variable.clone(), value);
        }
    }
    environment.extend(
        layer
            .environment
            .iter()
            .map(|(name, text)| (name.clone(), literal(text))),
    );
    environment
}

fn derived_value(
    name: &ServiceName,
    derived: &Located<Derived>,
    context: &Context<'_>,
    endpoint: Option<Endpoint>,
    faults: &mut Faults,
) -> Option<EnvironmentValue> {
    if let Some(other) = derived.value.mentions()
        && !context.merged.services.contains_key(other)
    {
        faults.push(unknown_service(
            other,
            Some(derived.at.clone()),
            context.merged,
        ));
        return None;
    }
    let other_endpoint = |other: &ServiceName| {
        let layer = context
            .layers
            .get(other)
            .or_else(|| context.elsewhere.get(other))?;
        Some(endpoint_of(layer, context.network))
    };
    let mut address = |owner: &ServiceName, endpoint: Option<Endpoint>| {
        if endpoint.is_none() {
            faults.push(no_port(owner, &derived.at));
        }
        endpoint
    };
    let text = match &derived.value {
        Derived::OwnState(below) => return Some(EnvironmentValue::State(below.clone())),
        Derived::OwnLogs(below) => return Some(EnvironmentValue::Logs(below.clone())),
        Derived::OwnCache(below) => return Some(EnvironmentValue::Cache(below.clone())),
        Derived::OwnHost => address(name, endpoint)?.host.to_string(),
        Derived::OwnPort => address(name, endpoint)?.port.to_string(),
        Derived::OwnUrl => address(name, endpoint)?.url(1),
        Derived::UrlOf(other) => address(other, other_endpoint(other)?)?.url(1),
        Derived::WebSocketOf(other, path) => {
            format!(
                "ws://{}/{path}",
                address(other, other_endpoint(other)?)?.authority(1)
            )
        }
    };
    Text::parse(&text).ok().map(EnvironmentValue::Literal)
}

fn no_port(name: &ServiceName, at: &Location) -> Fault {
    Fault {
        code: Code::MissingKey,
        title: format!("service `{name}` has no port"),
        at: Some(at.clone()),
        label: "needed for this value".to_owned(),
        also: None,
        help: Some(format!("write port = ... under [services.{name}]")),
    }
}
