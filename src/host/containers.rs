//! Containers of this machine that have GPUs: a reload of systemd can take those away from them.
//!
//! Told from the kernel's own lists, whatever runs the containers. It never talks to one.

use std::collections::BTreeSet;
use std::fs;

/// Length of a container's name in its control group.
const NAME: usize = 64;

/// How much of it people are shown, as docker(1) does.
const SHOWN: usize = 12;

/// The containers in whose file systems there are GPUs, by the beginnings of their names. Who is not root sees
/// none.
#[must_use]
pub fn with_gpus() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let Ok(processes) = fs::read_dir("/proc") else {
        return found;
    };
    for process in processes.flatten().map(|entry| entry.path()) {
        let Ok(groups) = fs::read_to_string(process.join("cgroup")) else {
            continue;
        };
        if let Some(container) = container_of(&groups)
            && !found.contains(container)
            && has_gpu(&process)
        {
            found.insert(container.to_owned());
        }
    }
    found
}

fn has_gpu(process: &std::path::Path) -> bool {
    fs::read_dir(process.join("root/dev")).is_ok_and(|devices| {
        devices
            .flatten()
            .any(|device| device.file_name().to_string_lossy().starts_with("nvidia"))
    })
}

/// The container of a process by its control groups (`cgroups(7)`): `0::/system.slice/docker-HEX.scope`,
/// `0::/docker/HEX`, `.../libpod-HEX.scope`, `.../cri-containerd-HEX.scope`.
fn container_of(groups: &str) -> Option<&str> {
    groups
        .lines()
        .flat_map(|line| line.split('/'))
        .find_map(|part| {
            let part = part.strip_suffix(".scope").unwrap_or(part);
            let name = part.rsplit_once('-').map_or(part, |(_, name)| name);
            let is_name = name.len() == NAME && name.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_name.then(|| name.get(..SHOWN)).flatten()
        })
}

#[cfg(test)]
mod tests {
    use super::container_of;

    #[test]
    fn containers_are_told_from_services() {
        let name = "3f".repeat(32);
        for group in [
            format!("0::/system.slice/docker-{name}.scope\n"),
            format!("12:pids:/docker/{name}\n0::/\n"),
            format!("0::/machine.slice/libpod-{name}.scope/container\n"),
            format!("0::/kubepods.slice/kubepods-besteffort.slice/cri-containerd-{name}.scope\n"),
        ] {
            assert_eq!(container_of(&group), Some("3f3f3f3f3f3f"), "{group}");
        }
        for group in [
            "0::/system.slice/docker.service\n",
            "0::/user.slice/user-0.slice\n",
            "",
        ] {
            assert_eq!(container_of(group), None, "{group}");
        }
    }
}
