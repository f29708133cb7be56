//! The secrets that this machine knows by their value: in the environment, in the files that it
//! names, among the credentials that systemd hands over. It reads them and shows them to nobody.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::log;
use crate::scrub::{Secrets, Sensitivity, sensitivity};
use crate::settings::Environment;

/// Where systemd shows a service its credentials.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
/// The end of the name of a variable that names a file.
const FILE: &str = "_FILE";

/// Reads all of them; `more` are files that must be there.
pub(super) fn gather(environment: &Environment, more: &[PathBuf]) -> Result<Secrets, Failure> {
    let mut secrets = Secrets::default();
    for (name, value) in environment {
        if sensitivity(name) < Sensitivity::Certain || name == CREDENTIALS {
            continue;
        }
        if name.ends_with(FILE) {
            let path = Path::new(value);
            match fs::read(path) {
                Ok(bytes) => add(&bytes, &mut secrets),
                // To the real services such a file counts for nothing, too.
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    log::line(&format!("juniper-standin record: {name}: no {value}"));
                }
                Err(error) => return Err(unread(path, &error)),
            }
        } else {
            add(value.as_bytes(), &mut secrets);
        }
    }
    let credentials = environment.get(CREDENTIALS).map(PathBuf::from);
    for directory in credentials
        .iter()
        .chain(more.iter().filter(|it| it.is_dir()))
    {
        let entries = fs::read_dir(directory).map_err(|error| unread(directory, &error))?;
        for entry in entries.flatten() {
            let path = entry.path();
            let bytes = fs::read(&path).map_err(|error| unread(&path, &error))?;
            add(&bytes, &mut secrets);
        }
    }
    for path in more.iter().filter(|it| !it.is_dir()) {
        let bytes = fs::read(path).map_err(|error| unread(path, &error))?;
        add(&bytes, &mut secrets);
    }
    Ok(secrets)
}

/// A secret, or several: one a line, or separated by commas.
fn add(bytes: &[u8], secrets: &mut Secrets) {
    let text = String::from_utf8_lossy(bytes);
    secrets.add(&text);
    for part in text.lines().flat_map(|line| line.split(',')) {
        secrets.add(part);
    }
}

fn unread(path: &Path, error: &std::io::Error) -> Failure {
    Failure::not_done(&format!(
        "cannot read {}: {error}; without it, the secrets in it could not be kept out of the recording",
        path.display()
    ))
}
