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

/// The figure of the last line: `→ Overall exposure level for NAME: 1.1 OK`.
fn read(told: &str) -> Option<Exposure> {
    let line = told.lines().rev().find(|line| line.contains(OVERALL))?;
    let (_, figure) = line.rsplit_once(": ")?;
    Exposure::parse(figure.split_whitespace().next()?)
}

#[cfg(test)]
mod tests {
    use super::read;

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
