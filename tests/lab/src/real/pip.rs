//! How pip is told to reach the package index from inside a root: the way this computer does.
//!
//! Settings are passed on as they are; no address is written down here.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Variables that say where trusted certificates and proxies are, besides pip's own; juniperctl passes on the same.
pub const PASSED_ON: [&str; 9] = [
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
];

/// Files of settings, and places that such settings commonly point to.
const SHOWN: [&str; 3] = ["/etc/pip.conf", "/etc/ssl/certs", "/opt/wheels"];

/// Signs in what pip or apt says that it could not reach the index, as opposed to not liking what it got.
const UNREACHABLE: [&str; 9] = [
    // All that is asked for is published, so an index that knows no version at all is none.
    "(from versions: none)",
    "Temporary failure in name resolution",
    "Name or service not known",
    "NewConnectionError",
    "ConnectTimeoutError",
    "ProxyError",
    "Network is unreachable",
    "Temporary failure resolving",
    "Could not connect to",
];

/// What pip needs to know from this computer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settings {
    /// Variables of its environment.
    pub(super) environment: Vec<(String, OsString)>,
    /// Files and directories that it must be able to read at the same path.
    pub(super) shown: Vec<PathBuf>,
}

impl Settings {
    /// What this process was started with.
    pub(super) fn of_this_computer() -> Self {
        Self::selected(env::vars_os(), env::home_dir().as_deref(), |path| {
            path.exists()
        })
    }

    fn selected(
        variables: impl Iterator<Item = (OsString, OsString)>,
        home: Option<&Path>,
        exists: impl Fn(&Path) -> bool,
    ) -> Self {
        let mut environment = Vec::new();
        let mut shown: Vec<PathBuf> = SHOWN.iter().map(PathBuf::from).collect();
        for (name, value) in variables {
            let Ok(name) = name.into_string() else {
                continue;
            };
            // A cache or a target of this computer's own pip means nothing in there.
            let is_pips =
                name.starts_with("PIP_") && name != "PIP_CACHE_DIR" && name != "PIP_TARGET";
            if is_pips || PASSED_ON.contains(&name.as_str()) {
                if Path::new(&value).is_absolute() {
                    shown.push(PathBuf::from(&value));
                }
                environment.push((name, value));
            }
        }
        let personal =
            home.map(|home| [".config/pip/pip.conf", ".pip/pip.conf"].map(|file| home.join(file)));
        if let Some(file) = personal.into_iter().flatten().find(|file| exists(file)) {
            // The home directory is another one in there.
            environment.push(("PIP_CONFIG_FILE".to_owned(), file.clone().into_os_string()));
            shown.push(file);
        }
        shown.retain(|path| exists(path));
        shown.sort();
        shown.dedup();
        Self { environment, shown }
    }
}

/// Whether pip failed because the index is out of reach.
pub(super) fn is_unreachable(log: &str) -> bool {
    UNREACHABLE.iter().any(|sign| log.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(variables: &[(&str, &str)]) -> Settings {
        let variables = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        Settings::selected(variables, Some(Path::new("/home/ada")), |path| {
            !path.ends_with("wheels") && !path.ends_with("etc/pip.conf")
        })
    }

    #[test]
    fn settings_for_pip_are_passed_on_and_others_are_not() {
        let settings = selected(&[
            ("PIP_INDEX_URL", "https://index.invalid/simple"),
            ("PIP_CACHE_DIR", "/home/ada/cache"),
            ("SECRET_TOKEN", "x"),
            ("SSL_CERT_FILE", "/etc/own-ca.pem"),
        ]);
        let names: Vec<_> = settings
            .environment
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["PIP_INDEX_URL", "SSL_CERT_FILE", "PIP_CONFIG_FILE"]);
        assert_eq!(
            settings.shown,
            [
                Path::new("/etc/own-ca.pem"),
                Path::new("/etc/ssl/certs"),
                Path::new("/home/ada/.config/pip/pip.conf"),
            ]
        );
    }

    #[test]
    fn a_network_fault_is_told_from_a_missing_version() {
        assert!(is_unreachable(
            "... NewConnectionError(...): Failed to establish"
        ));
        assert!(!is_unreachable(
            "no version that satisfies x==9 (from versions: 1.0, 2.0)"
        ));
    }
}
