//! The counters and what the watchdog knows as the text that Prometheus reads.
//!
//! Names, units and suffixes follow Prometheus' conventions. Labels are names of the configuration,
//! which are letters, digits and dashes, and closed words; nothing a service says becomes one.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use crate::kernel_log::fault;
use crate::watchdog::{Condition, View};

use super::Tally;
use super::tally::{BUCKETS, Cause, MemberTally, ProbeTally};

pub use prometheus_text::CONTENT_TYPE;

/// The text of one answer. `can_act` tells whether systemd can be reached.
///
/// # Errors
/// None in practice: the text is written to memory.
pub fn text(tally: &Tally, view: &View, can_act: bool) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Exposition {
        tally: tally.clone(),
        view: view.clone(),
        can_act,
    }));
    let mut text = String::new();
    prometheus_text::encode(&mut text, &registry)?;
    Ok(text)
}

/// All that is told in one answer.
#[derive(Debug)]
struct Exposition {
    tally: Tally,
    view: View,
    can_act: bool,
}

type Labels<'l> = [(&'static str, &'l str)];

/// One metric family while it is written.
struct Family<'e> {
    encoder: MetricEncoder<'e>,
}

impl Family<'_> {
    fn gauge(&mut self, labels: &Labels<'_>, value: f64) -> fmt::Result {
        self.encoder.encode_family(&labels)?.encode_gauge(&value)
    }

    /// 1 where it holds, 0 where not.
    fn flag(&mut self, labels: &Labels<'_>, holds: bool) -> fmt::Result {
        let value = u32::from(holds);
        self.encoder.encode_family(&labels)?.encode_gauge(&value)
    }

    fn counter(&mut self, labels: &Labels<'_>, value: u64) -> fmt::Result {
        self.encoder
            .encode_family(&labels)?
            .encode_counter::<NoLabelSet, _, u64>(&value, None)
    }

    fn histogram(&mut self, labels: &Labels<'_>, probe: &ProbeTally) -> fmt::Result {
        let bounds = BUCKETS.into_iter().chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = bounds.zip(probe.buckets).collect();
        self.encoder
            .encode_family(&labels)?
            .encode_histogram::<NoLabelSet>(probe.seconds, probe.good + probe.bad, &buckets, None)
    }
}

impl Collector for Exposition {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.conditions(&mut encoder)?;
        self.probes(&mut encoder)?;
        self.restarts(&mut encoder)?;
        self.incidents(&mut encoder)?;
        self.gpus(&mut encoder)?;
        self.restraint(&mut encoder)?;
        self.itself(&mut encoder)
    }
}

fn family<'e>(
    encoder: &'e mut DescriptorEncoder<'_>,
    kind: MetricType,
    name: &'e str,
    help: &str,
) -> Result<Family<'e>, fmt::Error> {
    let encoder = encoder.encode_descriptor(name, help, None, kind)?;
    Ok(Family { encoder })
}

impl Exposition {
    fn conditions(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut verdicts = family(
            encoder,
            MetricType::Gauge,
            "juniper_service_verdict",
            "How a service is: 1 for the verdict that holds, 0 for the others.",
        )?;
        for member in &self.view.members {
            for verdict in Condition::ALL {
                let labels = [
                    ("service", member.label.as_str()),
                    ("verdict", verdict.word()),
                ];
                verdicts.flag(&labels, member.condition == verdict)?;
            }
        }
        Ok(())
    }

    /// Every probe that was ever asked.
    fn all_probes(&self) -> impl Iterator<Item = (&str, &'static str, &ProbeTally)> {
        self.tally.members.iter().flat_map(|(label, member)| {
            [
                (label.as_str(), "liveness", &member.liveness),
                (label.as_str(), "readiness", &member.readiness),
            ]
            .into_iter()
            .filter(|(_, _, probe)| probe.is_used())
        })
    }

    fn probes(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut successes = family(
            encoder,
            MetricType::Gauge,
            "juniper_probe_success",
            "Whether the last answer to a probe was good.",
        )?;
        for (label, kind, probe) in self.all_probes() {
            let labels = [("service", label), ("probe", kind)];
            successes.flag(&labels, probe.is_good)?;
        }
        let mut counts = family(
            encoder,
            MetricType::Counter,
            "juniper_probes",
            "Answers to probes; none in time counts as a failure.",
        )?;
        for (label, kind, probe) in self.all_probes() {
            for (result, count) in [("success", probe.good), ("failure", probe.bad)] {
                let labels = [("service", label), ("probe", kind), ("result", result)];
                counts.counter(&labels, count)?;
            }
        }
        let mut durations = family(
            encoder,
            MetricType::Histogram,
            "juniper_probe_duration_seconds",
            "How long answers to probes took.",
        )?;
        for (label, kind, probe) in self.all_probes() {
            durations.histogram(&[("service", label), ("probe", kind)], probe)?;
        }
        Ok(())
    }

