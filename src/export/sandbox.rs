//! The rows of the hardening table among containers: what a container does by itself, which field says it, and what
//! has no counterpart.
//!
//! supervisord and a Procfile have no sandbox but the umask. Whether a directive applies to a service is said by the
//! table, its profile and the site, as for its unit.

use std::collections::BTreeSet;

use crate::spec::network::Network;
use crate::spec::stack::Managed;
use crate::unit::SystemdVersion;
use crate::unit::manager::Manager;
use crate::unit::sandbox::sandbox;

use super::fate::Fate::{self, Kept, Lost};
use super::target::Target;

const OWN_FILES: Fate = Kept("a file system of its own");
const OWN_NAMESPACE: Fate = Kept("a namespace of its own");
const NO_CAPABILITY: Fate = Kept("no capability is left for it");
const DEFAULT_FILTER: Fate = Kept("the runtime's default filter of system calls, which is wider");
const NONE: Fate = Lost("containers have no counterpart");
const NO_SANDBOX: Fate = Lost("there is no sandbox");

/// What containers make of each directive; Kubernetes, Compose and quadlet where they differ.
const COUNTERPARTS: &[(&str, [Fate; 3])] = &[
    (
        "NoNewPrivileges",
        [
            Kept("allowPrivilegeEscalation: false"),
            Kept("no-new-privileges"),
            Kept("NoNewPrivileges="),
        ],
    ),
    (
        "CapabilityBoundingSet",
        [
            Kept("capabilities: drop ALL"),
            Kept("cap_drop: ALL"),
            Kept("DropCapability=all"),
        ],
    ),
    (
        "ProtectSystem",
        [
            Kept("readOnlyRootFilesystem"),
            Kept("read_only"),
            Kept("ReadOnly="),
        ],
    ),
    ("ProtectHome", same(OWN_FILES)),
    ("TemporaryFileSystem", same(OWN_FILES)),
    ("InaccessiblePaths", same(OWN_FILES)),
    (
        "PrivateTmp",
        [
            Kept("an emptyDir"),
            Kept("tmpfs"),
            Kept("ReadOnly= brings one"),
        ],
    ),
    ("PrivateDevices", same(Kept("a /dev of its own"))),
    (
        "PrivateUsers",
        [
            Lost(
                "the pod is in the node's user namespace: add hostUsers: false where the nodes can do it",
            ),
            Lost("userns-remap is the engine's setting"),
            Lost("add UserNS=auto where subordinate ids are set up"),
        ],
    ),
    ("PrivateMounts", same(OWN_NAMESPACE)),
    ("PrivateIPC", same(OWN_NAMESPACE)),
    ("RemoveIPC", same(OWN_NAMESPACE)),
    (
        "PrivateNetwork",
        [
            Kept("NetworkPolicy"),
            Kept("an internal network"),
            Kept("an internal network"),
        ],
    ),
    ("ProtectProc", same(OWN_NAMESPACE)),
    ("ProcSubset", same(NONE)),
    ("ProtectHostname", same(OWN_NAMESPACE)),
    ("ProtectClock", same(NO_CAPABILITY)),
    (
        "ProtectKernelTunables",
        same(Kept("/proc/sys and /sys are read-only")),
    ),
    ("ProtectKernelModules", same(NO_CAPABILITY)),
    ("ProtectKernelLogs", same(NO_CAPABILITY)),
    (
        "ProtectControlGroups",
        same(Kept("/sys/fs/cgroup is read-only")),
    ),
    ("RestrictAddressFamilies", same(NONE)),
    ("RestrictNamespaces", same(DEFAULT_FILTER)),
    ("RestrictRealtime", same(NO_CAPABILITY)),
    ("RestrictSUIDSGID", same(NONE)),
    ("LockPersonality", same(DEFAULT_FILTER)),
    ("MemoryDenyWriteExecute", same(NONE)),
    ("SystemCallArchitectures", same(NONE)),
    ("SystemCallFilter", same(DEFAULT_FILTER)),
    ("SystemCallErrorNumber", same(Kept("as it is"))),
    ("DevicePolicy", same(Kept("a /dev of its own"))),
    (
        "IPAddressDeny",
        [
            Kept("NetworkPolicy, where the cluster's network enforces it"),
            Lost(
                "with network = \"host\" its port is published, and it reaches beyond this machine; isolated, it does not",
            ),
            Lost(
                "with network = \"host\" its port is published, and it reaches beyond this machine; isolated, it does not",
            ),
        ],
    ),
    ("IPAddressAllow", same(Kept("as it is"))),
    ("UMask", [NONE, NONE, Kept("--umask")]),
];

const fn same(fate: Fate) -> [Fate; 3] {
    [fate; 3]
}

/// What becomes of a directive.
pub(super) fn fate(directive: &str, target: Target, network: Network) -> Fate {
    let counterpart = COUNTERPARTS.iter().find(|(name, _)| *name == directive);
    let [kubernetes, compose, quadlet] = counterpart.map_or(same(NONE), |(_, fates)| *fates);
    let isolated = network.is_isolated() && directive == "IPAddressDeny";
    match target {
        Target::Kubernetes => kubernetes,
        Target::Compose | Target::Quadlet if isolated => Kept("an internal network"),
        Target::Compose => compose,
        Target::Quadlet => quadlet,
        Target::Supervisord | Target::Procfile if directive == "UMask" => Kept("umask"),
        Target::Supervisord | Target::Procfile => NO_SANDBOX,
    }
}

/// The directives that apply to a service, in the order of its unit.
pub(super) fn applied(managed: &Managed, network: Network) -> Vec<&'static str> {
    let mut seen = BTreeSet::new();
    let applied = sandbox(managed, SystemdVersion::NEWEST, network, &Manager::System).applied;
    let names = applied.into_iter().map(|(name, _)| name);
    names.filter(|name| seen.insert(*name)).collect()
}

/// Whether one of them does.
pub(super) fn applies(managed: &Managed, network: Network, directive: &str) -> bool {
    applied(managed, network).contains(&directive)
}

#[cfg(test)]
mod tests {
    use super::COUNTERPARTS;
    use crate::hardening::table::{ISOLATED, SANDBOX};
    use std::collections::BTreeSet;

    #[test]
    fn every_directive_of_the_table_is_judged_once() {
        let known: BTreeSet<&str> = SANDBOX.iter().chain(ISOLATED).map(|row| row.name).collect();
        let judged: BTreeSet<&str> = COUNTERPARTS.iter().map(|(name, _)| *name).collect();
        assert_eq!(known, judged);
        assert_eq!(judged.len(), COUNTERPARTS.len());
    }
}
