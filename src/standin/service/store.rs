//! The directory of the dataset service: for each dataset its description and its artifact, under the
//! names that the real service gives them, written aside and renamed. It knows nothing of what is in them.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde_json::Value;

/// A directory with datasets.
pub(crate) struct Store {
    pub(crate) directory: PathBuf,
}

impl Store {
    /// The datasets in it, in order.
    pub(crate) fn ids(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten();
        let mut ids: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(".meta.json").map(str::to_owned))
            .collect();
        ids.sort();
        ids
    }

    /// The description of one.
    pub(crate) fn description(&self, id: &str) -> Option<Value> {
        let text = fs::read_to_string(self.path(id, ".meta.json")?).ok()?;
        let mut description: Value = serde_json::from_str(&text).ok()?;
        // The real service keeps these beside the rest, and does not tell them.
        let fields = description.as_object_mut()?;
        fields.shift_remove("last_accessed_at");
        fields.shift_remove("access_count");
        Some(description)
    }

    /// The artifact of one.
    pub(crate) fn artifact(&self, id: &str) -> Option<Vec<u8>> {
        fs::read(self.path(id, ".npz")?).ok()
    }

    /// Writes a description down.
    pub(crate) fn describe(&self, id: &str, description: &Value) -> io::Result<()> {
        self.write(id, ".meta.json", description.to_string().as_bytes())
    }

    /// Keeps a dataset; the description comes last, and makes it one.
    pub(crate) fn keep(&self, id: &str, description: &Value, artifact: &[u8]) -> io::Result<()> {
        self.write(id, ".npz", artifact)?;
        self.describe(id, description)
    }

    /// Removes one; whether it was there.
    pub(crate) fn remove(&self, id: &str) -> bool {
        let removed = |suffix| {
            self.path(id, suffix)
                .is_some_and(|path| fs::remove_file(path).is_ok())
        };
        let was_there = removed(".meta.json");
        removed(".npz");
        was_there
    }

    fn write(&self, id: &str, suffix: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(id, suffix).ok_or(io::ErrorKind::InvalidInput)?;
        let partial = path.with_extension("tmp");
        fs::write(&partial, bytes)?;
        fs::rename(partial, path)
    }

    /// Where a file of a dataset is; an id that could lead elsewhere has none.
    fn path(&self, id: &str, suffix: &str) -> Option<PathBuf> {
        let is_name = !id.is_empty()
            && !id.starts_with('.')
            && id
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.'));
        is_name.then(|| self.directory.join(format!("{id}{suffix}")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_is_found_and_removed() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store {
            directory: directory.path().to_owned(),
        };
        let stored = json!({"dataset_id": "a-1.0-2", "access_count": 3, "last_accessed_at": null});
        store.keep("a-1.0-2", &stored, b"PK").unwrap();
        assert_eq!(store.ids(), ["a-1.0-2"]);
        assert_eq!(
            store.description("a-1.0-2"),
            Some(json!({"dataset_id": "a-1.0-2"}))
        );
        assert_eq!(store.artifact("a-1.0-2").unwrap(), b"PK");
        assert!(store.remove("a-1.0-2") && !store.remove("a-1.0-2"));
        assert!(store.ids().is_empty() && store.artifact("a-1.0-2").is_none());
    }

    #[test]
    fn no_name_leads_out_of_the_directory() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store {
            directory: directory.path().join("inside"),
        };
        fs::write(directory.path().join("secret.npz"), "x").unwrap();
        for id in ["../secret", "..", "", ".hidden", "a/b", "a\0b"] {
            assert!(store.artifact(id).is_none(), "{id}");
            assert!(store.keep(id, &json!({}), b"").is_err(), "{id}");
        }
    }
}
