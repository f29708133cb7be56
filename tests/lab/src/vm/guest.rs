//! What a tree of files gets before it becomes a disk: a name, a journal that lasts, and the shell
//! that the lab's commands are run by.
//!
//! The shell is a unit that starts before all others. It talks over a port that is no terminal, so
//! nothing on the way changes a byte; see [`super::channel`] for the words.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use crate::machine::ENVIRONMENT;

/// The name of the port that the shell listens on.
pub(super) const PORT: &str = "juniper-lab";

/// Where the shell is in the machine.
const SHELL_PATH: &str = "usr/local/sbin/lab-shell";

/// Runs one order after the other. The port can be open only once, so both directions share it.
const SHELL: &str = r#"#!/bin/sh
exec <>"/dev/virtio-ports/$1" >&0
mkdir -p /run/lab-shell
cd /
echo ready
while read -r mark seconds length; do
    order=/run/lab-shell/$mark
    head -c "$length" >"$order"
    timeout --signal=KILL "$seconds" sh "$order" </dev/null >"$order.out" 2>"$order.err"
    status=$?
    out=$(wc -c <"$order.out")
    err=$(wc -c <"$order.err")
    echo "$mark $status $out $err"
    head -c "$out" "$order.out"
    head -c "$err" "$order.err"
    rm -f "$order" "$order.out" "$order.err"
done
"#;

/// The unit of the shell, but for the environment. It neither waits for another unit nor ends
/// before the very end, and it is started again for as long as the port is not there.
const UNIT: &str = "\
[Unit]
Description=The shell of the lab
DefaultDependencies=no
IgnoreOnIsolate=yes
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/lab-shell juniper-lab
Restart=always
RestartSec=200ms
KillMode=process
";

/// Makes a tree of files fit for being booted as a whole machine of this name.
pub(super) fn settle_in(tree: &Path, name: &str) -> io::Result<()> {
    fs::write(tree.join("etc/hostname"), format!("{name}\n"))?;
    // A machine without an identity would believe that it is being installed and enable all units.
    let identity = fs::read_to_string("/proc/sys/kernel/random/uuid")?.replace('-', "");
    fs::write(tree.join("etc/machine-id"), identity)?;
    fs::create_dir_all(tree.join("var/log/journal"))?;
    fs::create_dir_all(tree.join("usr/local/sbin"))?;
    let shell = tree.join(SHELL_PATH);
    fs::write(&shell, SHELL)?;
    fs::set_permissions(&shell, fs::Permissions::from_mode(0o755))?;
    let units = tree.join("etc/systemd/system");
    fs::write(units.join("lab-shell.service"), unit())?;
    let wants = units.join("sysinit.target.wants");
    fs::create_dir_all(&wants)?;
    symlink("../lab-shell.service", wants.join("lab-shell.service"))
}

fn unit() -> String {
    let mut text = UNIT.to_owned();
    for (name, value) in ENVIRONMENT {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "Environment={name}={value}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_gets_a_name_an_identity_and_the_shell() {
        let scratch = tempfile::tempdir().unwrap();
        let tree = scratch.path();
        fs::create_dir_all(tree.join("etc/systemd/system")).unwrap();
        settle_in(tree, "lab-1-0").unwrap();
        let read = |path: &str| fs::read_to_string(tree.join(path)).unwrap();
        assert_eq!(read("etc/hostname"), "lab-1-0\n");
        assert_eq!(read("etc/machine-id").trim().len(), 32);
        let unit = read("etc/systemd/system/sysinit.target.wants/lab-shell.service");
        assert!(unit.contains("\nEnvironment=HOME=/root\n"), "{unit}");
        assert!(unit.contains(&format!("/{SHELL_PATH} {PORT}\n")), "{unit}");
    }
}
