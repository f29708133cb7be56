//! The directory of secrets: looked at, written to, and `systemd-creds(1)`, which encrypts what lies there.
//!
//! Values go to files of root's alone and through pipes, never into an argument or a variable.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::UNIX_EPOCH;

use crate::ordered;
use crate::secrets::value::RANDOM;
use crate::secrets::{Entry, SecretValue};
use crate::spec::name::SecretName;

use super::Files;
use super::files::{FileError, failed};

/// What can be seen of a directory of secrets.
#[derive(Debug)]
pub enum Listing {
    /// There is none.
    Absent,
    /// It is there, and not for us to look at.
    Denied,
    /// The directory and what lies in it.
    Found(Entry, Vec<Entry>),
}

/// Looks at a directory of secrets. `owner` is whose it must be, where that matters; `called` says what
/// people call a path.
///
/// # Errors
/// It cannot be looked at for another reason than a lack of permission.
pub fn listing(
    directory: &Path,
    owner: Option<u32>,
    called: impl Fn(&Path) -> String,
) -> Result<Listing, FileError> {
    let whole = match fs::symlink_metadata(directory) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Listing::Absent),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Ok(Listing::Denied);
        }
        Err(error) => return Err(failed("look at", directory)(error)),
    };
    let entry = |path: &Path, metadata: &Metadata, regular: bool| Entry {
        path: called(path),
        name: path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        regular,
        mode: metadata.mode(),
        owned: owner.is_none_or(|owner| owner == metadata.uid()),
        length: metadata.len(),
        modified: modified(metadata),
    };
    let own = entry(directory, &whole, whole.is_dir());
    if !whole.is_dir() {
        return Ok(Listing::Found(own, Vec::new()));
    }
    let names = match fs::read_dir(directory) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Ok(Listing::Denied);
        }
        Err(error) => return Err(failed("read the directory", directory)(error)),
    };
    let mut entries = Vec::new();
    for name in names {
        let path = name
            .map_err(failed("read the directory", directory))?
            .path();
        let metadata = fs::symlink_metadata(&path).map_err(failed("look at", &path))?;
        entries.push(entry(&path, &metadata, metadata.is_file()));
    }
    ordered::sort_by(&mut entries, |left, right| left.name.cmp(&right.name));
    Ok(Listing::Found(own, entries))
}

fn modified(metadata: &Metadata) -> u64 {
    let since = metadata
        .modified()
        .ok()
        .and_then(|written| written.duration_since(UNIX_EPOCH).ok());
    since
        .and_then(|since| u64::try_from(since.as_micros()).ok())
        .unwrap_or(0)
}

/// Makes the directory, for its owner alone; returns the directories that were made, outermost first.
///
/// # Errors
/// It cannot be made.
pub fn make_directory(path: &Path) -> Result<Vec<std::path::PathBuf>, FileError> {
    let mut made = match path.parent() {
        Some(parent) => Files::make_directory(parent)?,
        None => Vec::new(),
    };
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => made.push(path.to_owned()),
        // One that a person made may be open to others.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::set_permissions(path, Permissions::from_mode(0o700))
                .map_err(failed("close to others the directory", path))?;
        }
        Err(error) => return Err(failed("make the directory", path)(error)),
    }
    Ok(made)
}

/// A secret's value in the making.
///
/// # Errors
/// The kernel has no random numbers yet.
pub fn random() -> io::Result<[u8; RANDOM]> {
    let mut bytes = [0; RANDOM];
    let filled = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    // The kernel gives up to 256 bytes whole.
    if filled == RANDOM {
        Ok(bytes)
    } else {
        Err(io::Error::other("too few random bytes"))
    }
}

/// The value encrypted with the key of this machine, as text.
///
/// # Errors
/// `systemd-creds` is not there, or says why it cannot.
pub fn encrypted(name: &SecretName, value: &SecretValue) -> io::Result<String> {
    // The machine's own key: one that is bound to a TPM's state as well would be lost with it.
    let name = format!("--name={name}");
    piped(
        &["encrypt", "--with-key=host", &name, "-", "-"],
        value.exposed(),
    )
}

/// The value that was encrypted.
///
/// # Errors
/// `systemd-creds` is not there, or says why it cannot: another machine's key, a damaged file.
pub fn decrypted(name: &SecretName, text: &str) -> io::Result<String> {
    let name = format!("--name={name}");
    piped(&["decrypt", &name, "-", "-"], text)
}

fn piped(arguments: &[&str], input: &str) -> io::Result<String> {
    let mut child = Command::new("systemd-creds")
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // It reads all before it writes anything, and a value is short: neither waits for the other.
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        return String::from_utf8(output.stdout).map_err(io::Error::other);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().last().unwrap_or("systemd-creds failed");
    Err(io::Error::other(crate::spec::text::for_terminal(last, 200)))
}

#[cfg(test)]
mod tests {
    use super::{Listing, listing, make_directory, random};
    use crate::host::Files;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn what_is_written_is_its_owners_alone() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("juniper/secrets");
        let called = |path: &std::path::Path| path.display().to_string();
        assert!(matches!(
            listing(&directory, None, called).unwrap(),
            Listing::Absent
        ));
        let made = make_directory(&directory).unwrap();
        assert_eq!(made, [root.path().join("juniper"), directory.clone()]);
        assert!(make_directory(&directory).unwrap().is_empty());
        let path = directory.join("a");
        Files::replace_private(&path, "one").unwrap();
        Files::replace_private(&path, "two").unwrap();
        let bits = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(bits(&path) & 0o7777, 0o600);
        assert_eq!(bits(&directory) & 0o7777, 0o700);
        let Listing::Found(own, entries) = listing(&directory, None, called).unwrap() else {
            panic!("not found");
        };
        assert!(own.regular && entries.len() == 1);
        assert_eq!((entries[0].name.as_str(), entries[0].length), ("a", 3));
    }

    #[test]
    fn random_bytes_differ() {
        assert_ne!(random().unwrap(), random().unwrap());
    }
}
