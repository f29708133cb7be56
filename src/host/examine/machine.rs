//! The machine: owners of directories, room on disks, control groups, the GPU driver's files, the clock.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use zbus::OwnedVariant;

use crate::gpu::lack::{self, Wanted};
use crate::host::accounts;
use crate::host::gpu;
use crate::ordered;
use crate::preflight::facts::Gpu;

/// How long whoever keeps the clock may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Owner and mode of a directory; `None` where it is not there or may not be looked at.
#[must_use]
pub fn owner_and_mode(path: &Path) -> Option<(String, u32)> {
    let metadata = fs::symlink_metadata(path).ok()?;
    Some((
        accounts::name_of(metadata.uid()),
        metadata.permissions().mode() & 0o7777,
    ))
}

/// Bytes that are free to others than root on the disk that a path is, or would be, on.
#[must_use]
pub fn free_space(path: &Path) -> Option<u64> {
    let there = path.ancestors().find(|path| path.exists())?;
    let told = rustix::fs::statvfs(there).ok()?;
    Some(told.f_bavail.saturating_mul(told.f_frsize))
}

/// Whether the unified hierarchy of control groups is mounted where systemd looks for it.
#[must_use]
pub fn has_unified_cgroups() -> bool {
    Path::new("/sys/fs/cgroup/cgroup.controllers").exists()
}

/// Whether units of a user's own manager outlive the user's sessions (loginctl(1)).
#[must_use]
pub fn lingers(user: &str) -> bool {
    !user.contains('/') && Path::new("/var/lib/systemd/linger").join(user).exists()
}

/// Settings of the kernel that keep ordinary users from making namespaces, where any does.
#[must_use]
pub fn restraints_of_namespaces() -> Vec<String> {
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1"),
        ("kernel/unprivileged_userns_clone", "0"),
        ("user/max_user_namespaces", "0"),
    ]
    .into_iter()
    .filter(|(name, refusing)| {
        fs::read_to_string(Path::new("/proc/sys").join(name))
            .is_ok_and(|value| value.trim() == *refusing)
    })
    .map(|(name, refusing)| format!("{} = {refusing}", name.replace('/', ".")))
    .collect()
}

/// The GPU driver and its nodes, by files alone: nothing is opened on a device.
#[must_use]
pub fn gpu(wanted: &[String]) -> Gpu {
    let gpus = gpu::gpus();
    let mut nodes = lack::nodes(&Wanted::Any, &gpus);
    nodes.retain(|node| !Path::new(node).exists());
    Gpu {
        wanted_by: wanted.to_vec(),
        missing_nodes: if gpus.driver.is_some() {
            nodes
        } else {
            Vec::new()
        },
        listed: gpus.found.len(),
        driver: gpus.driver,
    }
}

/// Units of the platform in the directories of users' own managers, as far as they may be looked at.
#[must_use]
pub fn user_units() -> Vec<String> {
    let homes = fs::read_dir("/home")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let mut found: Vec<String> = homes
        .chain([PathBuf::from("/root"), PathBuf::from("/etc/systemd/user")])
        .flat_map(|home| {
            let directory = if home.starts_with("/etc") {
                home
            } else {
                home.join(".config/systemd/user")
            };
            fs::read_dir(directory)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
                .collect::<Vec<_>>()
        })
        .filter(|path| {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            name.starts_with("juniper-")
                && [".service", ".target"]
                    .iter()
                    .any(|kind| name.ends_with(kind))
        })
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    ordered::sort(&mut found);
    found
}

/// Whether the clock follows a time server (org.freedesktop.timedate1(5)); `None` where nobody tells.
pub async fn synchronized() -> Option<bool> {
    let ask = async {
        let connection = zbus::Connection::system().await.ok()?;
        let reply = connection
            .call_method(
                Some("org.freedesktop.timedate1"),
                "/org/freedesktop/timedate1",
                Some("org.freedesktop.DBus.Properties"),
                "Get",
                &("org.freedesktop.timedate1", "NTPSynchronized"),
            )
            .await
            .ok()?;
        let value: OwnedVariant = reply.body().deserialize().ok()?;
        bool::try_from(value).ok()
    };
    tokio::time::timeout(PATIENCE, ask).await.ok().flatten()
}
