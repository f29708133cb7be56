//! What of the table a user's manager can do, and what becomes of the rest.
//!
//! Measured on 247, 252 and 257 by attempts from inside (`tests/systemd/user`): what denies nothing there is
//! left out, with its reason, instead of standing in the unit as if it did. A user's manager passes over most
//! of what it cannot do without a word. Nothing here knows a service.

use crate::unit::manager::{Manager, Namespaces};
use crate::unit::version::SystemdVersion;

use super::Profile;

/// What becomes of a directive in a unit of a manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It stands as it is in the table.
    Whole,
    /// This value stands instead; it denies the same.
    Instead(&'static str),
    /// This weaker value stands instead, for this reason.
    Less(&'static str, &'static str),
    /// It is left out, for this reason.
    Off(&'static str),
}

/// Said of what an ordinary user may not do anyway.
const NO_RIGHT: &str = "an ordinary user may not do that anyway: it would deny nothing";

/// Said of what the kernel lets root alone attach.
const ROOTS_FILTER: &str =
    "only root can attach such a filter to a control group: a user's manager passes over it";

/// Said of what takes a new `/proc`.
const OLD_PROC: &str = "a user's manager cannot mount /proc anew: it would change nothing, or keep the service from starting";

/// Said of a namespace that all command lines of a unit share.
const OWN_USERS: &str = "its command lines share that namespace, but each is in a user namespace of its own: the second would not start";

/// Said of everything that takes a namespace where there are none.
const NO_NAMESPACES: &str = "this machine lets no ordinary user make namespaces: `juniperctl --user doctor` says \
     what keeps it from that";

/// Said of who talks to the user's manager, or runs what lies in the user's home.
const HOME_IS_READ: &str =
    "the user's bus is below /run/user, and what it reads below the user's home";

/// What hides the secrets, and the way to the user's manager: whoever can give it orders has no sandbox.
const INACCESSIBLE: &str = "-%E/juniper/secrets -%t/bus -%t/systemd/private";

/// The same for who gives orders to the user's manager.
const SECRETS_ALONE: &str = "-%E/juniper/secrets";

/// What becomes of a directive.
#[must_use]
pub fn fit(directive: &str, profile: Profile, version: SystemdVersion, manager: &Manager) -> Fit {
    let Manager::User(user) = manager else {
        return Fit::Whole;
    };
    let talks = matches!(profile, Profile::Watchdog | Profile::Act);
    let fit = match directive {
        "CapabilityBoundingSet"
        | "ProtectHostname"
        | "ProtectClock"
        | "ProtectKernelTunables"
        | "ProtectKernelModules"
        | "ProtectControlGroups" => return Fit::Off(NO_RIGHT),
        "ProtectKernelLogs" => {
            return Fit::Off(
                "an ordinary user may not read them anyway, and the service would not start",
            );
        }
        "PrivateMounts" => {
            return Fit::Off("the other directives imply it; alone it would deny nothing");
        }
        "PrivateIPC" => return Fit::Off(OWN_USERS),
        "ProtectProc" | "ProcSubset" => return Fit::Off(OLD_PROC),
        "RemoveIPC" => return Fit::Off("it takes a `User=`, which units of a user have not"),
        "DevicePolicy" | "IPAddressDeny" | "IPAddressAllow" => return Fit::Off(ROOTS_FILTER),
        "ProtectHome" if talks || profile == Profile::Notification => {
            Fit::Less("read-only", HOME_IS_READ)
        }
        // What is mounted beneath it is shown: the unit's own directories, and what it is told to show.
        "ProtectHome" => Fit::Instead("tmpfs"),
        "TemporaryFileSystem" if profile == Profile::Watchdog && !version.has(254) => Fit::Off(
            "before systemd 254 the services' state lies beside the configuration, which it reads",
        ),
        "InaccessiblePaths" if talks => Fit::Instead(SECRETS_ALONE),
        "InaccessiblePaths" => Fit::Instead(INACCESSIBLE),
        "TemporaryFileSystem"
        | "PrivateUsers"
        | "ProtectSystem"
        | "PrivateTmp"
        | "PrivateDevices"
        | "PrivateNetwork" => Fit::Whole,
        _ => return Fit::Whole,
    };
    match user.namespaces {
        Namespaces::Allowed => fit,
        Namespaces::Refused => Fit::Off(NO_NAMESPACES),
    }
}
