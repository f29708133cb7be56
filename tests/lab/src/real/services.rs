//! The Juniper services that are published, at the versions that the tests were written against.
//!
//! Each gets a virtual environment of its own: their packages install files of the same name with
//! different content.

/// Where the environments are seen in a machine. They only work there.
pub const PREFIX: &str = "/opt/juniper";

/// One service of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// Its short name, which is also its directory.
    pub name: &'static str,
    /// What pip is asked for.
    pub requirement: &'static str,
    /// Directories below its library directory that it expects to find.
    pub(crate) directories: &'static [&'static str],
}

/// All of them, in the order in which they depend on each other.
pub const SERVICES: [Service; 4] = [
    Service {
        name: "data",
        requirement: "juniper-data[api,observability]==0.17.1",
        directories: &[],
    },
    Service {
        name: "cascor",
        requirement: "juniper-cascor[ml,api,juniper-data,observability]==0.12.0",
        directories: &[],
    },
    Service {
        name: "canopy",
        requirement: "juniper-canopy[juniper-cascor,juniper-data,observability,demo]==0.9.0",
        // Saved layouts are looked for here; where it is missing, asking for them fails.
        directories: &["conf/layouts"],
    },
    Service {
        name: "worker",
        requirement: "juniper-cascor-worker==0.6.1",
        directories: &[],
    },
];

impl Service {
    /// The directory of its virtual environment as a machine sees it.
    #[must_use]
    pub fn directory(&self) -> String {
        format!("{PREFIX}/{}/current", self.name)
    }

    /// Its Python as a machine sees it.
    #[must_use]
    pub fn python(&self) -> String {
        format!("{}/bin/python", self.directory())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_is_pinned() {
        for service in SERVICES {
            assert!(service.requirement.contains("=="), "{}", service.name);
        }
    }

    #[test]
    fn the_interpreter_is_below_the_services_own_directory() {
        assert_eq!(SERVICES[0].python(), "/opt/juniper/data/current/bin/python");
    }
}