    fn restarts(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut restarts = family(
            encoder,
            MetricType::Counter,
            "juniper_restarts",
            "Restarts of a service: unresponsive and wrong_state are the watchdog's, exited is \
             systemd's after it ended by itself, requested is anybody else's.",
        )?;
        for (label, member) in &self.tally.members {
            for ((_, cause), count) in Cause::ALL.iter().zip(member.restarts) {
                restarts.counter(&[("service", label), ("cause", cause)], count)?;
            }
        }
        let mut times = family(
            encoder,
            MetricType::Gauge,
            "juniper_time_to_ready_seconds",
            "From the last start of a service until it was ready, what it waited for included.",
        )?;
        let known = |(label, member): (&'_ String, &'_ MemberTally)| {
            Some((label.clone(), member.ready?.as_secs_f64()))
        };
        for (label, seconds) in self.tally.members.iter().filter_map(known) {
            times.gauge(&[("service", &label)], seconds)?;
        }
        Ok(())
    }

    fn incidents(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut opened = family(
            encoder,
            MetricType::Counter,
            "juniper_incidents",
            "Incidents that were opened, by the service at fault.",
        )?;
        for label in self.tally.members.keys() {
            let count = self.tally.incidents.get(label).copied().unwrap_or_default();
            opened.counter(&[("root", label)], count)?;
        }
        let mut open = family(
            encoder,
            MetricType::Gauge,
            "juniper_incident_open",
            "Whether an incident is open of which this service is the root cause.",
        )?;
        for member in &self.view.members {
            let is_root = |root: &String| *root == member.label;
            let is_open = self.view.incidents.iter().any(|open| is_root(&open.root));
            open.flag(&[("root", &member.label)], is_open)?;
        }
        let gpus = self.view.incidents.iter().filter_map(|open| {
            let gpu = open.gpu.as_ref()?;
            Some(fault::whose(gpu.address.as_ref()))
        });
        for gpu in gpus {
            open.flag(&[("root", &gpu)], true)?;
        }
        Ok(())
    }

    fn gpus(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut faults = family(
            encoder,
            MetricType::Counter,
            "juniper_gpu_faults",
            "Faults of GPUs that the kernel has told of since the machine's boot, by NVIDIA's code.",
        )?;
        for ((gpu, xid), count) in &self.tally.gpu_faults {
            faults.counter(&[("gpu", gpu), ("xid", xid)], *count)?;
        }
        let mut lost = family(
            encoder,
            MetricType::Gauge,
            "juniper_gpu_lost",
            "Whether a service is not started any more because of a fault of its GPU.",
        )?;
        for member in &self.view.members {
            lost.flag(&[("service", &member.label)], member.lost_gpu.is_some())?;
        }
        Ok(())
    }

    fn restraint(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut given_up = family(
            encoder,
            MetricType::Gauge,
            "juniper_given_up",
            "Whether the watchdog does nothing more for a service until a person says so.",
        )?;
        for member in &self.view.members {
            given_up.flag(&[("service", &member.label)], member.given_up)?;
        }
        let mut paused = family(
            encoder,
            MetricType::Gauge,
            "juniper_paused",
            "Whether the watchdog leaves a service alone, because a person said so.",
        )?;
        for member in &self.view.members {
            paused.flag(&[("service", &member.label)], member.pause.is_some())?;
        }
        Ok(())
    }

    fn itself(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        family(
            encoder,
            MetricType::Gauge,
            "juniper_systemd_reachable",
            "Whether the watchdog can reach systemd; it is blind and cannot act otherwise.",
        )?
        .flag(&[], self.can_act)?;
        family(
            encoder,
            MetricType::Gauge,
            "juniper_build_info",
            "The version of juniperctl that watches.",
        )?
        .flag(&[("version", env!("CARGO_PKG_VERSION"))], true)
    }
}

#[cfg(test)]
#[path = "exposition_tests.rs"]
mod tests;
