//! Steps that are on disk when they return, for those that must survive the loss of power.
//!
//! Each error names the path. None of them follows a link that lies where something is made.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::files::{FileError, Files, failed};

/// A new directory that everybody may look into: whoever may read units may read them through a link, too.
pub(super) fn directory(path: &Path) -> Result<(), FileError> {
    let make = || {
        fs::create_dir(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))
    };
    make().map_err(failed("make the directory", path))
}

/// A new link.
pub(super) fn link(path: &Path, says: &str) -> Result<(), FileError> {
    symlink(says, path).map_err(failed("link", path))
}

/// Renames, in place of what is there.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to).map_err(failed("replace", to))
}

/// A new file with this text, on disk.
pub(super) fn write(path: &Path, text: &str) -> Result<(), FileError> {
    let write = || -> io::Result<()> {
        let mut file = File::create_new(path)?;
        file.write_all(text.as_bytes())?;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
        file.sync_all()
    };
    write().map_err(failed("write", path))
}

/// A file replaced as a whole: a temporary beside it, written out to disk, then renamed. The new name is on disk
/// once its directory is.
pub(super) fn replace(path: &Path, text: &str, mode: u32) -> Result<(), FileError> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    let write = || -> io::Result<()> {
        let mut temporary = tempfile::Builder::new()
            .prefix(".juniperctl-")
            .tempfile_in(directory)?;
        // Made for its owner alone; whatever it is opened to, it is complete by then.
        temporary.write_all(text.as_bytes())?;
        let file = temporary.as_file();
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.sync_all()?;
        temporary.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(failed("write", path))
}

/// A second name for a file; a copy of it where the file system has none or the names lie on two.
pub(super) fn duplicate(from: &Path, to: &Path) -> Result<(), FileError> {
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    let copy = || -> io::Result<()> {
        fs::copy(from, to)?;
        File::open(to)?.sync_all()
    };
    copy().map_err(failed("write", to))
}

/// Waits until a directory is on disk as it is.
pub(super) fn sync(path: &Path) -> Result<(), FileError> {
    let sync = || File::open(path)?.sync_all();
    sync().map_err(failed("write", path))
}

impl Files {
    /// Replaces files below a directory, each as a whole, readable by everybody. For many files this is faster than one
    /// by one: a directory is waited for once.
    ///
    /// # Errors
    /// Some of them may have been replaced then.
    pub fn replace_all<'f>(
        directory: &Path,
        files: impl Iterator<Item = (&'f str, &'f str)>,
    ) -> Result<(), FileError> {
        let mut directories = BTreeSet::new();
        for (name, text) in files {
            let path = directory.join(name);
            replace(&path, text, 0o644)?;
            directories.extend(path.parent().map(Path::to_owned));
        }
        directories.iter().try_for_each(|path| sync(path))
    }
}
