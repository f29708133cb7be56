//! The directories of environments: read, made, given to root when they are finished, removed.
//!
//! A mark lies beside an environment from before it is begun until it is finished, and again while it is removed:
//! whatever dies in between, the next run knows that it is half of one.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, lchown};
use std::path::{Path, PathBuf};

use crate::host::Files;
use crate::host::accounts::{self, Account};
use crate::host::durable;
use crate::host::files::{FileError, failed};
use crate::provision::environment::{
    Current, Environment, RECORD, Record, Site, is_name, mark, marked,
};
use crate::provision::python::Minor;
use crate::provision::{CURRENT, PREFIX, PREVIOUS};

use super::processes::users;
use super::sharing;

/// Where a service's environments lie.
#[must_use]
pub fn of_service(service: &str) -> PathBuf {
    Path::new(PREFIX).join(service)
}

/// What lies below a service's directory.
///
/// # Errors
/// It cannot be read.
pub fn site(service: &str) -> Result<Site, FileError> {
    let directory = of_service(service);
    let names = Files::names(&directory)?;
    let link = |name: &str| fs::read_link(directory.join(name)).ok();
    let current = match link(CURRENT) {
        Some(target) => match target.to_str().filter(|name| is_name(name)) {
            Some(name) => Current::Named(name.to_owned()),
            None => Current::Elsewhere(target.to_string_lossy().into_owned()),
        },
        None if directory.join(CURRENT).is_dir() => Current::Directory,
        None => Current::Missing,
    };
    let unfinished: Vec<String> = names
        .iter()
        .filter_map(|name| marked(name).map(str::to_owned))
        .collect();
    let mut used = users();
    let environments = names
        .iter()
        .filter(|name| is_name(name) && !unfinished.contains(name))
        .filter(|name| is_environment(&directory.join(name)))
        .map(|name| {
            let place = directory.join(name);
            Environment {
                name: name.clone(),
                record: fs::read_to_string(place.join(RECORD))
                    .ok()
                    .and_then(|text| Record::parse(&text)),
                interpreter: fs::canonicalize(place.join("bin/python"))
                    .ok()
                    .map(|path| path.to_string_lossy().into_owned()),
                users: used
                    .remove(&(service.to_owned(), name.clone()))
                    .unwrap_or_default(),
            }
        })
        .collect();
    let previous = link(PREVIOUS)
        .and_then(|target| target.to_str().map(str::to_owned))
        .filter(|name| is_name(name) && current != Current::Named(name.clone()));
    Ok(Site {
        current,
        previous,
        environments,
        unfinished,
    })
}

/// Whether a directory is one that venv made (PEP 405), and no link to one.
fn is_environment(place: &Path) -> bool {
    fs::symlink_metadata(place).is_ok_and(|it| it.is_dir()) && place.join("pyvenv.cfg").is_file()
}

/// Begins an environment: an empty directory that whoever builds may write to. Its path comes back.
///
/// # Errors
/// It cannot be made.
pub fn begin(service: &str, name: &str, builder: Option<Account>) -> Result<PathBuf, FileError> {
    let directory = of_service(service);
    Files::make_directory(&directory)?;
    durable::write(&directory.join(mark(name)), "")?;
    durable::sync(&directory)?;
    let place = directory.join(name);
    durable::directory(&place)?;
    if let Some(builder) = builder {
        let (user, group) = builder.numbers();
        chown(&place, Some(user), Some(group)).map_err(failed("give away", &place))?;
    }
    Ok(place)
}

/// A directory that whoever builds may write to, made where it is missing.
///
/// # Errors
/// It cannot be made.
pub fn workplace(path: &Path, builder: Option<Account>) -> Result<(), FileError> {
    Files::make_directory(path)?;
    if let Some(builder) = builder {
        let (user, group) = builder.numbers();
        lchown(path, Some(user), Some(group)).map_err(failed("give away", path))?;
    }
    Ok(())
}

/// A file in a directory of somebody else's: new, whatever lay there.
///
/// # Errors
/// It cannot be written.
pub fn text(path: &Path, text: &str) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("replace", path)(error));
        }
        _ => {}
    }
    durable::write(path, text)
}

