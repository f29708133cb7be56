//! Facts to findings: severities, evidence, mends; and strangers' words made harmless.

use super::facts::{
    Account, Directory, Facts, Held, Holder, Installation, Port, Presence, Program, Space, Trial,
};
use super::{Severity, findings, worst};
use crate::unit::SystemdVersion;

fn healthy() -> Facts {
    Facts {
        is_root: true,
        systemd: Some(Ok(SystemdVersion::NEWEST)),
        unified_cgroups: true,
        synchronized: Some(true),
        installation: Installation::AsConfigured {
            profile: "full".to_owned(),
            enabled: true,
        },
        accounts: vec![Account {
            name: "juniper".to_owned(),
            exists: true,
        }],
        space: vec![Space {
            path: "/opt".to_owned(),
            free: 1 << 40,
        }],
        programs: vec![program(Trial::Passed {
            user: "juniper".to_owned(),
            version: "3.12.0".to_owned(),
        })],
        ports: vec![port(Held::Free)],
        directories: vec![directory("root", 0o700)],
        ..Facts::default()
    }
}

fn program(trial: Trial) -> Program {
    Program {
        service: "data".to_owned(),
        path: "/opt/juniper/data/current/bin/python".to_owned(),
        presence: Presence::There,
        python: true,
        module: Some("juniper_data".to_owned()),
        trial,
    }
}

fn port(held: Held) -> Port {
    Port {
        owner: "data".to_owned(),
        units: vec!["juniper-data.service".to_owned()],
        address: "127.0.0.1:8100".parse().unwrap(),
        held,
    }
}

fn directory(owner: &str, mode: u32) -> Directory {
    Directory {
        path: "/etc/juniper/secrets".to_owned(),
        owner: "root".to_owned(),
        forbidden: 0o077,
        found: Some((owner.to_owned(), mode)),
    }
}

#[test]
fn a_healthy_machine_has_nothing_but_ok() {
    let found = findings(&healthy());
    assert_eq!(worst(&found), Severity::Good, "{found:#?}");
    assert!(found.len() >= 9);
}

/// A change of the facts, and the severity, the evidence and the mend that it brings.
type Case = (fn(&mut Facts), Severity, &'static str, &'static str);

fn each_is_told(cases: &[Case]) {
    for (change, severity, evidence, mend) in cases {
        let mut facts = healthy();
        change(&mut facts);
        let found = findings(&facts);
        assert_eq!(worst(&found), *severity, "{evidence}: {found:#?}");
        let told = found
            .iter()
            .find(|one| one.severity == *severity && one.evidence.contains(evidence))
            .unwrap_or_else(|| panic!("{evidence}: {found:#?}"));
        assert!(
            told.mend.clone().unwrap_or_default().contains(mend),
            "{told:?}"
        );
    }
}

fn held_by(name: &str) -> Held {
    Held::By(Holder {
        pid: 7,
        name: name.to_owned(),
        ..Holder::default()
    })
}

fn passed(version: &str) -> Trial {
    Trial::Passed {
        user: "j".to_owned(),
        version: version.to_owned(),
    }
}

fn failed(why: &str) -> Trial {
    Trial::Failed {
        user: "j".to_owned(),
        version: Some("3.13.0".to_owned()),
        why: why.to_owned(),
    }
}

const LATE: Trial = Trial::TimedOut {
    user: String::new(),
    seconds: 60,
};

#[test]
fn troubles_of_ports_and_programs_have_their_mends() {
    use Severity::{Error, Warning};
    each_is_told(&[
        (
            |f| f.ports[0].held = held_by("python"),
            Error,
            "held by python (process 7",
            "sudo kill 7",
        ),
        (
            |f| f.ports[0].held = held_by("docker-proxy"),
            Error,
            "Compose",
            "docker ps --filter publish=8100",
        ),
        (
            |f| f.ports[0].held = Held::Unseen,
            Warning,
            "only root",
            "sudo juniperctl doctor",
        ),
        (
            |f| f.programs[0].presence = Presence::Missing,
            Error,
            "is not there",
            "sudo juniperctl provision data",
        ),
        (
            |f| f.programs[0].presence = Presence::NotExecutable,
            Error,
            "cannot be executed",
            "chmod a+x",
        ),
        (
            |f| f.programs[0].trial = passed("3.11.2"),
            Error,
            "Python 3.11.2; the services need 3.12",
            "sudo juniperctl provision --upgrade data",
        ),
        (
            |f| f.programs[0].trial = failed("No module named 'torch'"),
            Error,
            "cannot import juniper_data as j: No module named 'torch'",
            "sudo juniperctl provision --upgrade data",
        ),
        (
            |f| f.programs[0].trial = LATE,
            Warning,
            "60 s",
            "--import-timeout",
        ),
    ]);
}

