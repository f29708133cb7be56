//! What is in the package: which files, how many bytes, what its program asks of the C library. Needs no machine.

use std::path::Path;
use std::process::Command;

use juniper_lab::Architecture;
use libtest_mimic::Failed;

use super::super::lab::{Outcome, claim, package_for};

/// The newest C library that any program may ask for: Debian 11's. Debian 12 has 2.36, Ubuntu 22.04 has 2.35.
const OLDEST_LIBRARY: (u32, u32) = (2, 31);

/// How much the package may take on a disk. 4 MB are wanted; what stands in the way is in ARCHITECTURE.md.
const LARGEST: u64 = 5_700_000;

/// Every file of it.
const FILES: &str = "\
etc/juniper/juniper.toml
usr/bin/juniperctl
usr/lib/sysusers.d/juniper.conf
usr/lib/tmpfiles.d/juniper.conf
usr/share/bash-completion/completions/juniperctl
usr/share/doc/juniperctl/README.md
usr/share/doc/juniperctl/changelog.Debian.gz
usr/share/doc/juniperctl/configuration.md
usr/share/doc/juniperctl/copyright
usr/share/doc/juniperctl/export.md
usr/share/doc/juniperctl/gpus.md
usr/share/doc/juniperctl/hardening.md
usr/share/doc/juniperctl/hosts.md
usr/share/doc/juniperctl/importing.md
usr/share/doc/juniperctl/installing.md
usr/share/doc/juniperctl/network.md
usr/share/doc/juniperctl/provision.md
usr/share/doc/juniperctl/sandbox.md
usr/share/doc/juniperctl/secrets.md
usr/share/doc/juniperctl/user.md
usr/share/doc/juniperctl/watchdog.md
usr/share/fish/vendor_completions.d/juniperctl.fish
usr/share/juniperctl/juniper.schema.json
usr/share/juniperctl/juniper_worker.py
usr/share/juniperctl/locks/canopy-cpu.txt
usr/share/juniperctl/locks/canopy-cuda.txt
usr/share/juniperctl/locks/cascor-cpu.txt
usr/share/juniperctl/locks/cascor-cuda.txt
usr/share/juniperctl/locks/data.txt
usr/share/juniperctl/locks/worker-cpu.txt
usr/share/juniperctl/locks/worker-cuda.txt
usr/share/juniperctl/monitoring/grafana-dashboard.json
usr/share/juniperctl/monitoring/juniper.rules.yml
usr/share/juniperctl/monitoring/prometheus.yml
usr/share/lintian/overrides/juniperctl
usr/share/man/man1/juniperctl.1.gz
usr/share/man/man5/juniper.toml.5.gz
usr/share/man/man8/juniper-watchdog.8.gz
usr/share/zsh/vendor-completions/_juniperctl
";

/// The files are the ones that are meant, and small.
pub(crate) fn is_as_meant(architecture: Architecture) -> Outcome {
    let tree = tempfile::tempdir()?;
    let package = package_for(architecture, "juniperctl");
    output(
        Command::new("dpkg-deb")
            .arg("-x")
            .arg(&package)
            .arg(tree.path()),
    )?;
    let mut files = Vec::new();
    let bytes = walk(tree.path(), tree.path(), &mut files)?;
    files.sort();
    claim(
        files.iter().map(String::as_str).eq(FILES.lines()),
        format!("the package holds\n{}", files.join("\n")),
    )?;
    let field = |name: &str| output(Command::new("dpkg-deb").arg("-f").arg(&package).arg(name));
    let named = field("Architecture")?;
    claim(
        named.trim() == architecture.debian(),
        format!("the package is for {named}"),
    )?;
    let told = field("Installed-Size")?;
    let kibibytes: u64 = told.trim().parse()?;
    println!(
        "juniperctl for {architecture}: {bytes} bytes installed, Installed-Size {kibibytes} KiB"
    );
    claim(
        bytes < LARGEST && kibibytes * 1024 < LARGEST,
        format!("{bytes} bytes, Installed-Size {kibibytes} KiB"),
    )
}

/// Both programs start on the oldest system that is supported.
pub(crate) fn starts_everywhere(architecture: Architecture) -> Outcome {
    for name in ["juniperctl", "juniper-standin"] {
        let tree = tempfile::tempdir()?;
        output(
            Command::new("dpkg-deb")
                .arg("-x")
                .arg(package_for(architecture, name))
                .arg(tree.path()),
        )?;
        let program = tree.path().join("usr/bin").join(name);
        let symbols = output(Command::new("objdump").arg("-T").arg(&program))?;
        let newest = symbols
            .split(|letter: char| "() \n".contains(letter))
            .filter_map(|word| word.strip_prefix("GLIBC_"))
            .filter_map(|version| {
                let (major, minor) = version.split_once('.')?;
                let minor = minor.split('.').next()?;
                Some((major.parse().ok()?, minor.parse().ok()?))
            })
            .max();
        claim(
            newest.is_some_and(|newest| newest <= OLDEST_LIBRARY),
            format!("{name} asks for {newest:?}"),
        )?;
    }
    Ok(())
}

/// Files below a directory by their paths, and what all of it takes, as du(1) counts bytes.
fn walk(directory: &Path, root: &Path, files: &mut Vec<String>) -> Result<u64, Failed> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            bytes += walk(&path, root, files)?;
        } else {
            bytes += path.metadata()?.len();
            files.push(path.strip_prefix(root)?.to_string_lossy().into_owned());
        }
    }
    Ok(bytes)
}

fn output(command: &mut Command) -> Result<String, Failed> {
    let output = command.output()?;
    claim(
        output.status.success(),
        String::from_utf8_lossy(&output.stderr),
    )?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
