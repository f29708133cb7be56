//! The Debian packages that `make deb` leaves: where they are, and how they get into a machine.

use std::fs;
use std::path::{Path, PathBuf};

use juniper_lab::{Error, Machine};

/// Where `make deb` leaves them.
const BUILT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/debian");

/// Where an administrator would have downloaded them to.
const DOWNLOADED: &str = "/root";

/// juniperctl's package.
pub(super) const JUNIPERCTL: &str = "juniperctl";

/// The stand-ins' package.
pub(super) const STANDIN: &str = "juniper-standin";

/// Brings packages into a machine; tells the names of their files, which are in root's home.
pub(super) fn bring(
    machine: &Machine,
    directory: Option<&Path>,
    names: &[&'static str],
) -> Result<Vec<String>, Error> {
    let directory = directory.unwrap_or(Path::new(BUILT));
    names
        .iter()
        .map(|name| {
            let (file, path) = newest(directory, name)?;
            let content = fs::read(&path).map_err(|source| Error::Host {
                doing: format!("read {}", path.display()),
                source,
            })?;
            machine.write(format!("{DOWNLOADED}/{file}"), content, 0o644)?;
            Ok(file)
        })
        .collect()
}

/// Where the newest file of a package is.
pub(super) fn built(directory: Option<&Path>, name: &'static str) -> Result<PathBuf, Error> {
    newest(directory.unwrap_or(Path::new(BUILT)), name).map(|(_, path)| path)
}

/// The newest file of a package, with its name.
fn newest(directory: &Path, name: &'static str) -> Result<(String, PathBuf), Error> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            let written = entry.metadata().ok()?.modified().ok()?;
            is_package(&file, name).then(|| (written, file, entry.path()))
        })
        .max()
        .map(|(_, file, path)| (file, path))
        .ok_or_else(|| Error::NoPackage {
            name,
            directory: directory.to_owned(),
        })
}

/// Whether a file is named as Debian names the files of this package.
fn is_package(file: &str, name: &str) -> bool {
    file.strip_suffix(".deb")
        .and_then(|stem| stem.strip_prefix(name))
        .is_some_and(|rest| rest.starts_with('_'))
}

#[cfg(test)]
mod tests {
    use super::is_package;

    #[test]
    fn a_package_is_known_by_its_file_name() {
        assert!(is_package("juniperctl_0.1.0-1_amd64.deb", "juniperctl"));
        assert!(!is_package("juniperctl-dbg_0.1.0_amd64.deb", "juniperctl"));
        assert!(!is_package(
            "juniperctl_0.1.0-1_amd64.buildinfo",
            "juniperctl"
        ));
    }
}
