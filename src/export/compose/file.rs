//! What a Compose file is made of, as far as an export needs it: types only (the Compose specification's names).

use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct Compose {
    pub(super) name: &'static str,
    pub(super) services: BTreeMap<String, Service>,
    pub(super) networks: BTreeMap<&'static str, Network>,
    pub(super) volumes: BTreeMap<String, Volume>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) secrets: BTreeMap<String, Secret>,
}

#[derive(Debug, Serialize)]
pub(super) struct Service {
    pub(super) image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) build: Option<String>,
    pub(super) command: Vec<String>,
    pub(super) working_dir: String,
    pub(super) environment: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) depends_on: BTreeMap<String, Dependency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) healthcheck: Option<HealthCheck>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ports: Vec<String>,
    pub(super) networks: Vec<&'static str>,
    pub(super) volumes: Vec<String>,
    pub(super) tmpfs: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) secrets: Vec<String>,
    /// A first process that passes signals on: one of a container ignores those that it does not handle.
    pub(super) init: bool,
    pub(super) restart: &'static str,
    pub(super) stop_grace_period: String,
    pub(super) user: String,
    pub(super) read_only: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) cap_drop: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) security_opt: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deploy: Option<Deploy>,
}

#[derive(Debug, Serialize)]
pub(super) struct Dependency {
    pub(super) condition: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) restart: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct HealthCheck {
    pub(super) test: Vec<String>,
    pub(super) interval: String,
    pub(super) timeout: String,
    pub(super) retries: u32,
    pub(super) start_period: String,
    pub(super) start_interval: String,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Deploy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replicas: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resources: Option<Resources>,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Resources {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limits: Option<Limits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reservations: Option<Reservations>,
}

#[derive(Debug, Serialize)]
pub(super) struct Limits {
    pub(super) memory: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Reservations {
    pub(super) devices: Vec<Device>,
}

#[derive(Debug, Serialize)]
pub(super) struct Device {
    pub(super) driver: &'static str,
    pub(super) capabilities: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<Count>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "device_ids")]
    pub(super) ids: Vec<String>,
}

/// How many, which Compose takes as a number or a word.
#[derive(Debug)]
pub(super) enum Count {
    All,
    So(u32),
}

impl Serialize for Count {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::So(count) => serializer.serialize_u32(*count),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Network {
    pub(super) internal: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Volume {
    /// The engine's own kind.
    pub(super) driver: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Secret {
    pub(super) file: String,
}
