//! The directory of the training service's snapshots: files with the real ones' names and signature,
//! written aside and renamed. There is no network in them.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde_json::{Value, json};

use crate::training;

/// The signature of an HDF5 file and a word on what this one is.
const CONTENT: &[u8] = b"\x89HDF\r\n\x1a\nleft by the stand-in; there is no network in it\n";
/// Where the real service keeps them if it is not told.
const UNTOLD: &str = "cascor-snapshots";
const SUFFIX: &str = ".h5";

/// Where snapshots are.
pub(crate) struct Snapshots {
    directory: PathBuf,
    is_told: bool,
}

impl Snapshots {
    /// In this directory, or where the real service would keep them.
    pub(crate) fn new(directory: Option<PathBuf>) -> Self {
        Self {
            is_told: directory.is_some(),
            directory: directory.unwrap_or_else(|| UNTOLD.into()),
        }
    }

    /// Whether a run leaves one without being asked.
    pub(crate) fn are_kept(&self) -> bool {
        self.is_told
    }

    /// Whether this can be one's name.
    pub(crate) fn is_id(id: &str) -> bool {
        let is_part = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_');
        (1..=128).contains(&id.len()) && id.chars().all(is_part)
    }

    /// Leaves one, named for this second.
    pub(crate) fn save(&self, unix_seconds: u64) -> io::Result<Value> {
        let name = training::snapshot_name(unix_seconds);
        let partial = self.directory.join(format!("{name}.partial"));
        let path = self.directory.join(&name);
        fs::create_dir_all(&self.directory)?;
        fs::write(&partial, CONTENT)?;
        fs::rename(partial, &path)?;
        let id = name.trim_end_matches(SUFFIX);
        Ok(json!({
            "id": id,
            "path": path,
            "timestamp": id.trim_start_matches("snapshot_"),
        }))
    }

    /// What is there, the latest last.
    pub(crate) fn list(&self) -> Vec<Value> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        paths.sort();
        paths.iter().filter_map(|path| described(path)).collect()
    }

    /// The one with this name.
    pub(crate) fn find(&self, id: &str) -> Option<Value> {
        described(&self.directory.join(format!("{id}{SUFFIX}")))
    }
}

fn described(path: &Path) -> Option<Value> {
    let id = path.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
    let metadata = fs::metadata(path).ok()?;
    Some(json!({
        "id": id,
        "path": path,
        "size_bytes": metadata.len(),
        "modified": modified(&metadata),
    }))
}

fn modified(metadata: &Metadata) -> Option<String> {
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(training::moment(since.as_secs_f64()).replace('Z', "+00:00"))
}
