//! Where services listen in a network of the group's own, and who of them is let out of it.
//!
//! Judges what `network`, `let_out`, `host`, `port` and `instances` say together.

use std::net::{IpAddr, Ipv4Addr};

use crate::spec::fault::{Code, Fault, Faults};
use crate::spec::name::ServiceName;
use crate::spec::network::Network;
use crate::spec::service_layer::ServiceLayer;
use crate::spec::stack::Endpoint;

/// Where a service listens: a network of the group's own has no address but loopback.
pub(super) fn inside(configured: Option<Endpoint>, network: Network) -> Option<Endpoint> {
    let endpoint = configured?;
    let host = if network.is_isolated() && !endpoint.host.is_loopback() {
        IpAddr::V4(Ipv4Addr::LOCALHOST)
    } else {
        endpoint.host
    };
    Some(Endpoint { host, ..endpoint })
}

/// Where it is reached from outside of the group's own network, if it is let out.
pub(super) fn outside(
    name: &ServiceName,
    layer: &ServiceLayer,
    configured: Option<Endpoint>,
    network: Network,
    faults: &mut Faults,
) -> Option<Endpoint> {
    if !network.is_isolated() {
        return None;
    }
    let Some(wish) = layer.let_out.as_ref().filter(|wish| wish.value) else {
        published_but_kept_in(name, layer, configured, faults);
        return None;
    };
    if let Some(instances) = &layer.instances {
        faults.push(Fault {
            code: Code::Contradiction,
            title: format!("service `{name}` has instances and cannot be let out of the network"),
            at: Some(wish.at.clone()),
            label: "one service at one address is let out".to_owned(),
            also: Some((instances.at.clone(), "it has instances here".to_owned())),
            help: Some("write let_out = false, or let out a service in front of it".to_owned()),
        });
        return None;
    }
    if configured.is_none() && layer.port.is_none() && !layer.refused.contains("port") {
        faults.push(Fault {
            code: Code::MissingKey,
            title: format!("service `{name}` is let out of the network but has no port"),
            at: Some(wish.at.clone()),
            label: "nothing to let out".to_owned(),
            also: None,
            help: Some(format!("write port = ... under [services.{name}]")),
        });
    }
    configured
}

/// Whoever asks for an address beyond this machine expects to be reached there.
fn published_but_kept_in(
    name: &ServiceName,
    layer: &ServiceLayer,
    configured: Option<Endpoint>,
    faults: &mut Faults,
) {
    let Some(host) = layer.host.as_ref() else {
        return;
    };
    if configured.is_some_and(|endpoint| !endpoint.host.is_loopback()) {
        faults.push(Fault {
            code: Code::Contradiction,
            title: format!("service `{name}` is published, but the network is isolated"),
            at: Some(host.at.clone()),
            label: "nobody would reach it at this address".to_owned(),
            also: None,
            help: Some(format!(
                "let it out: services.{name}.let_out = true; or take `host` away"
            )),
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::spec::ServiceName;
    use crate::spec::builtin::stack_of;
    use crate::spec::derived::EnvironmentValue;

    #[test]
    fn who_is_let_out_listens_on_loopback_and_is_reached_where_it_was() {
        for (network, inside, outside) in [
            ("host", "0.0.0.0:8070", None),
            ("isolated", "127.0.0.1:8070", Some("0.0.0.0:8070")),
        ] {
            let text = format!(
                "network = \"{network}\"\n[services.canopy]\nhost = \"0.0.0.0\"\nport = 8070\n"
            );
            let stack = stack_of(&text, "full");
            let service = stack
                .service(&ServiceName::parse("canopy").unwrap())
                .unwrap();
            let canopy = service.managed().unwrap();
            let address =
                |endpoint: super::Endpoint| format!("{}:{}", endpoint.host, endpoint.port);
            assert_eq!(canopy.endpoint.map(address).as_deref(), Some(inside));
            assert_eq!(canopy.let_out.map(address).as_deref(), outside);
            assert_eq!(canopy.is_published(), network == "host");
            let host = canopy
                .environment
                .iter()
                .find(|(name, _)| name.as_str() == "JUNIPER_CANOPY_SERVER__HOST");
            let (expected, _) = inside.split_once(':').unwrap();
            assert!(
                matches!(host, Some((_, EnvironmentValue::Literal(text))) if text.as_str() == expected)
            );
        }
    }

    #[test]
    fn nobody_else_is_let_out() {
        let stack = stack_of("network = \"isolated\"\n", "full");
        let out: Vec<String> = stack
            .services
            .iter()
            .filter(|service| {
                service
                    .managed()
                    .is_some_and(|managed| managed.let_out.is_some())
            })
            .map(|service| service.name.to_string())
            .collect();
        assert_eq!(out, ["canopy"]);
    }
}
