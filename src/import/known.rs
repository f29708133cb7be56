//! What the built-in stack says already, so that only what differs is written, and which of its services a
//! container or a unit is.

use crate::spec::builtin;
use crate::spec::derived::Derived;
use crate::spec::fault::Faults;
use crate::spec::layer::Layer;
use crate::spec::name::{EnvironmentName, ProfileName, SecretName, ServiceName};
use crate::spec::service_layer::ServiceLayer;
use crate::spec::source::Sources;

/// The built-in stack.
#[derive(Debug)]
pub(super) struct Known(Layer);

/// Secrets under names that services read besides the one that juniperctl gives them.
const ALIASES: [(&str, &str); 7] = [
    ("JUNIPER_DATA_API_KEY", "data-api-key"),
    ("JUNIPER_CASCOR_API_KEY", "cascor-api-key"),
    ("CASCOR_API_KEY", "cascor-api-key"),
    ("CASCOR_AUTH_TOKEN", "cascor-api-key"),
    ("CANOPY_API_KEY", "canopy-api-key"),
    ("JUNIPER_CANOPY_API_KEY", "canopy-api-key"),
    ("JUNIPER_CANOPY_API_KEYS", "canopy-api-key"),
];

impl Known {
    pub(super) fn read() -> Self {
        let (mut sources, mut faults) = (Sources::default(), Faults::default());
        Self(builtin::read_with([], &mut sources, &mut faults))
    }

    pub(super) fn service(&self, name: &str) -> Option<&ServiceLayer> {
        self.0.services.get(&ServiceName::parse(name).ok()?)
    }

    /// How long a start of a service may take, in seconds.
    pub(super) fn startup(&self, name: &str) -> Option<u64> {
        let startup = &self.service(name)?.startup;
        let interval = startup.interval.as_ref()?.value.as_secs();
        Some(interval.saturating_mul(startup.failure_threshold.as_ref()?.value))
    }

    /// What a variable follows from in the stack.
    pub(super) fn derived(&self, service: &str, variable: &str) -> Option<&Derived> {
        let variable = EnvironmentName::parse(variable).ok()?;
        Some(
            &self
                .service(service)?
                .derived_environment
                .get(&variable)?
                .value,
        )
    }

    /// The secret that a variable, or the file that it names, holds.
    pub(super) fn secret(&self, service: &str, variable: &str) -> Option<SecretName> {
        let bare = variable.strip_suffix("_FILE").unwrap_or(variable);
        let named = |file: &EnvironmentName| file.as_str().strip_suffix("_FILE") == Some(bare);
        let handed = self
            .service(service)
            .into_iter()
            .flat_map(|layer| &layer.credentials);
        let own = handed
            .into_iter()
            .find(|(_, credential)| {
                credential
                    .file
                    .as_ref()
                    .is_some_and(|file| named(&file.value))
            })
            .map(|(name, _)| name.clone());
        own.or_else(|| {
            let (_, name) = ALIASES.iter().find(|(alias, _)| *alias == bare)?;
            SecretName::parse(name).ok()
        })
    }

    /// Whether a variable has a service demand a secret.
    pub(super) fn enforces(&self, variable: &str) -> bool {
        self.0
            .services
            .values()
            .flat_map(|layer| layer.credentials.values())
            .any(|credential| {
                credential
                    .enforce
                    .as_ref()
                    .is_some_and(|name| name.value.as_str() == variable)
            })
    }

    /// Whether every service has this variable with this value.
    pub(super) fn everybody_has(&self, variable: &str) -> bool {
        EnvironmentName::parse(variable).is_ok_and(|name| self.0.environment.contains_key(&name))
    }

    /// The services of a built-in profile.
    pub(super) fn profile(&self, name: &str) -> Option<Vec<&str>> {
        let profile = self.0.profiles.get(&ProfileName::parse(name).ok()?)?;
        let services = profile.services.as_ref()?;
        Some(services.value.iter().map(ServiceName::as_str).collect())
    }
}

/// Which service a container or unit is: its name here, and the profile of which it is a variant.
pub(super) fn identity(written: &str) -> (String, Option<&'static str>) {
    let name = written.to_ascii_lowercase().replace(['_', '.', ' '], "-");
    let (name, variant) = [("-demo", "demo"), ("-dev", "dev")]
        .iter()
        .find_map(|(suffix, profile)| Some((name.strip_suffix(suffix)?.to_owned(), *profile)))
        .filter(|(base, _)| platform(base).is_some())
        .map_or((name, None), |(base, profile)| (base, Some(profile)));
    match platform(&name) {
        Some(service) => (service.to_owned(), variant),
        None => (name, None),
    }
}

fn platform(name: &str) -> Option<&'static str> {
    match name.strip_prefix("juniper-").unwrap_or(name) {
        "data" => Some("data"),
        "cascor" => Some("cascor"),
        "canopy" => Some("canopy"),
        "worker" | "cascor-worker" => Some("worker"),
        "redis" | "redis-server" => Some("redis"),
        _ => None,
    }
}

/// Whether this is one of the platform's own.
pub(super) fn is_platform(service: &str) -> bool {
    platform(service) == Some(service)
}
