//! Files: read, and replaced so that a reader sees the old or the new one, never half of it.
//!
//! Every error names the path and what was tried.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::error::{CommandError, Kind};
use crate::ordered;
use crate::plan::Found;
use crate::spec::bind::PathPattern;
use crate::spec::text::AbsolutePath;

use super::durable;

/// A file operation that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}", path.display())]
pub struct FileError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl From<FileError> for CommandError {
    fn from(error: FileError) -> Self {
        let denied = matches!(error.source.kind(), io::ErrorKind::PermissionDenied);
        let read_only = matches!(error.source.kind(), io::ErrorKind::ReadOnlyFilesystem);
        let full = matches!(error.source.kind(), io::ErrorKind::StorageFull);
        let not_text = matches!(error.source.kind(), io::ErrorKind::InvalidData);
        let told = Self::new(Kind::Machine, error.to_string());
        if not_text {
            Self::new(Kind::Configuration, error.to_string()).hint("save the file as UTF-8 text")
        } else if denied {
            told.hint("run it as root: sudo juniperctl ...")
        } else if read_only {
            told.hint(
                "the file system is read-only; mount it writable, or use --root on a tree that is",
            )
        } else if full {
            told.hint("the file system is full; make room, nothing was changed")
        } else {
            told
        }
    }
}

pub(super) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_owned();
    move |source| FileError {
        action,
        path,
        source,
    }
}

/// The file operations.
#[derive(Debug, Clone, Copy, Default)]
pub struct Files;

