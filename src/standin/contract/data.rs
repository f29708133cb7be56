//! What the dataset service says. Pure: it is told what its storage looks like and never looks.

use super::{Answer, Claim, Dependency, Identity, NoDetails};

const DATA: Identity = Identity {
    name: "juniper-data",
    version: "0.17.1",
    header: true,
    when_unhealthy: Claim::NotReady,
};

/// The state of the storage directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Storage {
    /// The path, as it was configured.
    pub(crate) path: String,
    /// How many datasets it holds; nothing when it is no directory.
    pub(crate) datasets: Option<usize>,
}

/// `/v1/health`.
pub(crate) fn health() -> Answer {
    DATA.health()
}

/// `/v1/health/live`.
pub(crate) fn live(storage: &Storage) -> Answer {
    match storage.datasets {
        Some(_) => DATA.live(None),
        None => DATA.live(Some(&format!(
            "storage path not a directory: {}",
            storage.path
        ))),
    }
}

/// `/v1/health/ready`.
pub(crate) fn ready(storage: &Storage, claim: Claim, timestamp: f64) -> Answer {
    let path = &storage.path;
    let missing = format!("{path} not found or not a directory");
    let (status, message) = match storage.datasets {
        Some(count) => ("healthy", format!("{path} ({count} datasets)")),
        None => ("unhealthy", missing.clone()),
    };
    let dependency = Dependency::new("Dataset Storage", status, message).claimed(claim, &missing);
    DATA.ready(
        vec![("storage", dependency)],
        NoDetails {},
        claim,
        timestamp,
    )
}
