//! Writing unit files, for the group and for a thousand services.

use std::fmt::Write as _;

use juniper_lab::Error;

use super::RUNS;
use super::report::{Section, Verdict, row};
use super::site::Site;

/// How many services the large configuration has.
const MANY: u16 = 1_000;

/// Services in one chain of dependencies of the large configuration.
const CHAIN: u16 = 10;

/// The most that four and a thousand may take, in milliseconds.
const TARGETS: [f64; 2] = [3.0, 40.0];

const CONFIGURATION: &str = "/run/bench/many.toml";

/// Times rendering, checking, and the copying of the same files as the limit of what is possible.
pub(super) fn measure(site: &Site) -> Result<Section, Error> {
    site.machine.write(CONFIGURATION, many(MANY), 0o644)?;
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
    ];
    let lines: Vec<&str> = cases.iter().map(|(_, line)| line.as_str()).collect();
    let samples = site.time(&lines, RUNS)?;
    let rows = cases
        .iter()
        .zip(&samples)
        .map(|((name, _), sample)| row(name, sample));
    let targets = [0, 2].iter().zip(TARGETS);
    let verdicts = targets.filter_map(|(&case, target)| {
        let (name, _) = cases.get(case)?;
        Some(Verdict::time(name, samples.get(case)?.median(), target))
    });
    Ok(Section {
        title: "Writing unit files",
        method: format!(
            "Whole processes, {RUNS} rounds in which all take turns. The 1,000 services are generated: \
             chains of {CHAIN}, each with a port, a probe and a variable. Files are written to memory, over \
             those of the round before."
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
