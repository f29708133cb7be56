//! The Juniper services that are published, at the versions that juniperctl's lock files pin.
//!
//! Each has an environment of its own: their packages install files of the same name with different content.

/// Where the environments are seen in a machine. They only work there.
pub const PREFIX: &str = "/opt/juniper";

/// All of them, in the order in which they depend on each other.
pub const SERVICES: [&str; 4] = ["data", "cascor", "canopy", "worker"];

/// What their environments are made of.
pub(super) const LOCKS: [&str; 4] = [
    include_str!("../../../../packaging/locks/data.txt"),
    include_str!("../../../../packaging/locks/cascor-cuda.txt"),
    include_str!("../../../../packaging/locks/canopy-cuda.txt"),
    include_str!("../../../../packaging/locks/worker-cuda.txt"),
];
