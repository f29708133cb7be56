//! Who holds the ports of the stack, and how to have them back.

use super::facts::{Facts, Held, Holder, PAGE, Port};
use super::{Finding, Severity};

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    facts
        .ports
        .iter()
        .map(|port| of_port(port, facts))
        .collect()
}

/// What holds a port, by its control group and its program.
#[derive(Debug, PartialEq, Eq)]
enum Kind<'h> {
    /// A unit of the system.
    Unit(&'h str),
    /// A unit of a user's own manager.
    UserUnit { unit: &'h str, user: &'h str },
    /// Docker's relay to a container.
    DockerProxy,
    /// A container in the machine's network.
    Container,
    /// systemd, for a socket unit.
    Systemd,
    /// A process that somebody started.
    Process,
}

/// The key that says which port its owner listens on.
fn key(owner: &str) -> String {
    if owner == PAGE {
        return "watchdog.listen".to_owned();
    }
    // Instances count on from the port of their service.
    let service = owner.split('@').next().unwrap_or(owner);
    format!("services.{service}.port")
}

fn of_port(port: &Port, facts: &Facts) -> Finding {
    let by_user = facts.user_mode.is_some();
    let subject = format!("port {} ({})", port.address.port(), port.owner);
    let holder = match &port.held {
        Held::Free => {
            return Finding::new(
                Severity::Good,
                &subject,
                &format!("{} is free", port.address),
            );
        }
        Held::Unseen if by_user => {
            return Finding::new(
                Severity::Error,
                &subject,
                "it is held by a process of somebody else: of the system, or of another user with the same ports",
            )
            .mend(&format!(
                "choose another one: {} in /etc/juniper/juniper.toml; root sees who holds it: \
                 sudo ss -ltnp 'sport = :{}'",
                key(&port.owner),
                port.address.port()
            ));
        }
        Held::Unseen => {
            return Finding::new(
                Severity::Warning,
                &subject,
                "it is held by a process that only root may see",
            )
            .mend("sudo juniperctl doctor");
        }
        Held::By(holder) => holder,
    };
    let kind = kind(holder);
    let is_own = |unit: &str| port.units.iter().any(|own| own == unit);
    match kind {
        Kind::Unit(unit) if is_own(unit) && !by_user => {
            return Finding::new(
                Severity::Good,
                &subject,
                &format!("held by {unit}, whose it is"),
            );
        }
        Kind::UserUnit { unit, user } if by_user && is_own(unit) && *user == facts.user => {
            return Finding::new(
                Severity::Good,
                &subject,
                &format!("held by your own {unit}, whose it is"),
            );
        }
        Kind::Systemd if port.units.iter().any(|unit| unit.ends_with(".socket")) => {
            return Finding::new(
                Severity::Good,
                &subject,
                "held by systemd for a socket of the group",
            );
        }
        _ => {}
    }
    let who = format!(
        "held by {} (process {}, user {}): {}",
        holder.name, holder.pid, holder.user, holder.command
    );
    let (whose, mend) = match kind {
        Kind::Unit(unit) => (
            format!("unit {unit}"),
            format!("sudo systemctl disable --now {}", quoted(unit)),
        ),
        Kind::UserUnit { unit, user } => (
            format!("unit {unit} of the own manager of user {user}"),
            format!(
                "sudo systemctl --user --machine={}@ disable --now {}",
                quoted(user),
                quoted(unit)
            ),
        ),
        Kind::DockerProxy => (
            "a published port of a container, as of a Compose stack that runs".to_owned(),
            format!(
                "docker ps --filter publish={}; then `docker compose down` where its file is",
                port.address.port()
            ),
        ),
        Kind::Container => (
            "a container in the machine's network".to_owned(),
            "docker ps; then `docker compose down` where its file is".to_owned(),
        ),
        Kind::Systemd => (
            "a socket unit of systemd's".to_owned(),
            format!("systemctl list-sockets | grep -w {}", port.address.port()),
        ),
        Kind::Process => (
            "started by hand, or left behind by what started it".to_owned(),
            format!("sudo kill {}", holder.pid),
        ),
    };
    Finding::new(Severity::Error, &subject, &format!("{who}; {whose}")).mend(&mend)
}

/// Whose a process is, from its control group (cgroups(7)).
fn kind(holder: &Holder) -> Kind<'_> {
    if holder.name == "docker-proxy" {
        return Kind::DockerProxy;
    }
    if holder.pid == 1 {
        return Kind::Systemd;
    }
    let parts: Vec<&str> = holder.control_group.split('/').collect();
    let last = parts.iter().rev().copied().find(|part| {
        [".service", ".scope", ".socket"]
            .iter()
            .any(|kind| part.ends_with(kind))
    });
    let contained = |part: &&str| {
        part.starts_with("docker-")
            || part.starts_with("libpod-")
            || **part == *"docker"
            || **part == *"kubepods.slice"
    };
    if parts.iter().any(contained) {
        return Kind::Container;
    }
    let manager = parts
        .iter()
        .any(|part| part.starts_with("user@") && part.ends_with(".service"));
    match last {
        Some(unit) if manager && unit.ends_with(".service") && !unit.starts_with("user@") => {
            Kind::UserUnit {
                unit,
                user: &holder.user,
            }
        }
        Some(unit) if !manager && unit.ends_with(".service") => Kind::Unit(unit),
        _ => Kind::Process,
    }
}

/// A word that a shell leaves alone.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%_+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, key, kind, quoted};
    use crate::preflight::facts::{Holder, PAGE};

    #[test]
    fn a_port_is_changed_by_a_key_that_there_is() {
        for (owner, wanted) in [
            ("data", "services.data.port"),
            ("worker@2", "services.worker.port"),
            (PAGE, "watchdog.listen"),
        ] {
            assert_eq!(key(owner), wanted);
        }
    }

    #[test]
    fn whose_a_process_is() {
        let cases = [
            (
                "python",
                9,
                "/system.slice/juniper-data.service",
                Kind::Unit("juniper-data.service"),
            ),
            (
                "python",
                9,
                "/user.slice/user-1000.slice/user@1000.service/app.slice/juniper-data.service",
                Kind::UserUnit {
                    unit: "juniper-data.service",
                    user: "ada",
                },
            ),
            (
                "python",
                9,
                "/user.slice/user-1000.slice/session-3.scope",
                Kind::Process,
            ),
            (
                "python",
                9,
                "/user.slice/user-1000.slice/user@1000.service/init.scope",
                Kind::Process,
            ),
            (
                "docker-proxy",
                9,
                "/system.slice/docker.service",
                Kind::DockerProxy,
            ),
            (
                "python",
                9,
                "/system.slice/docker-0123.scope",
                Kind::Container,
            ),
            ("systemd", 1, "/init.scope", Kind::Systemd),
            ("python", 9, "", Kind::Process),
        ];
        for (name, pid, control_group, wanted) in cases {
            let holder = Holder {
                pid,
                name: name.to_owned(),
                user: "ada".to_owned(),
                control_group: control_group.to_owned(),
                ..Holder::default()
            };
            assert_eq!(kind(&holder), wanted, "{control_group}");
        }
    }

    #[test]
    fn a_unit_name_is_one_word_for_a_shell() {
        assert_eq!(quoted("juniper-data@1.service"), "juniper-data@1.service");
        assert_eq!(quoted("a;reboot.service"), "'a;reboot.service'");
        assert_eq!(quoted("a'b"), "'a'\\''b'");
    }
}
