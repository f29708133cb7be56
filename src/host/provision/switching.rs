//! The link `current` led to another environment, by one rename.
//!
//! A directory of that name, which somebody made by hand, changes places with the link at one moment
//! (`renameat2(2)`) and is kept under another name.

use std::fs;
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::host::durable;
use crate::host::files::{FileError, failed};
use crate::provision::environment::{Current, Site};
use crate::provision::{CURRENT, PREVIOUS};

use super::tree::of_service;

/// What a directory that was made by hand is called from then on.
const BY_HAND: &str = "by-hand";

/// Has a service use another environment from its next start on.
///
/// # Errors
/// What was in use still is.
pub fn switch(service: &str, site: &Site, name: &str) -> Result<(), FileError> {
    let directory = of_service(service);
    let kept = match &site.current {
        Current::Named(old) => Some(old.clone()),
        Current::Directory => Some(site.free(BY_HAND)),
        Current::Missing | Current::Elsewhere(_) => None,
    };
    if let (Current::Named(_), Some(old)) = (&site.current, &kept) {
        lead(&directory, PREVIOUS, old)?;
    }
    if let (Current::Directory, Some(kept)) = (&site.current, &kept) {
        exchange(&directory, name, kept)?;
        lead(&directory, PREVIOUS, kept)?;
    } else {
        lead(&directory, CURRENT, name)?;
    }
    durable::sync(&directory)
}

/// Ends what an interrupted switch left: a link that was not renamed yet goes, a directory that changed places with
/// one gets its name.
///
/// # Errors
/// It cannot be ended.
pub fn recover(service: &str, site: &Site) -> Result<(), FileError> {
    let directory = of_service(service);
    for name in [CURRENT, PREVIOUS] {
        let new = directory.join(fresh(name));
        match fs::symlink_metadata(&new) {
            Err(_) => {}
            Ok(found) if found.is_dir() => {
                let kept = site.free(BY_HAND);
                durable::rename(&new, &directory.join(&kept))?;
                lead(&directory, PREVIOUS, &kept)?;
            }
            Ok(_) => fs::remove_file(&new).map_err(failed("remove", &new))?,
        }
    }
    Ok(())
}

/// Removes the link to the environment from before where that is gone.
///
/// # Errors
/// It cannot be removed.
pub fn forget(service: &str) -> Result<(), FileError> {
    let previous = of_service(service).join(PREVIOUS);
    if fs::symlink_metadata(&previous).is_ok() && !previous.exists() {
        fs::remove_file(&previous).map_err(failed("remove", &previous))?;
    }
    Ok(())
}

fn fresh(name: &str) -> String {
    format!(".{name}.new")
}

fn lead(directory: &Path, name: &str, to: &str) -> Result<(), FileError> {
    let new = directory.join(fresh(name));
    durable::link(&new, to)?;
    durable::rename(&new, &directory.join(name))
}

fn exchange(directory: &Path, to: &str, kept: &str) -> Result<(), FileError> {
    let (new, current) = (directory.join(fresh(CURRENT)), directory.join(CURRENT));
    durable::link(&new, to)?;
    if renameat_with(CWD, &new, CWD, &current, RenameFlags::EXCHANGE).is_ok() {
        return durable::rename(&new, &directory.join(kept));
    }
    // A file system that cannot exchange: for a moment there is neither.
    durable::rename(&current, &directory.join(kept))?;
    durable::rename(&new, &current)
}
