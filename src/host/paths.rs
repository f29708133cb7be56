//! Where things lie on the machine, or below the tree given with `--root`.

use std::path::{Path, PathBuf};

/// The places juniperctl reads and writes.
#[derive(Debug, Clone)]
pub struct Paths {
    root: Option<PathBuf>,
    configuration: PathBuf,
    /// Whether what lies below the root is a copy of a running machine's.
    mirrors: bool,
}

impl Paths {
    /// The places on this machine, or below `root`; `configuration` replaces the site's file.
    #[must_use]
    pub fn new(root: Option<PathBuf>, configuration: Option<PathBuf>) -> Self {
        let configured = configuration
            .unwrap_or_else(|| below(root.as_deref(), Path::new("/etc/juniper/juniper.toml")));
        Self {
            root,
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
        self.at("/etc/systemd/system")
    }

    /// What whoever changes the installation locks.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.at("/run/juniperctl.lock")
    }

    /// Where juniperctl keeps what it knows of its installation.
    #[must_use]
    pub fn records(&self) -> PathBuf {
        self.at("/var/lib/juniperctl")
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
        self.at(crate::secrets::DIRECTORY)
    }

    /// Where starts of the group are remembered, one a line.
    #[must_use]
    pub fn starts(&self) -> PathBuf {
        self.at("/var/lib/juniperctl/starts/starts.jsonl")
    }

    /// Where the watchdog keeps incidents, what it has spent, and what it is ordered.
    #[must_use]
    pub fn watchdog(&self) -> PathBuf {
        self.at("/var/lib/juniperctl/watchdog")
    }

    /// Where the watchdog can be asked besides its port.
    #[must_use]
    pub fn watchdog_socket(&self) -> PathBuf {
        self.at("/run/juniperctl/watchdog.sock")
    }

    /// Where the faults of GPUs are that the kernel has told of in this boot.
    #[must_use]
    pub fn gpu_faults(&self) -> PathBuf {
        self.at(crate::unit::kernel_log::FILE)
    }

    /// The link by which the target starts at boot.
    #[must_use]
    pub fn enablement(&self) -> PathBuf {
        self.at("/etc/systemd/system/multi-user.target.wants/juniper.target")
    }

    /// Directories that services wrote to; `uninstall --purge` removes them.
    #[must_use]
    pub fn written_by_services(&self) -> [PathBuf; 3] {
        ["/var/lib/juniper", "/var/log/juniper", "/var/cache/juniper"].map(|path| self.at(path))
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
    use super::Paths;
    use std::path::{Path, PathBuf};

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
