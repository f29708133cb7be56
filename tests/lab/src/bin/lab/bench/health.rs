//! `juniperctl health` beside what an operator would type instead.

use juniper_lab::Error;

use super::report::{Section, Verdict, milliseconds};
use super::site::{GROUP, Site, TARGET as GROUP_TARGET};
use super::statistics::Sample;

/// Cheap enough to do more often.
const ROUNDS: usize = 100;

/// How long `health` may take relative to `curl -Z`.
const TARGET: f64 = 1.0;

/// Times all of them in turns on the running group.
pub(super) fn measure(site: &Site) -> Result<Section, Error> {
    site.start(GROUP_TARGET, &GROUP)?;
    let urls = GROUP.map(super::site::Service::url);
    let quiet: Vec<String> = urls
        .iter()
        .map(|url| format!("-o /dev/null {url}"))
        .collect();
    let parallel = format!("curl --parallel -s {}", quiet.join(" "));
    let each: Vec<String> = quiet.iter().map(|one| format!("curl -s {one}")).collect();
    let sequence = each.join(" ; ");
    let units = GROUP.map(|service| service.unit).join(" ");
    let is_active = format!("systemctl is-active {units}");
    let cases = [
        ("`juniperctl health`", "juniperctl health"),
        ("`curl --parallel` of the four endpoints", &parallel),
        ("`curl` four times", &sequence),
        ("`systemctl is-active` (asks no service)", &is_active),
    ];
    let samples = site.time(&cases.map(|(_, line)| line), ROUNDS)?;
    site.stop()?;
    Ok(section(&cases.map(|(name, _)| name), &samples))
}

fn section(names: &[&str], samples: &[Sample]) -> Section {
    let health = samples.first().map_or(f64::NAN, Sample::median);
    let ratio = |sample: &Sample| health / sample.median();
    let rows = names.iter().zip(samples).map(|(name, sample)| {
        vec![
            (*name).to_owned(),
            milliseconds(sample.median()),
            milliseconds(sample.p95()),
            format!("{:.2}", ratio(sample)),
        ]
    });
    let curl = samples.get(1).map_or(f64::NAN, ratio);
    Section {
        title: "Asking the group",
        method: format!(
            "The four stand-ins run and are ready. Whole processes, timed from within the machine, \
             {ROUNDS} rounds in which all take turns. `health` also asks systemd for the state of each unit."
        ),
        header: vec!["", "median", "p95", "`health` takes, relative to it"],
        rows: rows.collect(),
        verdicts: vec![Verdict::ratio(
            "`juniperctl health` relative to `curl --parallel` of the same endpoints",
            curl,
            TARGET,
        )],
        notes: Vec::new(),
    }
}
