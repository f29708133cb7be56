//! Bringing files into a machine and looking at those that are there.
//!
//! Paths are resolved as the machine itself resolves them: a link in it never leads to the host.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};

use super::{Command, Machine};
use crate::error::{Doing, Error};

impl Machine {
    /// Writes a file as root, with the directories above it, replacing one that is there.
    pub fn write(
        &self,
        path: impl AsRef<Path>,
        content: impl Into<Vec<u8>>,
        mode: u32,
    ) -> Result<(), Error> {
        let path = path.as_ref().to_string_lossy();
        let mode = format!("{mode:04o}");
        let content = content.into();
        // An empty input is no input, and `install` would then copy the null device.
        let source = if content.is_empty() {
            "/dev/null"
        } else {
            "/dev/stdin"
        };
        let arguments = ["install", "-D", "-m", &mode, source, &path];
        self.succeed_with(Command::new(&arguments).input(content))
            .map(drop)
    }

    /// What is in a file.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Vec<u8>, Error> {
        let path = path.as_ref();
        let read = || -> io::Result<Vec<u8>> {
            let mut content = Vec::new();
            File::from(self.open(path, OFlags::RDONLY)?).read_to_end(&mut content)?;
            Ok(content)
        };
        read().map_err(|source| self.inside("read", path, source))
    }

    /// What is in a file that holds text.
    pub fn read_text(&self, path: impl AsRef<Path>) -> Result<String, Error> {
        let content = self.read(path)?;
        Ok(String::from_utf8_lossy(&content).into_owned())
    }

    /// Whether there is something at the path, links followed.
    pub fn exists(&self, path: impl AsRef<Path>) -> Result<bool, Error> {
        let path = path.as_ref();
        match self.open(path, OFlags::PATH) {
            Ok(_) => Ok(true),
            Err(error) if is_absence(&error) => Ok(false),
            Err(error) => Err(self.inside("look at", path, error)),
        }
    }

    /// Copies a package into the machine and has `dpkg` install it; tells what `dpkg` said.
    pub fn install_deb(&self, package: &Path) -> Result<String, Error> {
        let content = fs::read(package).doing(|| format!("read {}", package.display()))?;
        let name = package
            .file_name()
            .map_or_else(|| "package.deb".into(), PathBuf::from);
        let inside = Path::new("/var/cache/juniper-lab").join(name);
        self.write(&inside, content, 0o644)?;
        let inside = inside.to_string_lossy();
        let install = Command::new(&["dpkg", "--install", &inside]);
        let said = self.succeed_with(install.env("DEBIAN_FRONTEND", "noninteractive"))?;
        self.succeed(&["rm", &inside])?;
        Ok(said)
    }

    /// Opens a path below the machine's root without ever leaving it.
    pub(super) fn open(&self, path: &Path, flags: OFlags) -> io::Result<rustix::fd::OwnedFd> {
        let root = File::open(format!("/proc/{}/root", self.leader()))?;
        let flags = flags | OFlags::CLOEXEC;
        Ok(openat2(
            &root,
            path,
            flags,
            Mode::empty(),
            ResolveFlags::IN_ROOT,
        )?)
    }

    /// An error about a path in this machine.
    pub(super) fn inside(&self, doing: &'static str, path: &Path, source: io::Error) -> Error {
        let machine = self.name().to_owned();
        Error::Inside {
            doing,
            path: path.to_owned(),
            machine,
            source,
        }
    }
}

/// Whether an error only says that there is nothing.
fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
