//! Where things lie on the machine, below the tree given with `--root`, or for one user.

use std::path::{Path, PathBuf};

/// The places juniperctl reads and writes.
#[derive(Debug, Clone)]
pub struct Paths {
    root: Option<PathBuf>,
    user: Option<UserDirectories>,
    configuration: PathBuf,
    /// Whether what lies below the root is a copy of a running machine's.
    mirrors: bool,
}

/// The directories of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDirectories {
    /// `$XDG_CONFIG_HOME`.
    pub configuration: PathBuf,
    /// `$XDG_STATE_HOME`.
    pub state: PathBuf,
    /// `$XDG_CACHE_HOME`.
    pub cache: PathBuf,
    /// `$XDG_RUNTIME_DIR`.
    pub runtime: PathBuf,
}

impl Paths {
    /// The places on this machine, or below `root`; `configuration` replaces the site's file.
    #[must_use]
    pub fn new(root: Option<PathBuf>, configuration: Option<PathBuf>) -> Self {
        let configured = configuration
            .unwrap_or_else(|| below(root.as_deref(), Path::new("/etc/juniper/juniper.toml")));
        Self {
            root,
            user: None,
            configuration: configured,
            mirrors: false,
        }
    }

    /// The places of another machine that runs, as far as they are copied below `copy`.
    #[must_use]
    pub fn mirrored(copy: PathBuf) -> Self {
        Self {
            mirrors: true,
            ..Self::new(Some(copy), None)
        }
    }

    /// The places of one user; `configuration` replaces the user's file.
    #[must_use]
    pub fn of_user(user: UserDirectories, configuration: Option<PathBuf>) -> Self {
        Self {
            root: None,
            configuration: configuration
                .unwrap_or_else(|| user.configuration.join("juniper/juniper.toml")),
            user: Some(user),
            mirrors: false,
        }
    }

    /// The directories of the user that is worked for, if it is one.
    #[must_use]
    pub fn user(&self) -> Option<&UserDirectories> {
        self.user.as_ref()
    }

    /// A place of the system's, or of the user's.
    fn of(&self, system: &str, user: impl FnOnce(&UserDirectories) -> PathBuf) -> PathBuf {
        self.user.as_ref().map_or_else(|| self.at(system), user)
    }

    /// Whether a directory tree is worked on instead of the running machine.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.root.is_some() && !self.mirrors
    }

    /// The site's configuration file.
    #[must_use]
    pub fn configuration(&self) -> &Path {
        &self.configuration
    }

    /// The directory of its drop-ins: the same name with `.d` appended.
    #[must_use]
    pub fn drop_ins(&self) -> PathBuf {
        let mut name = self.configuration.clone().into_os_string();
        name.push(".d");
        PathBuf::from(name)
    }

    /// Where unit files are written.
    #[must_use]
    pub fn units(&self) -> PathBuf {
        self.of("/etc/systemd/system", |user| {
            user.configuration.join("systemd/user")
        })
    }

    /// What whoever changes the installation locks.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.of("/run/juniperctl.lock", |user| {
            user.runtime.join("juniperctl.lock")
        })
    }

    /// Where juniperctl keeps what it knows of its installation.
    #[must_use]
    pub fn records(&self) -> PathBuf {
        self.of("/var/lib/juniperctl", |user| user.state.join("juniperctl"))
    }

    /// Where the receipt lies.
    #[must_use]
    pub fn receipt(&self) -> PathBuf {
        self.records().join("receipt.json")
    }

    /// Where generations of the installed units lie.
    #[must_use]
    pub fn generations(&self) -> PathBuf {
        self.records().join("generations")
    }

    /// Where files of somebody else lie that were taken over.
    #[must_use]
    pub fn taken_over(&self) -> PathBuf {
        self.records().join("replaced")
    }

    /// Where secrets lie.
    #[must_use]
    pub fn secrets(&self) -> PathBuf {
        self.of(crate::secrets::DIRECTORY, |user| {
            user.configuration.join("juniper/secrets")
        })
    }

    /// Where starts of the group are remembered, one a line.
    #[must_use]
    pub fn starts(&self) -> PathBuf {
        self.records().join("starts/starts.jsonl")
    }

    /// Where the watchdog keeps incidents, what it has spent, and what it is ordered.
    #[must_use]
    pub fn watchdog(&self) -> PathBuf {
        self.records().join("watchdog")
    }

    /// Where the watchdog can be asked besides its port.
    #[must_use]
    pub fn watchdog_socket(&self) -> PathBuf {
        self.of("/run/juniperctl/watchdog.sock", |user| {
            user.runtime.join("juniperctl/watchdog.sock")
        })
    }

    /// Where the faults of GPUs are that the kernel has told of in this boot.
    #[must_use]
    pub fn gpu_faults(&self) -> PathBuf {
        self.of(crate::unit::kernel_log::FILE, |user| {
            user.runtime.join("juniper-kernel-log/gpu-faults.json")
        })
    }

    /// The link by which the target starts at boot.
    #[must_use]
    pub fn enablement(&self) -> PathBuf {
        let manager = if self.user.is_some() {
            "default.target.wants"
        } else {
            "multi-user.target.wants"
        };
        self.units().join(manager).join("juniper.target")
    }

    /// Where who acts for the watchdog is reached.
    #[must_use]
    pub fn act_socket(&self) -> PathBuf {
        self.of(crate::unit::act::PATH, |user| {
            user.runtime.join("juniper-act.sock")
        })
    }

    /// Where else systemd looks for what changes or masks an installed unit.
    #[must_use]
    pub fn units_elsewhere(&self) -> Vec<PathBuf> {
        match &self.user {
            None => [
                "/etc/systemd/system.control",
                "/run/systemd/system.control",
                "/run/systemd/system",
                "/usr/local/lib/systemd/system",
            ]
            .map(|path| self.at(path))
            .to_vec(),
            Some(user) => vec![
                user.configuration.join("systemd/user.control"),
                user.runtime.join("systemd/user.control"),
                user.runtime.join("systemd/user"),
                PathBuf::from("/etc/systemd/user"),
            ],
        }
    }

    /// Directories that services wrote to; `uninstall --purge` removes them.
    #[must_use]
    pub fn written_by_services(&self) -> Vec<PathBuf> {
        match &self.user {
            None => ["/var/lib/juniper", "/var/log/juniper", "/var/cache/juniper"]
                .map(|path| self.at(path))
                .to_vec(),
            // Before systemd 254 what a user's services keep, and their logs, were below the configuration.
            Some(user) => vec![
                user.state.join("juniper"),
                user.state.join("log/juniper"),
                user.configuration.join("log/juniper"),
                user.cache.join("juniper"),
            ],
        }
    }

    /// What a path below the root is called on the machine itself: the reverse of [`Paths::at`].
    #[must_use]
    pub fn on_machine(&self, path: &Path) -> String {
        match self
            .root
            .as_deref()
            .and_then(|root| path.strip_prefix(root).ok())
        {
            Some(below) => Path::new("/").join(below).display().to_string(),
            None => path.display().to_string(),
        }
    }

    /// An absolute path of the machine, below the root where one is given.
    #[must_use]
    pub fn at(&self, path: &str) -> PathBuf {
        below(self.root.as_deref(), Path::new(path))
    }
}

