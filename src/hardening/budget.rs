//! How exposed each kind of unit may be at most.
//!
//! The figures are what the final units need, on every supported systemd: a directive that is lost by
//! accident does not fit in. What a site relaxes does not fit in either: it says so by raising the
//! budget of that service, next to the reason.

use crate::spec::network::Network;
use crate::unit::manager::{Manager, Namespaces};

use super::{Exposure, Profile};

/// A service on the processor alone. Nothing better was found among its peers: upstream's own units
/// have 8.2, the best hardened CUDA unit 1.6.
const PROCESSOR: Exposure = Exposure::tenths(9);

/// A service with GPUs: their device nodes are open.
const GPU: Exposure = Exposure::tenths(12);

/// The unit that looks whether GPUs can be opened: it sees all nodes, and has no network.
const DEVICES: Exposure = Exposure::tenths(12);

/// The watchdog: everything under /proc is open to it.
const WATCHDOG: Exposure = Exposure::tenths(9);

/// The unit that acts for the watchdog: root in name, because nobody else gives orders to systemd; no
/// network.
const ACT: Exposure = Exposure::tenths(5);

/// The unit that asks whether the group answers: without a mount namespace.
const READY: Exposure = Exposure::tenths(27);

/// The unit that tells somebody: the whole network is open to it.
const NOTIFICATION: Exposure = Exposure::tenths(11);

/// The unit that follows the kernel's log: a group that may read the whole journal, and no network.
const KERNEL_LOG: Exposure = Exposure::tenths(3);

/// What it adds that a service listens beyond this machine: it hears every address.
pub(super) const PUBLISHED: Exposure = Exposure::tenths(2);

/// What a network of the group's own closes in each unit.
const ISOLATION: Exposure = Exposure::tenths(3);

/// The budget of a unit.
#[must_use]
pub fn of(profile: Profile, published: bool, network: Network, manager: &Manager) -> Exposure {
    if let Manager::User(user) = manager {
        return of_user(profile, user.namespaces);
    }
    let own = match profile {
        Profile::Network | Profile::MachineLearning => PROCESSOR,
        Profile::Gpu => GPU,
        Profile::Devices => DEVICES,
        Profile::Watchdog => WATCHDOG,
        Profile::Act => ACT,
        Profile::Ready => READY,
        Profile::Notification => NOTIFICATION,
        Profile::KernelLog => KERNEL_LOG,
    };
    let own = match network {
        Network::Host => own,
        Network::Isolated => own.less(ISOLATION),
    };
    if published { own.and(PUBLISHED) } else { own }
}

/// The budget of a unit of a user's manager. What root alone can attach or give is open: addresses and
/// devices by control group, capabilities, the kernel's own files. systemd's weights count all of that,
/// whether or not an ordinary user could do anything with it; where no namespace can be had most of the rest
/// is open, too.
const fn of_user(profile: Profile, namespaces: Namespaces) -> Exposure {
    let (allowed, refused) = match profile {
        Profile::Network | Profile::MachineLearning => (44, 58),
        Profile::Gpu | Profile::Devices => (49, 58),
        Profile::Watchdog | Profile::Notification | Profile::KernelLog => (45, 58),
        Profile::Act => (42, 55),
        Profile::Ready => (56, 58),
    };
    match namespaces {
        Namespaces::Allowed => Exposure::tenths(allowed),
        Namespaces::Refused => Exposure::tenths(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::hardening::{Exposure, Profile, audit};
    use crate::spec::builtin::stack_of;
    use crate::spec::network::Network;
    use crate::spec::text::AbsolutePath;
    use crate::unit::manager::{Manager, Namespaces, UserManager};
    use crate::unit::{Facts, SystemdVersion, rendered};
    use std::collections::BTreeMap;

    const SITE: &str = "[services.worker]\ngpu = 1\n\
                        [watchdog.notification]\nwebhook_file = \"/srv/webhook\"\n";

    /// A directive that is lost by accident does not fit in; nor is there room that nobody needs.
    #[test]
    fn units_of_a_user_need_what_they_may() {
        let stack = stack_of(SITE, "full");
        for namespaces in [Namespaces::Allowed, Namespaces::Refused] {
            let manager = Manager::User(UserManager {
                namespaces,
                records: AbsolutePath::parse("/home/lena/.local/state/juniperctl").unwrap(),
                programs: BTreeMap::new(),
            });
            let facts = Facts {
                manager: manager.clone(),
                ..Facts::default()
            };
            let mut most: BTreeMap<Profile, Exposure> = BTreeMap::new();
            for version in ["247", "249", "252", "254", "257", "262"] {
                let version = SystemdVersion::parse(version).unwrap();
                let files = rendered(&stack, version, &facts).unwrap();
                for unit in audit::of(&stack, &files, version, &manager) {
                    let known = most.entry(unit.profile).or_insert(unit.exposure);
                    *known = unit.exposure.max(*known);
                }
            }
            let budgets: BTreeMap<Profile, Exposure> = most
                .keys()
                .map(|profile| (*profile, of(*profile, false, Network::Host, &manager)))
                .collect();
            assert_eq!(most, budgets, "{namespaces:?}");
        }
    }
}
