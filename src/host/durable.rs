//! Steps that are on disk when they return, for those that must survive the loss of power.
//!
//! Each error names the path. None of them follows a link that lies where something is made.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::files::{FileError, failed};

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
