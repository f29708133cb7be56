//! What watching costs and how soon a hang is over, beside others that watch.
//!
//! All contestants watch at the same time where only their cost counts: what disturbs one disturbs
//! the others. Where they act they take turns.

mod configuration;
mod contestant;
mod cost;

use std::time::Duration;

use juniper_lab::{Command, Error};

use super::random::Delays;
use super::report::{Section, Verdict};
use super::site::{PROGRAM, Site};
use super::statistics::Sample;
use configuration::{Endpoint, Pace, juniperctl, made};
use contestant::Contestant;
use cost::costs;

/// How long processor time is counted, and how long is waited before it, in seconds.
const SPAN: u16 = 60;
const SETTLE: u16 = 10;

/// How often each contestant gets a hang to see.
const HANGS: usize = 7;

/// Between two hangs: what was restarted is whole again then, and nobody is in step with anything.
const PAUSE: Duration = Duration::from_secs(4);

/// Three services side by side, then a start of hundreds takes its time.
const DEADLINE: Duration = Duration::from_mins(5);

/// A minute of watching.
#[derive(Debug, Clone, Copy)]
struct Scenario {
    what: &'static str,
    count: u16,
    pace: Pace,
    /// The most memory in MiB and processor seconds per minute that are wanted, where any are.
    wanted: Option<(f64, f64)>,
}

const SCENARIOS: [Scenario; 3] = [
    Scenario {
        what: "4 endpoints every 5 s",
        count: 4,
        pace: Pace {
            interval: 5,
            timeout: 10,
            threshold: 3,
        },
        wanted: None,
    },
    Scenario {
        what: "4 endpoints every second",
        count: 4,
        pace: EVERY_SECOND,
        wanted: Some((3.6, 0.1)),
    },
    Scenario {
        what: "200 endpoints every second",
        count: 200,
        pace: EVERY_SECOND,
        wanted: Some((6.0, 0.75)),
    },
];

const EVERY_SECOND: Pace = Pace {
    interval: 1,
    timeout: 2,
    threshold: 3,
};

/// For hangs: as fast as all of them can be told to be.
const FAST: Pace = Pace {
    interval: 1,
    timeout: 1,
    threshold: 1,
};

/// The most that a hang may take, in seconds.
const HANG: f64 = 2.3;

/// Measures the costs, then the hangs.
pub(super) fn measure(site: &Site) -> Result<Section, Error> {
    let mut rows = Vec::new();
    let mut verdicts = Vec::new();
    let mut notes = Vec::new();
    for scenario in SCENARIOS {
        let endpoints = made(scenario.count);
        set(site, &endpoints, scenario.pace)?;
        let (costs, opened) = costs(site, scenario, &endpoints)?;
        let what = scenario.what;
        rows.push(row(&format!("{what}: memory (PSS)"), costs, |cost| {
            format!("{:.1} MiB", cost.memory)
        }));
        rows.push(row(&format!("{what}: processor time"), costs, |cost| {
            format!("{:.3} s/min", cost.processor)
        }));
        if let (Some((memory, processor)), [ours, ..]) = (scenario.wanted, costs) {
            let memory = Verdict::memory(&format!("the watchdog with {what}"), ours.memory, memory);
            verdicts.push(memory);
            let what = format!("the same in processor time, {what}");
            verdicts.push(Verdict::processor(&what, ours.processor, processor));
        }
        notes.push(format!(
            "{what}: in this minute {opened} connections were opened by all of them together."
        ));
    }
    let endpoints = made(4);
    set(site, &endpoints, FAST)?;
    let mut medians = [f64::NAN; 3];
    for (median, contestant) in medians.iter_mut().zip(Contestant::ALL) {
        if contestant.is_here(site) {
            *median = hangs(site, contestant, &endpoints)?.median() / 1_000.0;
        }
    }
    rows.push(row("a hang, until ready again", medians, |seconds| {
        format!("{seconds:.2} s")
    }));
    let [ours, ..] = medians;
    verdicts.push(Verdict::seconds("from a hang to ready again", ours, HANG));
    site.run(&["juniperctl", "stop"])?;
    notes.extend(versions(site));
    Ok(Section {
        title: "Watching",
        method: method(),
        header: [""]
            .into_iter()
            .chain(Contestant::ALL.map(Contestant::name))
            .collect(),
        rows,
        verdicts,
        notes,
    })
}

