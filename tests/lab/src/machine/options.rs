//! How a machine is to be booted.
//!
//! Only choices; nothing is checked or done before the boot.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Choices for a boot. The default is a machine that forgets everything, with nothing bound in.
#[derive(Debug, Clone)]
pub struct BootOptions {
    binds: Vec<(PathBuf, PathBuf)>,
    written: Vec<(PathBuf, PathBuf)>,
    laid_over: Vec<(PathBuf, PathBuf)>,
    connected: bool,
    persistent: bool,
    nesting: bool,
    deadline: Duration,
}

impl Default for BootOptions {
    fn default() -> Self {
        Self {
            binds: Vec::new(),
            written: Vec::new(),
            laid_over: Vec::new(),
            connected: false,
            persistent: false,
            nesting: false,
            deadline: Duration::from_mins(1),
        }
    }
}

impl BootOptions {
    /// Shows a file or directory of the host in the machine, for reading only.
    #[must_use]
    pub fn bind_read_only(
        mut self,
        source: impl Into<PathBuf>,
        destination: impl Into<PathBuf>,
    ) -> Self {
        self.binds.push((source.into(), destination.into()));
        self
    }

    /// Shows a directory of the host in the machine, which writes to it.
    #[must_use]
    pub(crate) fn bind(
        mut self,
        source: impl Into<PathBuf>,
        destination: impl Into<PathBuf>,
    ) -> Self {
        self.written.push((source.into(), destination.into()));
        self
    }

    /// Shows a directory of the host in the machine, which may write there and reaches nothing of the host by it.
    #[must_use]
    pub fn lay_over(mut self, source: impl Into<PathBuf>, destination: impl Into<PathBuf>) -> Self {
        self.laid_over.push((source.into(), destination.into()));
        self
    }

    /// Has the machine use this computer's network, ports and all, instead of a loopback of its own.
    #[must_use]
    pub(crate) const fn connected(mut self) -> Self {
        self.connected = true;
        self
    }

    /// Keeps what the machine writes until it is dropped, so that it can be rebooted.
    #[must_use]
    pub const fn persistent(mut self) -> Self {
        self.persistent = true;
        self
    }

    /// Lets the machine run containers of its own: their runtime makes keyrings, and has the kernel decide on
    /// devices by a program.
    #[must_use]
    pub const fn nesting(mut self) -> Self {
        self.nesting = true;
        self
    }

    /// How long a boot may take.
    #[must_use]
    pub const fn within(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Whether the machine keeps what it writes.
    #[must_use]
    pub const fn is_persistent(&self) -> bool {
        self.persistent
    }

    /// How long a boot may take.
    pub(super) const fn deadline(&self) -> Duration {
        self.deadline
    }

    /// The arguments of systemd-nspawn for a machine of this name with its root at `directory`.
    pub(super) fn arguments(&self, machine: &str, directory: &Path) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = [
            "--quiet",
            "--boot",
            "--register=no",
            "--keep-unit",
            if self.connected {
                "--resolv-conf=copy-host"
            } else {
                "--private-network"
            },
            "--link-journal=no",
            "--notify-ready=yes",
            "--console=pipe",
        ]
        .map(OsString::from)
        .to_vec();
        arguments.push(format!("--machine={machine}").into());
        arguments.push(joined("--directory=", &[directory]));
        if !self.persistent {
            arguments.push("--volatile=overlay".into());
        }
        if self.nesting {
            arguments.push("--system-call-filter=bpf".into());
            arguments.push("--system-call-filter=@keyring".into());
        }
        for (source, destination) in &self.binds {
            arguments.push(joined("--bind-ro=", &[source, destination]));
        }
        for (source, destination) in &self.written {
            arguments.push(joined("--bind=", &[source, destination]));
        }
        for (source, destination) in &self.laid_over {
            // What is written goes to a directory that systemd-nspawn makes, and removes in the end.
            let nowhere = Path::new("");
            arguments.push(joined("--overlay=", &[source, nowhere, destination]));
        }
        arguments
    }
}

/// An option with paths for its value, colons between them and colons in them escaped.
pub(crate) fn joined(option: &str, paths: &[&Path]) -> OsString {
    let mut argument = OsString::from(option);
    for (position, path) in paths.iter().enumerate() {
        if position > 0 {
            argument.push(":");
        }
        match path.to_str() {
            // Only binds take lists, and only in lists does a colon mean anything.
            Some(text) if paths.len() > 1 => argument.push(text.replace(':', "\\:")),
            _ => argument.push(path),
        }
    }
    argument
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(options: &BootOptions) -> Vec<String> {
        let arguments = options.arguments("lab-1-0", Path::new("/roots/a:b"));
        arguments
            .into_iter()
            .map(|argument| argument.into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_machine_forgets_unless_told_to_keep() {
        let forgetting = arguments(&BootOptions::default());
        assert!(forgetting.contains(&"--volatile=overlay".to_owned()));
        assert!(forgetting.contains(&"--private-network".to_owned()));
        let keeping = arguments(&BootOptions::default().persistent());
        assert!(!keeping.contains(&"--volatile=overlay".to_owned()));
    }

    #[test]
    fn only_who_is_connected_sees_the_network_of_the_host() {
        let connected = arguments(&BootOptions::default().connected());
        assert!(!connected.contains(&"--private-network".to_owned()));
        let laid = arguments(&BootOptions::default().lay_over("/x", "/z"));
        assert!(laid.contains(&"--overlay=/x::/z".to_owned()));
    }

    #[test]
    fn colons_are_escaped_in_binds_only() {
        let bound = arguments(&BootOptions::default().bind_read_only("/x:y", "/z"));
        assert!(bound.contains(&"--bind-ro=/x\\:y:/z".to_owned()));
        assert!(bound.contains(&"--directory=/roots/a:b".to_owned()));
    }
}
