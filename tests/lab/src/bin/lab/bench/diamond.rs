//! What the gates cost the group: the start of the whole diamond against its critical path.
//!
//! data -> cascor -> worker, data + cascor -> canopy; the longest way is data, cascor, canopy.

use std::time::Duration;

use juniper_lab::Error;

use super::random::Delays;
use super::report::{Section, Verdict, milliseconds, row};
use super::site::{
    CANOPY, CASCOR, DATA, GROUP, Service, Site, Started, TARGET as GROUP_TARGET, WORKER,
};
use super::statistics::Sample;
use super::tail::Tail;
use super::unit_text::{configuration, without_gates};
use super::{JITTER, RUNS};

/// How long each service itself takes.
const OWN: [(Service, Duration); 4] = [
    (DATA, Duration::from_millis(500)),
    (CASCOR, Duration::from_millis(1_500)),
    (WORKER, Duration::from_secs(1)),
    (CANOPY, Duration::from_millis(2_500)),
];

/// The longest way through it.
const CHAIN: [Service; 3] = [DATA, CASCOR, CANOPY];

/// The most that the group may need beyond it, in milliseconds.
const TARGET: f64 = 30.0;

/// What was measured; the samples are paired run by run.
#[derive(Debug, Default)]
struct Measured {
    all_ready: Sample,
    returned: Sample,
    /// The delays that were asked for, summed along the chain.
    asked: Sample,
    /// For each of the chain: its own time to ready, and the same in the group since the one before
    /// it was ready.
    own: [Sample; 3],
    gated: [Sample; 3],
    /// A start that has nothing to do: what `systemctl` itself takes.
    idle: Sample,
    tail: Tail,
}

/// Measures the group and the services of its chain in turns.
pub(super) fn measure(site: &Site) -> Result<Section, Error> {
    let mut delays = Delays::seeded();
    let mut measured = Measured::default();
    for run in 0..RUNS {
        let asked = OWN.map(|(service, own)| (service, own + delays.below(JITTER)));
        let named = asked.map(|(service, delay)| (service.name, delay));
        let text = configuration(&named);
        site.machine
            .write("/etc/juniper/juniper.toml", text, 0o644)?;
        site.run(&["juniperctl", "install", "--yes"])?;
        for grouped in [run % 2 == 0, run % 2 != 0] {
            if grouped {
                let started = site.start(GROUP_TARGET, &GROUP)?;
                measured.note_group(&started);
                measured.tail.note(site, &started)?;
                site.stop()?;
            } else {
                measured.note_chain(site)?;
            }
        }
        let chain = asked.iter().filter(|(service, _)| CHAIN.contains(service));
        let chain: Duration = chain.map(|&(_, delay)| delay).sum();
        measured.asked.push(chain.as_secs_f64() * 1_000.0);
    }
    Ok(measured.section())
}

impl Measured {
    fn note_group(&mut self, started: &Started) {
        self.all_ready.push(started.all_ready());
        self.returned.push(started.returned);
        let mut before = 0.0;
        for (sample, service) in self.gated.iter_mut().zip(CHAIN) {
            let ready = started.ready(service);
            sample.push(ready - before);
            before = ready;
        }
    }

    /// Starts the chain one by one, without gates, each when the one before it is ready.
    fn note_chain(&mut self, site: &Site) -> Result<(), Error> {
        for service in CHAIN {
            let unit = site.run(&["systemctl", "cat", service.unit])?;
            site.drop_in(service.unit, without_gates(&unit).as_deref())?;
        }
        site.reload()?;
        for (sample, service) in self.own.iter_mut().zip(CHAIN) {
            sample.push(site.start(service.unit, &[service])?.ready(service));
        }
        self.idle.push(site.start(DATA.unit, &[])?.returned);
        site.stop()?;
        for service in CHAIN {
            site.drop_in(service.unit, None)?;
        }
        site.reload()
    }

    /// The critical path of each run: the services' own times, with one `systemctl start` in all.
    fn path(&self) -> Sample {
        let [data, cascor, canopy] = &self.own;
        let twice = self.idle.plus(&self.idle);
        data.plus(cascor).plus(canopy).minus(&twice)
    }

    fn section(&self) -> Section {
        let path = self.path();
        let beyond = self.all_ready.minus(&path);
        let returned_beyond = self.returned.minus(&path);
        let mut rows = vec![
            row("all four ready", &self.all_ready),
            row("`systemctl start juniper.target` returned", &self.returned),
            row("a `systemctl start` with nothing to do", &self.idle),
            row(
                "critical path: sum of own times to ready, less two such starts",
                &path,
            ),
            row(
                "delays asked for along it (4.5 s and the random part)",
                &self.asked,
            ),
        ];
        for ((service, own), gated) in CHAIN.iter().zip(&self.own).zip(&self.gated) {
            let extra = gated.minus(own);
            rows.push(row(&format!("{}: own time to ready", service.name), own));
            rows.push(row(
                &format!("{}: in the group, more by", service.name),
                &extra,
            ));
        }
        rows.push(row("all ready, beyond the critical path", &beyond));
        rows.push(row(
            "start returned, beyond the critical path",
            &returned_beyond,
        ));
        rows.extend(self.tail.rows());
        Section {
            title: "The diamond",
            method: method(self.all_ready.count()),
            header: vec!["", "median", "p95"],
            rows,
            verdicts: vec![
                Verdict::time(
                    "the four-service diamond all ready, beyond its critical path",
                    beyond.median(),
                    TARGET,
                ),
                Verdict::time(
                    "`systemctl start juniper.target` returned, beyond the same path",
                    returned_beyond.median(),
                    TARGET,
                ),
            ],
            notes: self.notes(),
        }
    }

    fn notes(&self) -> Vec<String> {
        vec![
            "Worker and canopy start at the same time, while each service of the path had the computer \
             to itself."
                .to_owned(),
            format!(
                "Beyond the delays asked for, all were ready after {}: that counts making three sandboxes \
                 and starting three programs, which no order of starting can avoid.",
                milliseconds(self.all_ready.minus(&self.asked).median()),
            ),
        ]
    }
}

fn method(runs: usize) -> String {
    format!(
        "data (0.5 s) -> cascor (1.5 s) -> worker (1.0 s); data + cascor -> canopy (2.5 s); each plus up to \
         {} ms at random, another in each of the {runs} runs, set in juniper.toml. Measured from \
         `systemctl start juniper.target` by an outside prober that asks each service every millisecond. \
         In turns with it, data, cascor and canopy are started one by one with the same delays and \
         without gates, each by its own `systemctl start` once the one before it is ready: their own \
         times to ready, measured as above, add up to the critical path, which needs only one of these \
         three commands.",
        JITTER.as_millis(),
    )
}
