//! What `systemd-analyze security` says of the services' units: within their budgets, on a scale on which
//! 10 is everything open.
//!
//! It needs no running systemd, but one of 250 or newer. The units are rendered for the one that is here.

use std::process::Command;

use juniperctl::unit::SystemdVersion;
use libtest_mimic::{Failed, Trial};

use crate::case::Case;
use crate::needs;
use crate::verify::installed;

/// The configurations whose services are judged: as shipped, and with GPUs.
const JUDGED: [&str; 2] = ["02-profile-full", "12-gpus"];

/// The first `systemd-analyze` that judges files.
const OFFLINE: u32 = 250;

/// The budget of a service, in tenths.
const BUDGET: &str = "9";

/// The budget of one that may open a GPU.
const GPU_BUDGET: &str = "12";

/// The judgements of the cases.
pub(crate) fn trials(cases: &[Case]) -> Vec<Trial> {
    let judged = cases
        .iter()
        .filter(|case| JUDGED.contains(&case.name.as_str()));
    let trials: Vec<Trial> = judged.cloned().map(trial).collect();
    assert_eq!(trials.len(), JUDGED.len(), "{JUDGED:?} are not all there");
    trials
}

fn trial(case: Case) -> Trial {
    let name = format!("{}_is_within_its_exposure_budgets", case.name);
    match installed() {
        None => needs::programs(&["systemd-analyze"], &name, || {
            Err("systemd-analyze does not tell its version".into())
        }),
        Some(version) if !version.has(OFFLINE) => {
            needs::ignored(&name, &format!("systemd {version} judges no files"))
        }
        Some(version) => Trial::test(name, move || judge(&case, version)),
    }
}

fn judge(case: &Case, version: SystemdVersion) -> Result<(), Failed> {
    let directory = tempfile::tempdir().unwrap();
    let mut judged = 0;
    for (name, text) in case.rendered(Some(version.min(SystemdVersion::NEWEST)))? {
        if !text.contains("\nUser=juniper\n") || !text.contains("gate exec") {
            continue;
        }
        let unit = directory.path().join(&name);
        std::fs::write(&unit, &text).unwrap();
        let budget = if text.contains("nvidia") {
            GPU_BUDGET
        } else {
            BUDGET
        };
        let output = Command::new("systemd-analyze")
            .args(["security", "--no-pager", "--offline=true", "--threshold"])
            .arg(budget)
            .arg(&unit)
            .output()
            .unwrap();
        if !output.status.success() {
            let told = [output.stdout, output.stderr].concat();
            return Err(format!(
                "{name} is above its budget of {budget} tenths:\n{}",
                String::from_utf8_lossy(&told)
            )
            .into());
        }
        judged += 1;
    }
    // data, cascor, the workers; canopy where the profile has it.
    if judged < 3 {
        return Err(format!("only {judged} services were judged").into());
    }
    Ok(())
}
