//! The signed repository that `make repo` makes, used by apt(8) as its own words say; one that was tampered with is
//! refused.

use std::path::{Path, PathBuf};
use std::process::Command;

use juniper_lab::{Architecture, BootOptions, Machine, Root, Suite};

use super::super::lab::{Outcome, claim, exits, has, package, run};

/// As a site would write it, with the directory in place of a server.
const SOURCE: &str = "Types: deb\nURIs: file:/srv/repository\nSuites: stable\nComponents: main\n\
    Signed-By: /usr/share/keyrings/juniperctl-archive-keyring.gpg\n";

/// This source alone: a machine of the lab reaches no other.
const UPDATE: &str = "apt-get update -o Dir::Etc::SourceList=/dev/null -o Acquire::Languages=none \
    -o APT::Update::Error-Mode=any";

fn make(target: &Path, packages: &[PathBuf]) -> Outcome {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/repository");
    let said = Command::new(script)
        .arg(target)
        .args(packages)
        .env_remove("REPOSITORY_KEY")
        .output()?;
    claim(said.status.success(), String::from_utf8_lossy(&said.stderr))
}

/// One with the packages of each architecture has an index for each, with these and no others.
pub(crate) fn tells_apart(of: impl Fn(Architecture) -> [PathBuf; 2]) -> Outcome {
    let directory = tempfile::tempdir()?;
    let made = directory.path().join("repository");
    make(&made, &Architecture::ALL.map(of).concat())?;
    for architecture in Architecture::ALL {
        let index = format!("dists/stable/main/binary-{architecture}/Packages");
        let index = std::fs::read_to_string(made.join(index))?;
        let of: Vec<&str> = index
            .lines()
            .filter_map(|line| line.strip_prefix("Architecture: "))
            .collect();
        claim(of == [architecture.debian(); 2], &index)?;
    }
    Ok(())
}

pub(super) fn serves_apt() -> Outcome {
    let directory = tempfile::tempdir()?;
    let made = directory.path().join("repository");
    make(&made, &[package("juniperctl"), package("juniper-standin")])?;
    let root = Root::prepare(Suite::Trixie)?;
    let options = BootOptions::default().bind_read_only(&made, "/srv/published");
    let machine = Machine::boot(&root, options)?;
    exits(
        &machine,
        "cp -r /srv/published /srv/repository && rm -f /etc/apt/sources.list.d/* && \
         install -m 644 /srv/repository/juniperctl-archive-keyring.gpg /usr/share/keyrings/",
        0,
    )?;
    machine.write("/etc/apt/sources.list.d/juniperctl.sources", SOURCE, 0o644)?;
    exits(&machine, UPDATE, 0)?;
    exits(
        &machine,
        "apt-get install --yes juniperctl juniper-standin </dev/null",
        0,
    )?;
    let known = exits(
        &machine,
        "apt-cache policy juniperctl && juniperctl --version",
        0,
    )?;
    has(
        &known.stdout,
        &[
            "file:/srv/repository stable/main amd64 Packages",
            "juniperctl ",
        ],
    )?;

    exits(
        &machine,
        "sed -i 's/^Origin: .*/Origin: somebody/' /srv/repository/dists/stable/InRelease && \
        rm /srv/repository/dists/stable/Release.gpg",
        0,
    )?;
    let refused = run(&machine, UPDATE)?;
    claim(
        !refused.success(),
        format!("tampered with, and taken: {}", refused.stdout),
    )
}
