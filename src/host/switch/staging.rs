//! What a switch needs, written out beside what is installed: the old files, the new ones, the links.
//!
//! Nothing is replaced here, and nothing that is written is looked for by systemd.

use std::path::PathBuf;

use super::{CURRENT, MADE, Side, Switch, below, link_text};
use crate::host::Files;
use crate::host::durable::{directory, duplicate, link, sync, write};
use crate::host::files::FileError;
use crate::plan::Change;

impl Switch {
    pub(super) fn written(
        &self,
        changes: &[Change],
        records: &[(String, String)],
        made: &[PathBuf],
    ) -> Result<(), FileError> {
        if let Some(parent) = self.store.parent() {
            Files::make_directory(parent)?;
        }
        directory(&self.store)?;
        // A drop-in brings its directory.
        let mut drop_ins: Vec<PathBuf> = changes
            .iter()
            .filter(|change| change.text().is_some())
            .filter_map(|change| below(change.name()))
            .map(|directory| self.units.join(directory))
            .filter(|directory| !directory.exists())
            .collect();
        drop_ins.dedup();
        let mut list = String::new();
        for path in made.iter().chain(&drop_ins) {
            list.push_str(&path.display().to_string());
            list.push('\n');
        }
        write(&self.store.join(MADE), &list)?;
        sync(&self.store)?;
        Files::make_directory(&self.units)?;
        Files::make_directory(&self.staged_records)?;
        directory(&self.work)?;
        for side in [Side::Old, Side::New] {
            directory(&self.store.join(side.name()))?;
            directory(&self.work.join(side.name()))?;
        }
        directory(&self.work.join("link"))?;
        for change in changes {
            if let Some(drop_ins) = below(change.name()) {
                self.make_room(drop_ins, change.text().is_some())?;
            }
            self.stage_change(change)?;
        }
        for (path, text) in records {
            let path = self.staged_records.join(path);
            if let Some(parent) = path.parent() {
                Files::make_directory(parent)?;
                write(&path, text)?;
                sync(parent)?;
            }
        }
        for side in [Side::Old, Side::New] {
            sync(&self.store.join(side.name()))?;
            sync(&self.work.join(side.name()))?;
        }
        for path in [&self.work, &self.units, &self.staged_records, &self.records] {
            sync(path)?;
        }
        // From here on whoever comes next knows what to do.
        link(&self.store.join(CURRENT), Side::Old.name())?;
        sync(&self.store)
    }

    /// Makes the directory of a unit's drop-ins wherever one of them is to lie.
    fn make_room(&self, drop_ins: &str, comes: bool) -> Result<(), FileError> {
        for side in [Side::Old, Side::New] {
            Files::make_directory(&self.store.join(side.name()).join(drop_ins))?;
            Files::make_directory(&self.work.join(side.name()).join(drop_ins))?;
        }
        Files::make_directory(&self.work.join("link").join(drop_ins))?;
        if comes {
            Files::make_directory(&self.units.join(drop_ins))?;
        }
        Ok(())
    }

    fn stage_change(&self, change: &Change) -> Result<(), FileError> {
        let name = change.name();
        if change.old().is_some() {
            // The file itself, so that it comes back as it was, with its owner, mode and times.
            let kept = self.work.join(Side::Old.name()).join(name);
            duplicate(&self.units.join(name), &kept)?;
            duplicate(&kept, &self.store.join(Side::Old.name()).join(name))?;
        }
        if let Some(text) = change.text() {
            let ready = self.work.join(Side::New.name()).join(name);
            write(&ready, text)?;
            duplicate(&ready, &self.store.join(Side::New.name()).join(name))?;
        }
        link(&self.work.join("link").join(name), &link_text(name))
    }
}
