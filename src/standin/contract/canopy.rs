//! What the dashboard says: always 200, `degraded` at worst, and in demo mode for good when its
//! backend was away at its start. Pure: it is told what was found and never looks.

use serde::Serialize;

use super::probed::Probed;
use super::watch::BackendStatus;
use super::{Answer, Claim, Dependency, Identity};

const CANOPY: Identity = Identity {
    name: "juniper-canopy",
    version: "0.9.0",
    header: false,
    when_unhealthy: Claim::Degraded,
};

/// What was decided at start and what is known now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// Decided once, at start.
    pub(crate) data_available: bool,
    /// The backend in service mode; nothing in demo mode, where training is invented.
    pub(crate) backend: Option<BackendStatus>,
    pub(crate) training_active: bool,
}

impl Standing {
    /// Service mode, and a backend that has just answered.
    pub(crate) const FRESH: Self = Self {
        data_available: true,
        backend: Some(BackendStatus {
            status: "ok",
            stale: false,
            age_seconds: 0.1,
        }),
        training_active: false,
    };
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    service: &'static str,
    timestamp: f64,
    version: &'static str,
    active_connections: u32,
    training_active: bool,
    demo_mode: bool,
    juniper_data_available: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend_status_stale: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend_status_age_seconds: Option<f64>,
    git_sha: Option<&'static str>,
    build_date: Option<&'static str>,
}

#[derive(Serialize)]
struct Live {
    status: &'static str,
}

#[derive(Serialize)]
struct Details {
    mode: &'static str,
    active_connections: u32,
    training_active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend_status_stale: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend_status_age_seconds: Option<f64>,
}

#[derive(Serialize)]
struct Layouts {
    layouts: [&'static str; 0],
    total: u32,
}

/// `/v1/health`.
pub(crate) fn health(standing: &Standing, timestamp: f64) -> Answer {
    let body = Health {
        status: "ok",
        service: CANOPY.name,
        timestamp,
        version: CANOPY.version,
        active_connections: 0,
        training_active: standing.training_active,
        demo_mode: standing.backend.is_none(),
        juniper_data_available: standing.data_available,
        backend_status: standing.backend.map(|backend| backend.status),
        backend_status_stale: standing.backend.map(|backend| backend.stale),
        backend_status_age_seconds: standing.backend.map(|backend| backend.age_seconds),
        git_sha: None,
        build_date: None,
    };
    Answer::json(200, &body)
}

/// `/v1/health/live`.
pub(crate) fn live() -> Answer {
    Answer::json(200, &Live { status: "alive" })
}

/// `/v1/health/ready`; without a cascor URL there is nothing to probe.
pub(crate) fn ready(
    data: &Probed,
    cascor: Option<&Probed>,
    standing: &Standing,
    claim: Claim,
    timestamp: f64,
) -> Answer {
    const CASCOR: &str = "JuniperCascor Service";
    let cascor = cascor.map_or_else(
        || {
            let message = "JUNIPER_CANOPY_CASCOR_SERVICE_URL not set (demo mode)";
            Dependency::new(CASCOR, "not_configured", message.to_owned())
        },
        |probed| probed.in_httpx_words(CASCOR),
    );
    let dependencies = vec![
        ("juniper_data", data.in_httpx_words("JuniperData Service")),
        ("juniper_cascor", cascor),
    ];
    let details = Details {
        mode: if standing.backend.is_some() {
            "service"
        } else {
            "demo"
        },
        active_connections: 0,
        training_active: standing.training_active,
        backend_status: standing.backend.map(|backend| backend.status),
        backend_status_stale: standing.backend.map(|backend| backend.stale),
        backend_status_age_seconds: standing.backend.map(|backend| backend.age_seconds),
    };
    CANOPY.ready(dependencies, details, claim, timestamp)
}

/// `/dashboard/`.
pub(crate) fn dashboard() -> Answer {
    Answer::html(
        "<!DOCTYPE html>\n<html><head><title>Juniper Canopy</title></head>\
         <body><p>The stand-in has no dashboard.</p></body></html>\n",
    )
}

/// `/api/v1/metrics/layouts`.
pub(crate) fn layouts() -> Answer {
    let body = Layouts {
        layouts: [],
        total: 0,
    };
    Answer::json(200, &body)
}
