//! Many unit files replaced as one: at every moment, whatever dies, all of them are the old or all the new.
//!
//! Units lie among those of others, so no directory can be exchanged, and no call renames many files. Instead
//! each file that changes becomes a symbolic link through one link, `current`, that says `old`; that one is
//! renamed to say `new`; then each link becomes a plain file again. Before the first of these steps all that
//! they need is on disk, so that none of them needs space. What was interrupted is finished or undone by
//! whoever comes next ([`Switch::recover`]). It never decides what is written, and tells nobody.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

mod staging;

use super::Files;
use super::durable::{duplicate, link, rename, sync};
use super::files::{FileError, failed};
use crate::ordered::Ordered as _;
use crate::plan::Change;

/// The directory of what is needed for a switch, beside the units' directory and, for files that must be
/// renamed within one file system, in it. systemd looks into neither.
const NAME: &str = ".juniperctl";

/// The link that all units of a switch go through.
const CURRENT: &str = "current";

/// The directories that were about to be made, one a line.
const MADE: &str = "made";

/// One of the two sets of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Old,
    New,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
        }
    }
}

/// What was found of an interrupted switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// There was none.
    Nothing,
    /// Nothing had been replaced yet, or all of it was put back.
    Undone,
    /// It had come to pass; what was left to do is done.
    Finished,
}

/// The places of a switch.
#[derive(Debug)]
pub struct Switch {
    units: PathBuf,
    /// What the links lead to.
    store: PathBuf,
    /// What is renamed into the units' directory.
    work: PathBuf,
    records: PathBuf,
    /// What is renamed into the directory of records.
    staged_records: PathBuf,
}

impl Switch {
    /// A switch of files in `units`, with records in `records`.
    #[must_use]
    pub fn new(units: &Path, records: &Path) -> Self {
        Self {
            units: units.to_owned(),
            store: units.parent().unwrap_or(Path::new("/")).join(NAME),
            work: units.join(NAME),
            records: records.to_owned(),
            staged_records: records.join(".staged"),
        }
    }

    /// Where a link of a switch that has not ended leads; `None` for any other link.
    #[must_use]
    pub fn target(&self, name: &str, link: &str) -> Option<PathBuf> {
        (link == link_text(name)).then(|| self.store.join(CURRENT).join(name))
    }

    /// Whether a switch was begun and has not ended.
    ///
    /// # Errors
    /// Something else lies where it keeps its files.
    pub fn is_begun(&self) -> Result<bool, FileError> {
        let mut begun = false;
        for path in [&self.store, &self.work, &self.staged_records] {
            match fs::symlink_metadata(path) {
                Ok(found) if found.is_dir() => begun = true,
                Ok(_) => {
                    let error = io::Error::other("it is in the way and no directory of juniperctl");
                    return Err(failed("use", path)(error));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed("look at", path)(error)),
            }
        }
        Ok(begun)
    }

    /// Ends what was interrupted: finishes it where the new units were in place, undoes it otherwise.
    ///
    /// # Errors
    /// It cannot be ended now; the set is as whole as it was.
    pub fn recover(&self) -> Result<Recovery, FileError> {
        if !self.is_begun()? {
            return Ok(Recovery::Nothing);
        }
        match self.side() {
            Some(Side::New) => {
                self.settle(Side::New)?;
                self.put_records()?;
                self.forget()?;
                Ok(Recovery::Finished)
            }
            Some(Side::Old) => {
                self.settle(Side::Old)?;
                self.forget()?;
                Ok(Recovery::Undone)
            }
            None => {
                self.forget()?;
                Ok(Recovery::Undone)
            }
        }
    }

    /// Writes down all that the switch needs and waits until it is on disk. Nothing is replaced.
    ///
    /// `records` are texts by their paths below the directory of records; `made` are the directories that
    /// come about, outermost first.
    ///
    /// # Errors
    /// Something cannot be written; nothing of it is left then.
    pub fn stage(
        &self,
        changes: &[Change],
        records: &[(String, String)],
        made: &[PathBuf],
    ) -> Result<(), FileError> {
        self.written(changes, records, made).inspect_err(|_| {
            // What cannot be taken back now is taken back by whoever comes next.
            drop(self.forget());
        })
    }

    /// The new units as they were staged, for whoever wants to look at them first.
    #[must_use]
    pub fn staged(&self) -> PathBuf {
        self.store.join(Side::New.name())
    }

    /// Puts the new units in place of the old ones.
    ///
    /// # Errors
    /// They are not in place, or not plain files yet: to be undone.
    pub fn switch(&self) -> Result<(), FileError> {
        self.lead_through(Side::New)?;
        self.settle(Side::New)
    }

    /// Puts the old units back and leaves nothing behind.
    ///
    /// # Errors
    /// That is left to whoever comes next; the set is whole.
    pub fn undo(&self) -> Result<(), FileError> {
        if self.side() == Some(Side::New) {
            self.lead_through(Side::Old)?;
        }
        self.settle(Side::Old)?;
        self.forget()
    }

    /// Ends a switch that came to pass: the records are put in place, nothing else is left.
    ///
    /// # Errors
    /// The records cannot be put in place.
    pub fn commit(&self) -> Result<(), FileError> {
        self.put_records()?;
        self.clear()
    }