impl Files {
    /// A file's text; `None` where it does not exist.
    ///
    /// # Errors
    /// It cannot be read or is not UTF-8.
    pub fn read(path: &Path) -> Result<Option<String>, FileError> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", path)(error)),
        }
    }

    /// What lies at a path, without following a link; `None` where nothing does.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn found(path: &Path) -> Result<Option<Found>, FileError> {
        let kind = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("look at", path)(error)),
        };
        if kind.is_symlink() {
            let target = fs::read_link(path).map_err(failed("read the link", path))?;
            return Ok(Some(Found::Link(target.to_string_lossy().into_owned())));
        }
        if !kind.is_file() {
            return Ok(Some(Found::Other));
        }
        match fs::read(path)
            .map_err(failed("read", path))
            .map(String::from_utf8)?
        {
            Ok(text) => Ok(Some(Found::File(text))),
            Err(_) => Ok(Some(Found::Other)),
        }
    }

    /// The directory that a pattern matches, alphabetically the last where several do: the newest
    /// Python. `place` tells where a path of the machine lies.
    #[must_use]
    pub fn matching(
        pattern: &PathPattern,
        place: impl Fn(&str) -> PathBuf,
    ) -> Option<AbsolutePath> {
        let candidates = match pattern.parts() {
            None => vec![pattern.as_str().to_owned()],
            Some((directory, begins, ends, below)) => Self::names(&place(directory))
                .ok()?
                .into_iter()
                .filter(|name| {
                    name.starts_with(begins)
                        && name.ends_with(ends)
                        && PathPattern::parse(&format!("/{name}")).is_ok()
                })
                .map(|name| {
                    format!("{directory}/{name}/{below}")
                        .trim_end_matches('/')
                        .to_owned()
                })
                .collect(),
        };
        candidates
            .into_iter()
            .rev()
            .find(|path| place(path).is_dir())
            .and_then(|path| AbsolutePath::parse(&path).ok())
    }

    /// Whether something is at a path, following links.
    #[must_use]
    pub fn exists(path: &Path) -> bool {
        path.exists()
    }

    /// Whether a path is a directory itself, and no link to one.
    #[must_use]
    pub fn is_directory(path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
    }

    /// When a file was last written, in microseconds since 1970.
    #[must_use]
    pub fn modified(path: &Path) -> Option<u64> {
        let written = fs::metadata(path).ok()?.modified().ok()?;
        let since = written.duration_since(std::time::UNIX_EPOCH).ok()?;
        u64::try_from(since.as_micros()).ok()
    }

    /// Whether a path is a file that may be executed.
    #[must_use]
    pub fn is_program(path: &Path) -> bool {
        fs::metadata(path)
            .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    }

    /// Whether everybody on the machine may read a file; `None` where it is not there.
    #[must_use]
    pub fn is_world_readable(path: &Path) -> Option<bool> {
        let metadata = fs::metadata(path).ok()?;
        Some(metadata.permissions().mode() & 0o004 != 0)
    }

    /// Names in a directory, sorted; none where it does not exist.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn names(directory: &Path) -> Result<Vec<String>, FileError> {
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("read the directory", directory)(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed("read the directory", directory))?;
            if let Ok(name) = entry.file_name().into_string() {
                names.push(name);
            }
        }
        ordered::sort(&mut names);
        Ok(names)
    }

    /// Makes a directory with its parents, readable by everybody whatever the umask: others look for what
    /// lies there. Returns those that were made, outermost first.
    ///
    /// # Errors
    /// One of them cannot be made.
    pub fn make_directory(path: &Path) -> Result<Vec<PathBuf>, FileError> {
        let missing = Self::missing(path);
        fs::create_dir_all(path).map_err(failed("make the directory", path))?;
        for made in &missing {
            fs::set_permissions(made, fs::Permissions::from_mode(0o755))
                .map_err(failed("open to others the directory", made))?;
        }
        Ok(missing)
    }

    /// A directory and those of its parents that are not there, outermost first.
    #[must_use]
    pub fn missing(path: &Path) -> Vec<PathBuf> {
        let mut missing: Vec<PathBuf> = path
            .ancestors()
            .take_while(|ancestor| !ancestor.as_os_str().is_empty() && !ancestor.exists())
            .map(Path::to_owned)
            .collect();
        missing.reverse();
        missing
    }

    /// Where a path really lies, links followed, whether or not it is there yet.
    #[must_use]
    pub fn really(path: &Path) -> Option<PathBuf> {
        let there = path.ancestors().find(|ancestor| ancestor.exists())?;
        let below = path.strip_prefix(there).ok()?;
        Some(there.canonicalize().ok()?.join(below))
    }

    /// Replaces a file as a whole: a temporary beside it, written out to disk, then renamed.
    ///
    /// # Errors
    /// Nothing was changed then.
    pub fn replace(path: &Path, text: &str) -> Result<(), FileError> {
        Self::replaced(path, text, 0o644)
    }

    /// The same for what is its owner's alone, at no moment anybody else's.
    ///
    /// # Errors
    /// Nothing was changed then.
    pub fn replace_private(path: &Path, text: &str) -> Result<(), FileError> {
        Self::replaced(path, text, 0o600)
    }

    fn replaced(path: &Path, text: &str, mode: u32) -> Result<(), FileError> {
        durable::replace(path, text, mode)?;
        durable::sync(path.parent().unwrap_or(Path::new("/")))
    }

    /// Adds to the end of a file and waits until it is on disk; a file that is not there is made.
    ///
    /// # Errors
    /// It cannot be written; part of the text may be there then.
    pub fn append(path: &Path, text: &str) -> Result<(), FileError> {
        let write = || -> io::Result<()> {
            let mut file = File::options().append(true).create(true).open(path)?;
            file.write_all(text.as_bytes())?;
            file.sync_data()
        };
        write().map_err(failed("write", path))
    }

    /// Removes a file or link; nothing to do where there is none.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove(path: &Path) -> Result<(), FileError> {
        match fs::remove_file(path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed("remove", path)(error)),
        }
    }

    /// Makes a symbolic link, with the directory it lies in; one that is there already is kept.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn link(path: &Path, target: &str) -> Result<Vec<PathBuf>, FileError> {
        let made = path
            .parent()
            .map(Self::make_directory)
            .transpose()?
            .unwrap_or_default();
        match std::os::unix::fs::symlink(target, path) {
            Ok(()) => Ok(made),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(made),
            Err(error) => Err(failed("link", path)(error)),
        }
    }

    /// Replaces a symbolic link as a whole. What it says needs no space on the disk, is there at once,
    /// and need not be the name of anything.
    ///
    /// # Errors
    /// Nothing was changed then.
    pub fn replace_link(path: &Path, target: &str) -> Result<(), FileError> {
        let directory = path.parent().unwrap_or(Path::new("/"));
        tempfile::Builder::new()
            .prefix(".juniperctl-")
            .make_in(directory, |temporary| {
                std::os::unix::fs::symlink(target, temporary)
            })
            .and_then(|temporary| temporary.into_temp_path().persist(path).map_err(Into::into))
            .map_err(failed("link", path))
    }

    /// What a symbolic link says; `None` where there is none.
    #[must_use]
    pub fn read_link(path: &Path) -> Option<String> {
        fs::read_link(path)
            .ok()?
            .into_os_string()
            .into_string()
            .ok()
    }

    /// Removes a directory if nothing is in it.
    pub fn remove_if_empty(path: &Path) {
        let _ = fs::remove_dir(path);
    }

    /// Removes a directory with all that is in it; returns how many files that were.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove_tree(path: &Path) -> Result<u64, FileError> {
        let count = Self::count(path);
        match fs::remove_dir_all(path) {
            Ok(()) => Ok(count),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(failed("remove", path)(error)),
        }
    }

    /// How many files are below a directory.
    #[must_use]
    pub fn count(path: &Path) -> u64 {
        let Ok(entries) = fs::read_dir(path) else {
            return 0;
        };
        entries
            .flatten()
            .map(|entry| match entry.file_type() {
                Ok(kind) if kind.is_dir() => Self::count(&entry.path()),
                _ => 1,
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::Files;
    use crate::plan::Found;

    #[test]
    fn a_replaced_file_is_whole_and_leaves_nothing_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.service");
        Files::replace(&path, "one").unwrap();
        Files::replace(&path, "two").unwrap();
        assert_eq!(
            Files::found(&path).unwrap(),
            Some(Found::File("two".to_owned()))
        );
        assert_eq!(Files::names(directory.path()).unwrap(), ["a.service"]);
        Files::remove(&path).unwrap();
        Files::remove(&path).unwrap();
        assert_eq!(Files::found(&path).unwrap(), None);
    }

    #[test]
    fn made_directories_are_named_outermost_first() {
        let directory = tempfile::tempdir().unwrap();
        let deep = directory.path().join("a/b");
        let made = Files::make_directory(&deep).unwrap();
        assert_eq!(made, [directory.path().join("a"), deep.clone()]);
        assert!(Files::make_directory(&deep).unwrap().is_empty());
    }

    #[test]
    fn an_error_names_the_path() {
        let error = Files::replace(std::path::Path::new("/nonexistent/a"), "x").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cannot write /nonexistent/a: "),
            "{error}"
        );
    }
}