/// Has the group run, and nobody watch it.
fn set(site: &Site, endpoints: &[Endpoint], pace: Pace) -> Result<(), Error> {
    let text = juniperctl(endpoints, pace);
    site.run(&["juniperctl", "stop"])?;
    site.machine
        .write("/etc/juniper/juniper.toml", text, 0o644)?;
    site.run(&["juniperctl", "install", "--yes"])?;
    // Not by way of the target, which has the group ready in time, and watched.
    let mut start = vec!["systemctl", "start"];
    start.extend(endpoints.iter().map(|endpoint| endpoint.unit.as_str()));
    let start = Command::new(&start).deadline(DEADLINE);
    site.machine.succeed_with(start).map(drop)
}

/// Has the services hang one after the other while one contestant watches.
fn hangs(site: &Site, contestant: Contestant, endpoints: &[Endpoint]) -> Result<Sample, Error> {
    contestant.start(site, endpoints, FAST)?;
    let mut delays = Delays::seeded();
    let mut sample = Sample::default();
    for endpoint in endpoints.iter().cycle().take(HANGS) {
        let pause = PAUSE + delays.below(Duration::from_secs(1));
        let facts = site.run(&[
            PROGRAM,
            "inside",
            "hang",
            &format!("--port={}", contestant.port(endpoint)),
            &format!("--pause={}", pause.as_micros()),
        ])?;
        let again = facts.trim().strip_prefix("again ");
        let again = again.and_then(|text| text.parse::<f64>().ok());
        sample.push(again.unwrap_or(f64::NAN) / 1_000.0);
    }
    contestant.stop(site)?;
    Ok(sample)
}

fn row<T: Copy>(name: &str, values: [T; 3], written: impl Fn(T) -> String) -> Vec<String> {
    let cells = values.map(|value| {
        let text = written(value);
        if text.starts_with("NaN") {
            "not had".to_owned()
        } else {
            text
        }
    });
    [name.to_owned()].into_iter().chain(cells).collect()
}

/// Which versions of the others were measured, or that they were not.
fn versions(site: &Site) -> Vec<String> {
    let mut notes = Vec::new();
    for (contestant, program) in [
        (Contestant::Monit, super::site::MONIT),
        (Contestant::Servicrab, super::site::SERVICRAB),
    ] {
        let version = site
            .run(&[program, "--version"])
            .ok()
            .filter(|_| contestant.is_here(site));
        let first = version.as_deref().and_then(|text| text.lines().next());
        notes.push(match first {
            Some(version) => format!("{}: {version}", contestant.name()),
            None => format!(
                "{} could not be had here and was not measured.",
                contestant.name()
            ),
        });
    }
    notes
}

fn method() -> String {
    format!(
        "Stand-ins for data, each a service of its own; each is asked over HTTP whether it is alive, on a \
         connection of its own. juniperctl and monit watch the units of the generated group, servicrab as \
         many stand-ins that it runs itself. All three watch at the same time: after {SETTLE} s their \
         processor time is counted for {SPAN} s by the kernel's scheduler, then their memory is taken. \
         juniperctl also asks systemd for the units' states each round, judges the body, and runs in \
         its sandbox with system calls filtered; the peers take the status code and run without one. \
         For the hangs each watches alone, one bad answer counts, an answer may take 1 s, and the services hang one \
         after the other, {HANGS} times, at random moments; the median is from the hang until an outside prober \
         has a ready answer. juniperctl ends what hangs so that a Python service would leave its traceback; \
         monit has systemd kill it; servicrab sends SIGQUIT, which a stand-in cannot miss."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_had_is_said() {
        let row = row("memory", [1.0, f64::NAN, 2.0], |value| {
            format!("{value:.1}")
        });
        assert_eq!(row, ["memory", "1.0", "not had", "2.0"]);
    }
}