fn below(root: Option<&Path>, path: &Path) -> PathBuf {
    match root {
        None => path.to_owned(),
        Some(root) => root.join(path.strip_prefix("/").unwrap_or(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Paths, UserDirectories};
    use std::path::{Path, PathBuf};

    #[test]
    fn a_user_has_everything_at_home() {
        let directories = UserDirectories {
            configuration: PathBuf::from("/home/lena/.config"),
            state: PathBuf::from("/home/lena/.local/state"),
            cache: PathBuf::from("/home/lena/.cache"),
            runtime: PathBuf::from("/run/user/1000"),
        };
        let paths = Paths::of_user(directories, None);
        for (path, is) in [
            (paths.units(), "/home/lena/.config/systemd/user"),
            (
                paths.configuration().to_owned(),
                "/home/lena/.config/juniper/juniper.toml",
            ),
            (paths.secrets(), "/home/lena/.config/juniper/secrets"),
            (
                paths.receipt(),
                "/home/lena/.local/state/juniperctl/receipt.json",
            ),
            (
                paths.watchdog(),
                "/home/lena/.local/state/juniperctl/watchdog",
            ),
            (paths.lock(), "/run/user/1000/juniperctl.lock"),
            (
                paths.enablement(),
                "/home/lena/.config/systemd/user/default.target.wants/juniper.target",
            ),
        ] {
            assert_eq!(path, Path::new(is));
        }
    }

    #[test]
    fn everything_lies_below_the_root() {
        let paths = Paths::new(Some(PathBuf::from("/image")), None);
        let made = paths.at("/var/lib/juniperctl");
        assert_eq!(paths.on_machine(&made), "/var/lib/juniperctl");
        assert_eq!(paths.units(), Path::new("/image/etc/systemd/system"));
        assert_eq!(
            paths.configuration(),
            Path::new("/image/etc/juniper/juniper.toml")
        );
        assert_eq!(
            paths.drop_ins(),
            Path::new("/image/etc/juniper/juniper.toml.d")
        );
        let paths = Paths::new(None, Some(PathBuf::from("my.toml")));
        assert_eq!(paths.configuration(), Path::new("my.toml"));
        assert_eq!(
            paths.receipt(),
            Path::new("/var/lib/juniperctl/receipt.json")
        );
    }
}
