//! Writing unit files, for the group and for a thousand services.

use std::fmt::Write as _;

use juniper_lab::Error;

use super::RUNS;
use super::report::{Section, Verdict, row};
use super::site::Site;

/// How many services the large configuration has.
const MANY: u16 = 1_000;

/// How many services the configuration has that is checked.
const CHECKED: u16 = 2_000;

/// How often systemd is asked the same; it takes its time.
const ASKED: usize = 3;

/// Services in one chain of dependencies of the large configuration.
const CHAIN: u16 = 10;

/// The most that writing four and a thousand, and checking two thousand, may take, in milliseconds.
const TARGETS: [f64; 3] = [3.0, 40.0, 200.0];

const CONFIGURATION: &str = "/run/bench/many.toml";
const CHECKED_CONFIGURATION: &str = "/run/bench/checked.toml";
const REFUSED_CONFIGURATION: &str = "/run/bench/refused.toml";
/// Checks what is refused, and is content with that.
const REFUSING: &str = "/run/bench/refusing";
/// Has systemd look at the units of what is checked.
const VERIFYING: &str = "/run/bench/verifying";

/// Times rendering, checking, and the copying of the same files as the limit of what is possible.
pub(super) fn measure(site: &Site) -> Result<Section, Error> {
    site.machine.write(CONFIGURATION, many(MANY), 0o644)?;
    let checked = many(CHECKED);
    let refused = checked.replace("\nport = ", "\nprot = ");
    site.machine.write(CHECKED_CONFIGURATION, checked, 0o644)?;
    site.machine.write(REFUSED_CONFIGURATION, refused, 0o644)?;
    let refusing = format!(
        "#!/bin/sh\njuniperctl --config {REFUSED_CONFIGURATION} check 2>/dev/null\n[ $? -eq 3 ]\n"
    );
    site.machine.write(REFUSING, refusing, 0o755)?;
    let verifying = "#!/bin/sh\ncd /run/bench/checked && \
                     exec systemd-analyze verify --man=no --recursive-errors=no ./juniper-made-* 2>/dev/null\n";
    site.machine.write(VERIFYING, verifying, 0o755)?;
    let large = format!("--config {CONFIGURATION}");
    let cases = [
        (
            "`render` of the mock group",
            "juniperctl render --profile mock --out /run/bench/four".to_owned(),
        ),
        ("`cp` of its files", copy("four")),
        (
            "`render` of 1,000 services",
            format!("juniperctl {large} render --out /run/bench/many"),
        ),
        ("`cp` of their files", copy("many")),
        (
            "`check` of 1,000 services",
            format!("juniperctl {large} check"),
        ),
        (
            "`check` of 2,000 services",
            format!("juniperctl --config {CHECKED_CONFIGURATION} check"),
        ),
        (
            "`check` of 2,000 services, each with two faults",
            REFUSING.to_owned(),
        ),
    ];
    let lines: Vec<&str> = cases.iter().map(|(_, line)| line.as_str()).collect();
    let samples = site.time(&lines, RUNS)?;
    site.run(&[
        "juniperctl",
        "--config",
        CHECKED_CONFIGURATION,
        "render",
        "--out",
        "/run/bench/checked",
    ])?;
    let instead = site.time(&[VERIFYING], ASKED)?;
    let rows = cases
        .iter()
        .zip(&samples)
        .map(|((name, _), sample)| row(name, sample))
        .chain(instead.iter().map(|sample| {
            row(
                "`systemd-analyze verify` of the 2,000 units, once they are written",
                sample,
            )
        }));
    let targets = [0, 2, 5].iter().zip(TARGETS);
    let verdicts = targets.filter_map(|(&case, target)| {
        let (name, _) = cases.get(case)?;
        Some(Verdict::time(name, samples.get(case)?.median(), target))
    });
    Ok(Section {
        title: "Writing unit files",
        method: format!(
            "Whole processes, {RUNS} rounds in which all take turns. The 1,000 services are generated: \
             chains of {CHAIN}, each with a port, a probe and a variable. Files are written to memory, over \
             those of the round before. `check` judges all six profiles, down to the exposure of each unit; what one \
             would do instead, `systemd-analyze verify`, takes {ASKED} rounds and sees neither ports nor gates."
        ),
        header: vec!["", "median", "p95"],
        rows: rows.collect(),
        verdicts: verdicts.collect(),
        notes: Vec::new(),
    })
}

fn copy(directory: &str) -> String {
    format!("cp -rT /run/bench/{directory} /run/bench/{directory}-copy")
}

/// A configuration with so many services.
fn many(count: u16) -> String {
    let mut text = String::new();
    let mut names = Vec::new();
    for number in 0..count {
        let port = 10_000 + number;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n[services.made-{number}]\n\
             command = [\"/opt/made/bin/serve\", \"--number\", \"{number}\"]\n\
             port = {port}\n\
             readiness = {{ path = \"/v1/health/ready\" }}\n\
             environment = {{ MADE_NUMBER = \"{number}\" }}\n"
        );
        if number % CHAIN != 0 {
            let before = number - 1;
            let _ = writeln!(
                text,
                "depends_on = {{ made-{before} = {{ gate = \"ready\" }} }}"
            );
        }
        names.push(format!("\"made-{number}\""));
    }
    let names = names.join(", ");
    format!("profile = \"many\"\n{text}\n[profiles.many]\nservices = [{names}]\n")
}

#[cfg(test)]
mod tests {
    use super::many;

    #[test]
    fn chains_begin_anew_every_ten_services() {
        let text = many(20);
        assert_eq!(text.matches("[services.made-").count(), 20);
        assert_eq!(text.matches("depends_on").count(), 18);
        assert!(!text.contains("made-9 = "));
        assert!(text.ends_with("\"made-18\", \"made-19\"]\n"));
    }
}
