//! A machine's files as something that can be compared.
//!
//! Times and inode numbers are left out, as they differ between any two machines. Never follows a
//! link.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, openat, readlinkat, statat};
use sha2::{Digest as _, Sha256};

use super::Machine;
use crate::error::Error;

/// What an entry of a directory is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A file, with the digest of its content.
    File([u8; 32]),
    /// A directory.
    Directory,
    /// A symbolic link, with what it points to.
    Link(PathBuf),
    /// A socket, a pipe or a device.
    Special,
}

/// One entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its permissions.
    pub mode: u32,
    /// Who owns it.
    pub uid: u32,
    /// Which group it belongs to.
    pub gid: u32,
    /// How many bytes it has; 0 for anything but files.
    pub size: u64,
}

impl Machine {
    /// Everything at and below the directories, by path, without what is at or below `excluded`. A
    /// directory that is not there counts as empty.
    pub fn tree(
        &self,
        directories: &[&str],
        excluded: &[&str],
    ) -> Result<BTreeMap<PathBuf, Entry>, Error> {
        let mut entries = BTreeMap::new();
        for directory in directories {
            let path = Path::new(directory);
            if !self.exists(path)? {
                continue;
            }
            let opened = self.open(path, OFlags::RDONLY | OFlags::DIRECTORY);
            opened
                .and_then(|opened| walk(&opened, path, excluded, &mut entries))
                .map_err(|source| self.inside("list", path, source))?;
        }
        Ok(entries)
    }
}

fn walk(
    directory: &OwnedFd,
    path: &Path,
    excluded: &[&str],
    entries: &mut BTreeMap<PathBuf, Entry>,
) -> io::Result<()> {
    if is_excluded(path, excluded) {
        return Ok(());
    }
    let own = statat(directory, "", AtFlags::EMPTY_PATH)?;
    entries.insert(path.to_owned(), entry(Kind::Directory, &own));
    for found in Dir::read_from(directory)? {
        let found = found?;
        let name = OsStr::from_bytes(found.file_name().to_bytes());
        let path = path.join(name);
        if name == "." || name == ".." || is_excluded(&path, excluded) {
            continue;
        }
        match look_at(directory, name) {
            Ok(Found::Directory(opened)) => walk(&opened, &path, excluded, entries)?,
            Ok(Found::Other(entry)) => {
                entries.insert(path, entry);
            }
            // A living machine may remove what was just listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What lies behind a name.
enum Found {
    Directory(OwnedFd),
    Other(Entry),
}

fn look_at(directory: &OwnedFd, name: &OsStr) -> io::Result<Found> {
    let stat = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let open = |flags: OFlags| {
        let flags = flags | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat(directory, name, flags, Mode::empty())
    };
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => return Ok(Found::Directory(open(OFlags::DIRECTORY)?)),
        FileType::RegularFile => Kind::File(digest(File::from(open(OFlags::NONBLOCK)?))?),
        FileType::Symlink => {
            let target = readlinkat(directory, name, Vec::new())?.into_bytes();
            Kind::Link(std::ffi::OsString::from_vec(target).into())
        }
        _ => Kind::Special,
    };
    Ok(Found::Other(entry(kind, &stat)))
}

fn entry(kind: Kind, stat: &Stat) -> Entry {
    let size = match kind {
        Kind::File(_) => u64::try_from(stat.st_size).unwrap_or_default(),
        Kind::Directory | Kind::Link(_) | Kind::Special => 0,
    };
    Entry {
        kind,
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        size,
    }
}

fn digest(mut file: File) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    io::copy(&mut file, &mut hash)?;
    Ok(hash.finalize().into())
}

fn is_excluded(path: &Path, excluded: &[&str]) -> bool {
    excluded.iter().any(|excluded| path.starts_with(excluded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_tree_shows_kinds_contents_and_links_but_not_what_is_excluded() {
        let scratch = tempfile::tempdir().unwrap();
        let path = |name: &str| scratch.path().join(name);
        fs::create_dir_all(path("kept/inner")).unwrap();
        fs::create_dir(path("left")).unwrap();
        fs::write(path("kept/one"), "same").unwrap();
        fs::write(path("kept/two"), "same").unwrap();
        fs::write(path("left/three"), "other").unwrap();
        symlink("/etc/passwd", path("kept/link")).unwrap();

        let directory = OwnedFd::from(File::open(scratch.path()).unwrap());
        let mut entries = BTreeMap::new();
        walk(&directory, Path::new("/top"), &["/top/left"], &mut entries).unwrap();

        let names: Vec<_> = entries.keys().map(|path| path.to_str().unwrap()).collect();
        let expected = ["/top", "/top/kept", "/top/kept/inner", "/top/kept/link"];
        assert_eq!(names[..4], expected);
        assert_eq!(
            entries[Path::new("/top/kept/one")],
            entries[Path::new("/top/kept/two")]
        );
        let link = &entries[Path::new("/top/kept/link")];
        assert_eq!(link.kind, Kind::Link("/etc/passwd".into()));
        assert_eq!(entries[Path::new("/top/kept/one")].size, 4);
    }
}
