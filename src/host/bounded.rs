//! Files of strangers: read up to a limit and only where they are plain files; made only where nothing lies.
//!
//! A pipe or a device would keep whoever reads it waiting; nothing here ever replaces a file.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::files::{FileError, failed};

/// Do not wait for somebody at the other end of a pipe.
const NON_BLOCKING: i32 = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();

/// A plain file's text; `None` where it does not exist.
///
/// # Errors
/// It cannot be read, is no plain file, is longer than `limit`, or is not UTF-8.
pub fn read(path: &Path, limit: usize) -> Result<Option<String>, FileError> {
    let read = || -> io::Result<String> {
        let file = File::options()
            .read(true)
            .custom_flags(NON_BLOCKING)
            .open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no plain file"));
        }
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        if bytes.len() > limit {
            return Err(io::Error::other(format!("it is larger than {limit} bytes")));
        }
        String::from_utf8(bytes)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
    };
    match read() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some).map_err(failed("read", path)),
    }
}

/// Makes a file that everybody may read, where nothing lies yet.
///
/// # Errors
/// Something lies there, or it cannot be made.
pub fn create(path: &Path, text: &str) -> Result<(), FileError> {
    let create = || -> io::Result<()> {
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    create().map_err(failed("make", path))
}

#[cfg(test)]
mod tests {
    use super::{create, read};
    use std::path::Path;

    #[test]
    fn only_plain_files_of_bounded_size_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        assert_eq!(read(&path, 9).unwrap(), None);
        create(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap().as_deref(), Some("12345"));
        assert!(read(&path, 4).is_err());
        assert!(read(Path::new("/dev/zero"), 9).is_err());
        assert!(read(directory.path(), 9).is_err());
        assert!(
            create(&path, "x")
                .unwrap_err()
                .to_string()
                .contains("exists")
        );
    }
}
