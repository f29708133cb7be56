//! What the gates cost one service: its start under the generated unit against its own time to ready.

use std::time::Duration;

use juniper_lab::Error;

use super::random::Delays;
use super::report::{Section, Verdict, milliseconds, row};
use super::site::{DATA, Site};
use super::statistics::Sample;
use super::unit_text::{ready_after, without_gates};
use super::{JITTER, RUNS};

/// How long the service itself takes.
const OWN: Duration = Duration::from_millis(500);

/// How often each variant is started: the sandbox alone takes 40 to 70 ms, and the spread of that
/// hides small differences in a few runs.
const STARTS: usize = 3 * RUNS;

/// The most that the gates may add, in milliseconds.
const TARGET: f64 = 10.0;

/// How data is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    /// As generated, while a prober looks.
    Gated,
    /// As generated, alone.
    Alone,
    /// Without gates, while a prober looks: nobody else could tell when it is ready.
    Bare,
}

/// What was measured; the samples are paired run by run.
#[derive(Debug, Default)]
struct Measured {
    ready: Sample,
    active: Sample,
    returned: Sample,
    alone: Sample,
    bare_ready: Sample,
    bare_returned: Sample,
}

/// Measures the variants in turns.
pub(super) fn measure(site: &Site) -> Result<Section, Error> {
    let unit = site.run(&["systemctl", "cat", DATA.unit])?;
    let bare = without_gates(&unit).ok_or_else(|| {
        let what = format!("{} has no gate to take out:\n{unit}", DATA.unit);
        site.machine.unexpected(what)
    })?;
    let mut delays = Delays::seeded();
    let mut measured = Measured::default();
    let mut turns = [Variant::Gated, Variant::Alone, Variant::Bare];
    for _ in 0..STARTS {
        let ready_after = ready_after(OWN + delays.below(JITTER));
        for variant in turns {
            let text = match variant {
                Variant::Gated | Variant::Alone => ready_after.clone(),
                Variant::Bare => format!("{ready_after}{bare}"),
            };
            site.drop_in(DATA.unit, Some(&text))?;
            site.reload()?;
            measured.note(site, variant)?;
            site.stop()?;
        }
        // Another one goes first each time, so that none always finds the caches warm.
        turns.rotate_left(1);
    }
    site.drop_in(DATA.unit, None)?;
    site.reload()?;
    Ok(measured.section())
}

impl Measured {
    fn note(&mut self, site: &Site, variant: Variant) -> Result<(), Error> {
        if variant == Variant::Alone {
            self.alone.push(site.start(DATA.unit, &[])?.returned);
            return Ok(());
        }
        let started = site.start(DATA.unit, &[DATA])?;
        if variant == Variant::Bare {
            self.bare_ready.push(started.ready(DATA));
            self.bare_returned.push(started.returned);
        } else {
            let (_, active) = site.moments(DATA.unit, &started)?;
            self.ready.push(started.ready(DATA));
            self.active.push(active);
            self.returned.push(started.returned);
        }
        Ok(())
    }

    fn section(&self) -> Section {
        let overhead = self.returned.minus(&self.bare_ready);
        let alone = self.alone.minus(&self.bare_ready);
        let steps = [
            self.ready.minus(&self.bare_ready),
            self.active.minus(&self.ready),
            self.returned.minus(&self.active),
        ];
        let [before, after, told] = steps.map(|step| milliseconds(step.median()));
        Section {
            title: "What a gate costs",
            method: format!(
                "The stand-in for data, ready {} ms after its start plus up to {} ms at random, started \
                 by `systemctl start` {STARTS} times each under the generated unit and under the same \
                 unit with the gates taken out by a drop-in, in turns and with the same delays, while an \
                 outside prober asks every millisecond. The overhead is the time until the gated start \
                 returns, less the time until the ungated service is ready. The prober takes a part of \
                 this small computer; so the gated start is also measured with nobody asking.",
                OWN.as_millis(),
                JITTER.as_millis(),
            ),
            header: vec!["from `systemctl start`", "median", "p95"],
            rows: vec![
                row("with gates: service ready", &self.ready),
                row("with gates: unit active", &self.active),
                row("with gates: start returned", &self.returned),
                row("with gates, nobody asking: start returned", &self.alone),
                row("without gates: service ready", &self.bare_ready),
                row("without gates: start returned", &self.bare_returned),
                row("overhead, run by run", &overhead),
                row("overhead, run by run, nobody asking the gated one", &alone),
            ],
            verdicts: vec![Verdict::time(
                "what the gates add to one service's start",
                overhead.median(),
                TARGET,
            )],
            notes: vec![
                format!(
                    "The way there: {before} more until the service is ready (the gate's own start), \
                     {after} until the watcher has noticed and the unit is active, {told} until `systemctl` has heard of it and returned."
                ),
                format!(
                    "The difference of the two medians, in place of the median of the differences, is {}; \
                     how far the two lie apart shows how much the sandbox's own 50 to 100 ms vary.",
                    milliseconds(self.returned.median() - self.bare_ready.median()),
                ),
            ],
        }
    }
}
