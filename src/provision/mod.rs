//! The Python environments of the services: what was found of a machine to what is made, switched or removed.
//!
//! A lock file says all of what one environment holds, with hashes; pip installs that and resolves nothing. Each
//! environment lies in a directory of its own below `/opt/juniper/SERVICE`, and `current` leads to the one in use.
//! Pure: what pip says, what processes have open and what a directory holds come in as text.

pub mod distribution;
pub mod environment;
pub mod lock;
pub mod plan;
pub mod progress;
pub mod python;
pub mod space;
pub mod trouble;

#[cfg(test)]
mod plan_tests;
#[cfg(test)]
mod shipped_tests;

/// Where the environments lie.
pub const PREFIX: &str = "/opt/juniper";

/// Where the package puts the lock files.
pub const LOCKS: &str = "/usr/share/juniperctl/locks";

/// Where wheels are kept between their download and the end of it all.
pub const CACHE: &str = "/var/cache/juniperctl/provision";

/// Who fetches and installs: a user that owns nothing else, so that neither root runs what was downloaded nor can
/// a running service write to it.
pub const BUILDER: &str = "juniper-provision";

/// The link to the environment in use.
pub const CURRENT: &str = "current";

/// The link to the one before.
pub const PREVIOUS: &str = "previous";

/// The program of a service as its unit calls it, with the directory that `current` leads to now in the place of the
/// link: a process that was started so keeps to its own environment when the link is switched. `target` tells where
/// a link leads.
#[must_use]
pub fn bound(program: &str, target: impl FnOnce(&str) -> Option<String>) -> Option<String> {
    let below = program.strip_prefix(PREFIX)?.strip_prefix('/')?;
    let (service, below) = below.split_once('/')?;
    let below = below.strip_prefix(CURRENT)?.strip_prefix('/')?;
    let name = target(&format!("{PREFIX}/{service}/{CURRENT}"))?;
    environment::is_name(&name).then(|| format!("{PREFIX}/{service}/{name}/{below}"))
}

/// Whether a program is that of a service's own environment.
#[must_use]
pub fn is_provided(service: &str, program: &str) -> bool {
    program.starts_with(&format!("{PREFIX}/{service}/{CURRENT}/"))
}

/// What to do where the program of a service is missing.
#[must_use]
pub fn how_to_get(service: &str, program: &str) -> String {
    if is_provided(service, program) {
        format!("make its environment: sudo juniperctl provision {service}")
    } else {
        "install it there".to_owned()
    }
}

/// What to do where the program of a service is there and does not do.
#[must_use]
pub fn how_to_replace(service: &str, program: &str) -> String {
    if is_provided(service, program) {
        format!("make another environment: sudo juniperctl provision --upgrade {service}")
    } else {
        "install another there".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::bound;

    #[test]
    fn only_the_link_in_use_is_followed_and_only_to_a_plain_name() {
        let to = |name: &'static str| move |_: &str| Some(name.to_owned());
        let program = "/opt/juniper/data/current/bin/python";
        assert_eq!(
            bound(program, to("0.17.1")).as_deref(),
            Some("/opt/juniper/data/0.17.1/bin/python")
        );
        assert_eq!(bound(program, |_| None), None);
        for elsewhere in ["/srv/env", "../x", "a/b", ""] {
            assert_eq!(bound(program, to(elsewhere)), None);
        }
        for other in [
            "/opt/juniper/data/0.17.1/bin/python",
            "/opt/juniper/data/currently/bin/python",
            "/opt/notebook/current/bin/server",
            "/usr/bin/python3",
        ] {
            assert_eq!(bound(other, to("0.17.1")), None);
        }
    }
}
