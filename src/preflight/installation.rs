//! What is installed, whose the directories are, and what of an earlier installation is still there.

use super::facts::{Facts, Installation};
use super::{Finding, Severity};

pub(super) fn directories(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut good = Vec::new();
    for directory in &facts.directories {
        let Some((owner, mode)) = &directory.found else {
            continue;
        };
        let (path, wanted) = (&directory.path, &directory.owner);
        let open = mode & directory.forbidden;
        if owner != wanted {
            let evidence =
                format!("{path} belongs to {owner} instead of {wanted} (mode {mode:04o})");
            // What is a service's own systemd gives it again at its next start.
            let severity = if wanted == "root" {
                Severity::Error
            } else {
                Severity::Warning
            };
            findings.push(
                Finding::new(severity, "directory", &evidence)
                    .mend(&format!("sudo chown {wanted}: {path}")),
            );
        } else if open != 0 {
            let evidence =
                format!("{path} has mode {mode:04o}: it is open to others than {wanted}");
            findings.push(
                Finding::new(Severity::Warning, "directory", &evidence).mend(&format!(
                    "sudo chmod {:04o} {path}",
                    mode & !directory.forbidden
                )),
            );
        } else {
            good.push(path.as_str());
        }
    }
    if !good.is_empty() {
        let evidence = format!("owner and mode are right: {}", good.join(", "));
        findings.push(Finding::new(Severity::Good, "directories", &evidence));
    }
    findings
}

pub(super) fn installation(facts: &Facts) -> Vec<Finding> {
    let subject = "installation";
    let mut findings = vec![match &facts.installation {
        Installation::Never => Finding::new(Severity::Note, subject, "nothing is installed yet")
            .mend("sudo juniperctl install"),
        Installation::AsConfigured {
            profile,
            enabled: true,
        } => Finding::new(
            Severity::Good,
            subject,
            &format!("profile {profile}, as configured, started at boot"),
        ),
        Installation::AsConfigured {
            profile,
            enabled: false,
        } => {
            let evidence =
                format!("profile {profile}, as configured; juniper.target is not started at boot");
            Finding::new(Severity::Warning, subject, &evidence).mend("sudo juniperctl install")
        }
        Installation::Drifted(units) => {
            let evidence = format!("these units are not as configured: {}", units.join(", "));
            Finding::new(Severity::Warning, subject, &evidence)
                .mend("juniperctl install --dry-run shows how; sudo juniperctl install")
        }
        Installation::InTheWay(files) => {
            let evidence = format!(
                "these files were not written by juniperctl: {}",
                files.join(", ")
            );
            Finding::new(Severity::Error, subject, &evidence)
                .mend("move them away; they are in /etc/systemd/system")
        }
        Installation::Unknown(why) => Finding::new(
            Severity::Warning,
            subject,
            &format!("it cannot be told: {why}"),
        ),
    }];
    if let Some(path) = &facts.closed {
        let evidence =
            format!("the watchdog's user may not read {path}: it would watch over nothing");
        findings.push(
            Finding::new(Severity::Error, "configuration", &evidence).mend(&format!(
                "sudo chmod a+rX {path}; directories above it must let others through, too"
            )),
        );
    }
    for path in &facts.user_units {
        let evidence = format!(
            "{path}: a unit of a user's own manager, which may start the service beside the group's"
        );
        findings.push(
            Finding::new(Severity::Warning, "upstream unit", &evidence)
                .mend("as that user: systemctl --user disable --now its name; `juniperctl import` reads such files"),
        );
    }
    findings
}
