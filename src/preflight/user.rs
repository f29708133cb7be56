//! What user mode hangs on: lingering, namespaces, a journal of the user's own.

use super::facts::Facts;
use super::{Finding, Severity};

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let Some(mode) = &facts.user_mode else {
        return Vec::new();
    };
    let user = &facts.user;
    let mut findings = vec![if facts.lingers {
        let evidence =
            format!("it is on: the group of {user} starts at boot and outlives every session");
        Finding::new(Severity::Good, "lingering", &evidence)
    } else {
        let evidence = format!(
            "it is off: the group of {user} starts with the first session and ends with the last, a reboot starts \
             nothing"
        );
        Finding::new(Severity::Warning, "lingering", &evidence).mend("loginctl enable-linger")
    }];
    findings.extend(mode.namespaces.map(|allowed| {
        let subject = "namespaces";
        if allowed {
            let evidence = "services of your own manager may have them: the sandbox is as tight as user mode allows";
            return Finding::new(Severity::Good, subject, evidence);
        }
        let by = if mode.restrained_by.is_empty() {
            "a security module or a container".to_owned()
        } else {
            mode.restrained_by.join(", ")
        };
        let evidence = format!(
            "no service of your own manager starts with them, so units do without: files of the services are not \
             kept apart, and nothing of your home is hidden; kept from it by {by}"
        );
        Finding::new(Severity::Warning, subject, &evidence).mend(
            "have root allow them: an AppArmor profile for systemd with `userns,`, or sysctl settings; then install again",
        )
    }));
    findings.push(if mode.journal {
        Finding::new(Severity::Good, "journal", "you may read what your services say")
    } else {
        let evidence = "it is kept in memory, where users have no part of their own: `logs` and `why` show nothing";
        Finding::new(Severity::Warning, "journal", evidence).mend(
            "as root: mkdir -p /var/log/journal, then systemctl restart systemd-journald",
        )
    });
    findings
}