#[test]
fn troubles_of_the_machine_have_their_mends() {
    use Severity::{Error, Note, Warning};
    each_is_told(&[
        (
            |f| f.accounts[0].exists = false,
            Error,
            "does not exist",
            "useradd",
        ),
        (
            |f| f.directories[0] = directory("ada", 0o700),
            Error,
            "belongs to ada instead of root",
            "chown root:",
        ),
        (
            |f| f.directories[0] = directory("root", 0o755),
            Warning,
            "mode 0755",
            "chmod 0700",
        ),
        (
            |f| f.systemd = Some(Err("no bus".to_owned())),
            Error,
            "no bus",
            "systemctl",
        ),
        (
            |f| f.systemd = Some(Ok(SystemdVersion::OLDEST)),
            Note,
            "the units do without",
            "",
        ),
        (
            |f| f.unified_cgroups = false,
            Warning,
            "cgroup v2",
            "unified_cgroup_hierarchy",
        ),
        (
            |f| f.gpu.wanted_by = vec!["cascor".to_owned()],
            Error,
            "wanted by cascor",
            "modprobe nvidia",
        ),
        (
            |f| f.space[0].free = 1 << 30,
            Warning,
            "1.0 GiB are free",
            "make room",
        ),
        (
            |f| f.space[0].free = 1 << 20,
            Error,
            "1.0 MiB are free",
            "make room",
        ),
        (
            |f| f.synchronized = Some(false),
            Note,
            "no time server",
            "set-ntp",
        ),
        (
            |f| f.installation = Installation::Never,
            Note,
            "nothing is installed",
            "juniperctl install",
        ),
        (
            |f| f.installation = Installation::Drifted(vec!["juniper-data.service".to_owned()]),
            Warning,
            "not as configured: juniper-data.service",
            "juniperctl install",
        ),
        (
            |f| f.installation = Installation::InTheWay(vec!["juniper.target".to_owned()]),
            Error,
            "juniper.target",
            "move them away",
        ),
        (
            |f| f.closed = Some("/etc/juniper/juniper.toml".to_owned()),
            Error,
            "may not read",
            "chmod a+rX",
        ),
        (
            |f| f.user_units = vec!["/home/a/x".to_owned()],
            Warning,
            "/home/a/x",
            "systemctl --user",
        ),
    ]);
}

#[test]
fn the_groups_own_units_may_hold_their_ports() {
    let mut facts = healthy();
    facts.ports[0].held = Held::By(Holder {
        pid: 9,
        name: "python".to_owned(),
        control_group: "/system.slice/juniper-data.service".to_owned(),
        ..Holder::default()
    });
    assert_eq!(worst(&findings(&facts)), Severity::Good);
    facts.ports[0].units.clear();
    assert_eq!(worst(&findings(&facts)), Severity::Error);
}

#[test]
fn strangers_words_reach_no_terminal_raw() {
    let evil = "\u{1b}]0;x\u{7}\n\u{202e}".to_owned();
    let mut facts = healthy();
    facts.ports[0].held = Held::By(Holder {
        pid: 9,
        name: evil.clone(),
        command: evil.clone(),
        user: evil.clone(),
        control_group: format!("/system.slice/{evil}.service"),
    });
    facts.user_units = vec![evil.clone()];
    facts.programs[0].trial = Trial::Failed {
        user: evil.clone(),
        version: None,
        why: evil.clone(),
    };
    facts.directories[0].path = evil;
    for finding in findings(&facts) {
        let all = format!(
            "{}{}{}",
            finding.subject,
            finding.evidence,
            finding.mend.unwrap_or_default()
        );
        assert!(
            !all.contains(|c: char| c.is_control() || c == '\u{202e}'),
            "{all:?}"
        );
    }
}

#[test]
fn who_is_not_root_hears_what_was_not_seen() {
    let facts = Facts {
        is_root: false,
        user: "ada".to_owned(),
        ..healthy()
    };
    let found = findings(&facts);
    assert_eq!(worst(&found), Severity::Note);
    assert!(found.iter().any(|one| one.subject == "lingering"));
}