    fn side(&self) -> Option<Side> {
        match Files::read_link(&self.store.join(CURRENT))?.as_str() {
            "new" => Some(Side::New),
            _ => Some(Side::Old),
        }
    }

    /// Every unit that takes part.
    fn names(&self) -> Result<BTreeSet<String>, FileError> {
        let mut names = BTreeSet::new();
        for side in [Side::Old, Side::New] {
            let store = self.store.join(side.name());
            for name in Files::names(&store)? {
                let path = store.join(&name);
                if path.is_dir() {
                    let drop_ins = Files::names(&path)?;
                    names.extend(drop_ins.iter().map(|drop_in| format!("{name}/{drop_in}")));
                } else {
                    names.insert(name);
                }
            }
        }
        Ok(names)
    }

    /// Makes every unit a link through [`CURRENT`], then turns that one.
    fn lead_through(&self, side: Side) -> Result<(), FileError> {
        for name in self.names()? {
            let path = self.units.join(&name);
            if self.is_link(&path, &name) {
                continue;
            }
            if let Some(drop_ins) = below(&name) {
                Files::make_directory(&self.units.join(drop_ins))?;
            }
            let ready = self.work.join("link").join(&name);
            if fs::symlink_metadata(&ready).is_err() {
                link(&ready, &link_text(&name))?;
            }
            rename(&ready, &path)?;
        }
        self.sync_units()?;
        let next = self.store.join("next");
        Files::remove(&next)?;
        link(&next, side.name())?;
        rename(&next, &self.store.join(CURRENT))?;
        sync(&self.store)
    }

    /// Makes every link a plain file again, or nothing where its side has none.
    fn settle(&self, side: Side) -> Result<(), FileError> {
        for name in self.names()? {
            let path = self.units.join(&name);
            if !self.is_link(&path, &name) {
                continue;
            }
            let ready = self.work.join(side.name()).join(&name);
            let kept = self.store.join(side.name()).join(&name);
            if !ready.exists() && kept.exists() {
                if let Some(directory) = ready.parent() {
                    Files::make_directory(directory)?;
                }
                duplicate(&kept, &ready)?;
            }
            if ready.exists() {
                rename(&ready, &path)?;
            } else {
                Files::remove(&path)?;
            }
            // A directory of drop-ins goes with the last of them.
            if let Some(drop_ins) = below(&name) {
                Files::remove_if_empty(&self.units.join(drop_ins));
            }
        }
        self.sync_units()
    }

    /// Waits until the units' directory, and those of drop-ins that take part, are on disk as they are.
    fn sync_units(&self) -> Result<(), FileError> {
        let names = self.names()?;
        let drop_ins: BTreeSet<PathBuf> = names
            .iter()
            .filter_map(|name| below(name))
            .map(|directory| self.units.join(directory))
            .ordered();
        for directory in drop_ins.iter().chain([&self.units]) {
            if directory.exists() {
                sync(directory)?;
            }
        }
        Ok(())
    }

    fn is_link(&self, path: &Path, name: &str) -> bool {
        Files::read_link(path).is_some_and(|link| self.target(name, &link).is_some())
    }

    fn put_records(&self) -> Result<(), FileError> {
        // The receipt last: it names what lies in the directories.
        let (directories, files): (Vec<String>, Vec<String>) = Files::names(&self.staged_records)?
            .into_iter()
            .partition(|name| self.staged_records.join(name).is_dir());
        for name in directories {
            let (staged, below) = (self.staged_records.join(&name), self.records.join(&name));
            Files::make_directory(&below)?;
            for file in Files::names(&staged)? {
                rename(&staged.join(&file), &below.join(&file))?;
            }
            sync(&below)?;
        }
        for name in files {
            rename(&self.staged_records.join(&name), &self.records.join(&name))?;
        }
        if self.records.exists() {
            sync(&self.records)?;
        }
        Ok(())
    }

    fn clear(&self) -> Result<(), FileError> {
        for path in [&self.work, &self.staged_records, &self.store] {
            Files::remove_tree(path)?;
        }
        Ok(())
    }

    /// Leaves nothing behind: the directories that were made for it go, too, where nothing lies in them.
    ///
    /// # Errors
    /// Something cannot be removed.
    pub fn forget(&self) -> Result<(), FileError> {
        let made = Files::read(&self.store.join(MADE))?.unwrap_or_default();
        for path in [&self.work, &self.staged_records] {
            Files::remove_tree(path)?;
        }
        // The list goes last but for the directories that it lies in.
        for _ in 0..2 {
            for path in made.lines().rev() {
                Files::remove_if_empty(Path::new(path));
            }
            Files::remove_tree(&self.store)?;
        }
        Ok(())
    }
}

/// What a unit's link says. From where it lies, so that it is right below any root.
fn link_text(name: &str) -> String {
    let up = if below(name).is_some() { "../" } else { "" };
    format!("{up}../{NAME}/{CURRENT}/{name}")
}

/// The directory that a drop-in's file name begins with: `NAME.service.d` of `NAME.service.d/10-gpu.conf`.
fn below(name: &str) -> Option<&str> {
    name.split_once('/').map(|(directory, _)| directory)
}
