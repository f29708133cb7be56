//! The programs of the services: there, new enough, and able to import what they are to run.

use super::facts::{Facts, Presence, Program, Trial};
use super::{Finding, Severity};
use crate::provision::{how_to_get, how_to_replace};

/// The oldest Python that the services run on.
const OLDEST_PYTHON: (u32, u32) = (3, 12);

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    facts.programs.iter().map(of_program).collect()
}

fn of_program(program: &Program) -> Finding {
    let subject = format!("program of {}", program.service);
    let path = &program.path;
    let install = format!(
        "{}, or correct services.{}.command",
        how_to_get(&program.service, path),
        program.service
    );
    match program.presence {
        Presence::Missing => {
            let finding = Finding::new(Severity::Error, &subject, &format!("{path} is not there"));
            return finding.mend(&install);
        }
        Presence::NotExecutable => {
            let evidence = format!("{path} is there and cannot be executed");
            return Finding::new(Severity::Error, &subject, &evidence)
                .mend(&format!("sudo chmod a+x {path}; or {install}"));
        }
        Presence::There => {}
    }
    if !program.python {
        return Finding::new(Severity::Good, &subject, &format!("{path} is there"));
    }
    let module = program.module.as_deref();
    let imports = |user: &str| {
        module.map_or_else(String::new, |module| {
            format!(", imports {module} as {user}")
        })
    };
    match &program.trial {
        Trial::NotRun(why) => Finding::new(
            Severity::Note,
            &subject,
            &format!("{path} is there; it was not run: {why}"),
        ),
        Trial::Passed { user, version } if is_new_enough(version) => Finding::new(
            Severity::Good,
            &subject,
            &format!("{path}: Python {version}{}", imports(user)),
        ),
        Trial::Passed { version, .. }
        | Trial::Failed {
            version: Some(version),
            ..
        } if !is_new_enough(version) => {
            let evidence = format!("{path} is Python {version}; the services need 3.12 or newer");
            Finding::new(Severity::Error, &subject, &evidence).mend(&format!(
                "{}, or correct services.{}.command",
                how_to_replace(&program.service, path),
                program.service
            ))
        }
        Trial::Passed { version, .. } => Finding::new(Severity::Error, &subject, version),
        Trial::Failed { user, version, why } => {
            let evidence = match (version, module) {
                (Some(version), Some(module)) => {
                    format!("{path} (Python {version}) cannot import {module} as {user}: {why}")
                }
                _ => format!("{path} cannot be run as {user}: {why}"),
            };
            Finding::new(Severity::Error, &subject, &evidence).mend(&format!(
                "{}; or install what is missing into that of {path}, readable by {user}",
                how_to_replace(&program.service, path)
            ))
        }
        Trial::TimedOut { user, seconds } => {
            let evidence = format!("{path} was not done after {seconds} s, as {user}");
            Finding::new(Severity::Warning, &subject, &evidence)
                .mend("juniperctl doctor --import-timeout 300")
        }
    }
}

fn is_new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= OLDEST_PYTHON,
        _ => false,
    }
}
