//! systemd-analyze(1): what systemd itself says of a unit file.

use std::io;
use std::path::Path;
use std::process::Command;

use crate::hardening::Exposure;

/// What stands before the figure.
const OVERALL: &str = "Overall exposure level for ";

/// How exposed a unit file is, its drop-ins included.
///
/// # Errors
/// The program cannot be run, or says nothing of an exposure.
pub fn exposure(unit: &Path) -> io::Result<Exposure> {
    let output = Command::new("systemd-analyze")
        .args(["security", "--no-pager", "--offline=true"])
        .arg(unit)
        .env("LC_ALL", "C.UTF-8")
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    read(&told).ok_or_else(|| {
        let said = String::from_utf8_lossy(&output.stderr);
        let first = said.lines().next().unwrap_or("it says nothing");
        io::Error::other(first.to_owned())
    })
}

/// What is said of units, a line each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Of the units that were asked about.
    pub of_ours: Vec<String>,
    /// Of anything else that was met on the way.
    pub of_others: Vec<String>,
}

/// Has unit files of a directory verified, as if they were installed.
///
/// # Errors
/// The program cannot be run.
pub fn verify(directory: &Path, names: &[&str], of_user: bool) -> io::Result<Said> {
    let output = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .args(of_user.then_some("--user"))
        .args(names.iter().map(|name| directory.join(name)))
        .env("LC_ALL", "C.UTF-8")
        .output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    let said = sorted(&told, directory, names);
    if said.of_ours.is_empty() && output.status.code().is_none() {
        return Err(io::Error::other(format!("it ended with {}", output.status)));
    }
    Ok(said)
}

/// Sorts lines by whom they are about. That a program is not there has been told already, and is no fault of
/// the unit.
fn sorted(told: &str, directory: &Path, names: &[&str]) -> Said {
    let directory = directory.display().to_string();
    let mut said = Said::default();
    for line in told.lines().filter(|line| !line.trim().is_empty()) {
        let of_ours = line.contains(&directory)
            || names.iter().any(|name| {
                line.strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with(':'))
            });
        if of_ours && !line.contains(" is not executable: ") {
            said.of_ours.push(line.to_owned());
        } else {
            said.of_others.push(line.to_owned());
        }
    }
    said
}

/// The figure of the last line: `→ Overall exposure level for NAME: 1.1 OK`.
fn read(told: &str) -> Option<Exposure> {
    let line = told.lines().rev().find(|line| line.contains(OVERALL))?;
    let (_, figure) = line.rsplit_once(": ")?;
    Exposure::parse(figure.split_whitespace().next()?)
}

#[cfg(test)]
mod tests {
    use super::{read, sorted};
    use std::path::Path;

    #[test]
    fn what_is_said_of_ours_counts() {
        let told = "/stage/juniper-a.service:3: Unknown key 'X' in section [Service], ignoring.\n\
                    juniper-a.service: Command /opt/a is not executable: No such file or directory\n\
                    juniper-a.service: Refusing.\n\n\
                    /etc/systemd/system/other.service:1: Assignment outside of section.\n";
        let said = sorted(told, Path::new("/stage"), &["juniper-a.service"]);
        assert_eq!(said.of_ours.len(), 2, "{said:?}");
        assert_eq!(said.of_others.len(), 2, "{said:?}");
    }

    #[test]
    fn the_figure_is_found() {
        let told =
            "✓ UMask=  fine\n\n→ Overall exposure level for juniper-data.service: 0.9 SAFE 😀\n";
        assert_eq!(
            read(told).map(|found| found.to_string()),
            Some("0.9".to_owned())
        );
        assert_eq!(read("Unit x.service not found"), None);
    }
}
