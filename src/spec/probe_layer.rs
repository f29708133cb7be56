//! What one layer says about one probe: every key optional, every value with its place.
//!
//! Reading only; defaults and contradictions are `resolve`'s.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fault::Faults;
use super::form::{number, string, word};
use super::probe::{OnFailure, UrlPath};
use super::reader::TableReader;
use super::service_value::{BODY_PATHS, positive};
use super::source::Located;
use super::text::Text;

/// One probe as a layer has it.
#[derive(Debug, Clone, Default)]
pub struct ProbeLayer {
    /// Where to ask.
    pub path: Option<Located<UrlPath>>,
    /// Time between two questions.
    pub interval: Option<Located<Duration>>,
    /// How long one answer may take.
    pub timeout: Option<Located<Duration>>,
    /// Failures in a row that count.
    pub failure_threshold: Option<Located<u64>>,
    /// Successes in a row that count.
    pub success_threshold: Option<Located<u64>>,
    /// What the watchdog does once it has failed.
    pub on_failure: Option<Located<OnFailure>>,
    /// What the readiness body says while the service works hard and may be slow to answer.
    pub busy_when: BTreeMap<String, Located<Text>>,
    /// How long a service at work may be silent.
    pub busy_limit: Option<Located<Duration>>,
}

/// Whether a probe has an address of its own.
#[derive(Clone, Copy)]
pub(super) enum Endpoint {
    /// It has one.
    With,
    /// It has none: only patience is described.
    Without,
    /// It has one, and its failure has consequences.
    Acting,
}

/// Reads one probe.
pub(super) fn probe(
    mut table: TableReader<'_>,
    faults: &mut Faults,
    endpoint: Endpoint,
) -> ProbeLayer {
    let mut layer = ProbeLayer {
        interval: table.optional("interval", faults, positive),
        failure_threshold: table.optional("failure_threshold", faults, number(1, 100_000)),
        ..ProbeLayer::default()
    };
    if let Endpoint::With | Endpoint::Acting = endpoint {
        layer.path = table.optional("path", faults, string(UrlPath::parse));
        layer.timeout = table.optional("timeout", faults, positive);
        layer.success_threshold = table.optional("success_threshold", faults, number(1, 1_000));
    }
    if let Endpoint::Acting = endpoint {
        layer.on_failure = table.optional(
            "on_failure",
            faults,
            word(&[
                ("abort", OnFailure::Abort),
                ("abort_if_silent", OnFailure::AbortIfSilent),
                ("none", OnFailure::Nothing),
            ]),
        );
        layer.busy_when = table
            .table("busy_when", faults)
            .map(|table| table.values(faults, BODY_PATHS, string(Text::parse)))
            .unwrap_or_default();
        layer.busy_limit = table.optional("busy_limit", faults, positive);
    }
    table.finish(faults);
    layer
}
