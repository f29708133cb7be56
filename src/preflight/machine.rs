//! The machine itself: systemd, users, GPU, room, clock; and what could not be looked at.

use crate::hardening::table::SANDBOX;
use crate::output::style::size;
use crate::secrets::ENCRYPTS;
use crate::unit::SystemdVersion;

use super::facts::Facts;
use super::{Finding, Severity};

/// Below this much room a service soon cannot write.
const FULL: u64 = 256 << 20;

/// Below this much a long run may fill the disk.
const SCARCE: u64 = 5 << 30;

pub(super) fn systemd(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &facts.systemd {
        None => {}
        Some(Err(why)) => findings.push(
            Finding::new(
                Severity::Error,
                "systemd",
                &format!("it cannot be asked: {why}"),
            )
            .mend("systemctl status dbus.socket"),
        ),
        Some(Ok(version)) if *version < SystemdVersion::OLDEST => {
            let evidence = format!(
                "this is systemd {version}; {} is the oldest that is supported",
                SystemdVersion::OLDEST
            );
            findings.push(
                Finding::new(Severity::Error, "systemd", &evidence)
                    .mend("upgrade to Debian 11, Ubuntu 22.04 or newer"),
            );
        }
        Some(Ok(version)) => {
            findings.push(Finding::new(
                Severity::Good,
                "systemd",
                &format!("systemd {version}"),
            ));
            findings.extend(cannot(*version));
        }
    }
    findings.push(if facts.unified_cgroups {
        Finding::new(Severity::Good, "control groups", "the unified hierarchy is mounted")
    } else {
        let evidence = "the unified hierarchy (cgroup v2) is not mounted: memory limits and IP filters do not hold";
        Finding::new(Severity::Warning, "control groups", evidence)
            .mend("boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line")
    });
    findings
}

/// What this systemd does not do, of what newer ones do for the group.
fn cannot(version: SystemdVersion) -> Option<Finding> {
    let mut without: Vec<String> = SANDBOX
        .iter()
        .filter_map(|row| {
            let best = row.values.first()?.1;
            match row.value(version) {
                None => Some(format!("{}=", row.name)),
                Some(value) if value != best => Some(format!("{}={best}", row.name)),
                Some(_) => None,
            }
        })
        .collect();
    without.dedup();
    let mut evidence = Vec::new();
    if !without.is_empty() {
        evidence.push(format!("the units do without {}", without.join(", ")));
    }
    if !version.has(ENCRYPTS) {
        evidence.push("secrets are stored readable for root, not encrypted".to_owned());
    }
    (!evidence.is_empty()).then(|| {
        let evidence = format!(
            "systemd {version} is older than what it could do: {}",
            evidence.join("; ")
        );
        Finding::new(Severity::Note, "systemd", &evidence)
    })
}

pub(super) fn accounts(facts: &Facts) -> Vec<Finding> {
    let of = |account: &super::facts::Account| {
        let name = &account.name;
        let subject = format!("user {name}");
        if account.exists {
            Finding::new(Severity::Good, &subject, "user and group exist")
        } else {
            Finding::new(
                Severity::Error,
                &subject,
                "the user or the group does not exist",
            )
            .mend(&format!(
                "sudo useradd --system --user-group --home-dir / --shell /usr/sbin/nologin {name}"
            ))
        }
    };
    facts.accounts.iter().map(of).collect()
}

pub(super) fn gpu(facts: &Facts) -> Vec<Finding> {
    let gpu = &facts.gpu;
    let wanted = gpu.wanted_by.join(", ");
    let finding = match (&gpu.driver, gpu.wanted_by.is_empty()) {
        (None, true) => Finding::new(
            Severity::Good,
            "GPU",
            "no NVIDIA driver is loaded, and no service wants one",
        ),
        (None, false) => {
            let evidence = format!("no NVIDIA driver is loaded, and a GPU is wanted by {wanted}");
            Finding::new(Severity::Error, "GPU", &evidence)
                .mend("sudo modprobe nvidia; where that fails, install the driver")
        }
        (Some(driver), _) if !gpu.missing_nodes.is_empty() => {
            let nodes = gpu.missing_nodes.join(", ");
            let evidence =
                format!("driver {driver} is loaded and these nodes are missing: {nodes}");
            let severity = if gpu.wanted_by.is_empty() {
                Severity::Note
            } else {
                Severity::Error
            };
            Finding::new(severity, "GPU", &evidence).mend("sudo nvidia-modprobe -u -c 0")
        }
        (Some(driver), _) => Finding::new(
            Severity::Good,
            "GPU",
            &format!("driver {driver}, GPUs: {}", gpu.listed),
        ),
    };
    vec![finding]
}

pub(super) fn space(facts: &Facts) -> Vec<Finding> {
    let of = |space: &super::facts::Space| {
        let subject = format!("room for {}", space.path);
        let evidence = format!("{} are free", size(space.free));
        let mend = format!("df -h {}; make room", space.path);
        match space.free {
            0..FULL => Finding::new(Severity::Error, &subject, &evidence).mend(&mend),
            FULL..SCARCE => Finding::new(Severity::Warning, &subject, &evidence).mend(&mend),
            _ => Finding::new(Severity::Good, &subject, &evidence),
        }
    };
    facts.space.iter().map(of).collect()
}

pub(super) fn clock(facts: &Facts) -> Vec<Finding> {
    let finding = match facts.synchronized {
        Some(true) => Finding::new(Severity::Good, "clock", "it follows a time server"),
        Some(false) => Finding::new(
            Severity::Note,
            "clock",
            "it follows no time server: times of incidents and logs drift from those of others",
        )
        .mend("sudo timedatectl set-ntp true"),
        None => Finding::new(
            Severity::Note,
            "clock",
            "nobody tells whether it follows a time server",
        )
        .mend("timedatectl"),
    };
    vec![finding]
}

pub(super) fn unseen(facts: &Facts) -> Vec<Finding> {
    if facts.is_root || facts.user_mode.is_some() {
        return Vec::new();
    }
    let user = &facts.user;
    let evidence = "not root: processes of others that hold ports, imports as the services' user, secrets and what the \
                    watchdog may read were not looked at";
    let mut findings = vec![
        Finding::new(Severity::Note, "not looked at", evidence).mend("sudo juniperctl doctor"),
    ];
    if !facts.lingers {
        let evidence = format!(
            "units of {user}'s own manager end with the last session (this is about units in user mode alone)"
        );
        findings.push(
            Finding::new(Severity::Note, "lingering", &evidence).mend("loginctl enable-linger"),
        );
    }
    findings
}