/// The directory of a built environment that its packages are below.
///
/// # Errors
/// It has none.
pub fn library(place: &Path, python: Minor) -> Result<PathBuf, FileError> {
    let library = place.join(format!("lib/python{python}"));
    if library.join("site-packages").is_dir() {
        return Ok(library);
    }
    Err(failed("find packages below", &library)(
        io::ErrorKind::NotFound.into(),
    ))
}

/// Gives a built environment to root, for everybody to read and for nobody else to write, and makes the directories
/// that its service expects.
///
/// # Errors
/// Something in it cannot be changed.
pub fn seal(place: &Path, library: &Path, directories: &[String]) -> Result<(), FileError> {
    given(place, accounts::is_root()).map_err(failed("give to root", place))?;
    for directory in directories {
        Files::make_directory(&library.join(directory))?;
    }
    Ok(())
}

/// From the top down: once a directory is root's, nobody else can put another thing in the place of what is in it.
fn given(path: &Path, to_root: bool) -> io::Result<()> {
    let found = fs::symlink_metadata(path)?;
    if to_root {
        lchown(path, Some(0), Some(0))?;
    }
    if found.is_symlink() {
        return Ok(());
    }
    let mode = found.mode();
    let fit = if found.is_dir() || mode & 0o111 != 0 {
        0o755
    } else {
        0o644
    };
    if mode & 0o7777 != fit || to_root {
        fs::set_permissions(path, fs::Permissions::from_mode(fit))?;
    }
    if found.is_dir() {
        for entry in fs::read_dir(path)? {
            given(&entry?.path(), to_root)?;
        }
    } else if !found.is_file() {
        // Neither a pipe nor a device has anything to do there.
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Keeps once what an environment has in common with the finished ones of all services; tells how many bytes that saves.
#[must_use]
pub fn shared(library: &Path) -> u64 {
    let mut others = Vec::new();
    let below = |directory: &Path| -> Vec<PathBuf> {
        Files::names(directory)
            .unwrap_or_default()
            .into_iter()
            .map(|name| directory.join(name))
            .collect()
    };
    for service in below(Path::new(PREFIX)) {
        for place in below(&service) {
            if place.join(RECORD).is_file() && !library.starts_with(&place) {
                let libraries = below(&place.join("lib")).into_iter();
                others.extend(libraries.map(|library| library.join("site-packages")));
            }
        }
    }
    sharing::share(&library.join("site-packages"), &others)
}

/// Writes down that an environment is finished, when all of it is on disk.
///
/// # Errors
/// It cannot be written.
pub fn finish(service: &str, name: &str, record: &Record) -> Result<(), FileError> {
    let directory = of_service(service);
    let place = directory.join(name);
    let synced = || rustix::fs::syncfs(fs::File::open(&place)?).map_err(io::Error::from);
    synced().map_err(failed("write", &place))?;
    durable::write(&place.join(RECORD), &record.text())?;
    durable::sync(&place)?;
    let mark = directory.join(mark(name));
    fs::remove_file(&mark).map_err(failed("remove", &mark))?;
    durable::sync(&directory)
}

/// Removes an environment, finished or not.
///
/// # Errors
/// Some of it stays; the next run removes it.
pub fn remove(service: &str, name: &str) -> Result<(), FileError> {
    let directory = of_service(service);
    let (place, mark) = (directory.join(name), directory.join(mark(name)));
    if !mark.exists() {
        durable::write(&mark, "")?;
        durable::sync(&directory)?;
    }
    removed(&place)?;
    fs::remove_file(&mark).map_err(failed("remove", &mark))
}

/// Removes a directory with all that is in it; that there is none is as good.
///
/// # Errors
/// Some of it stays.
pub fn removed(place: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(failed("remove", place)(error))
        }
        _ => Ok(()),
    }
}

/// Bytes of the files in a directory, not below it.
#[must_use]
pub fn bytes(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else {
        return 0;
    };
    let sizes = entries.flatten().filter_map(|entry| {
        let found = entry.metadata().ok()?;
        found.is_file().then_some(found.len())
    });
    sizes.sum()
}

/// Which file system a path is, or would be, on.
#[must_use]
pub fn device(path: &Path) -> u64 {
    let there = path.ancestors().find(|path| path.exists());
    there
        .and_then(|path| fs::metadata(path).ok())
        .map_or(0, |found| found.dev())
}
