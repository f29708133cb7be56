//! `[watchdog]`: how restrained the watchdog is and where it shows what it sees, as a layer has it and
//! as it is in the end.
//!
//! It says how often a service may be restarted and how long is waited in between; what counts as a
//! failure is said by the probes.

use std::time::Duration;

use super::fault::Faults;
use super::form::{number, string};
use super::listen::Listen;
use super::notification::{self, NotificationLayer};
use super::reader::TableReader;
use super::service_value::positive;
use super::source::Located;

/// The same budget for each service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restraint {
    /// How many times one service is acted upon before it is given up.
    pub restarts: u32,
    /// The pause after the first action; doubled after each further one.
    pub backoff: Duration,
    /// A service that is well for this long has its whole budget again.
    pub recovery: Duration,
}

impl Default for Restraint {
    fn default() -> Self {
        Self {
            restarts: 5,
            backoff: Duration::from_secs(30),
            recovery: Duration::from_mins(10),
        }
    }
}

/// What one layer says about it.
#[derive(Debug, Clone, Default)]
#[expect(
    missing_docs,
    reason = "the fields are the configuration's keys, documented in juniper.toml(5)"
)]
pub struct RestraintLayer {
    pub restarts: Option<Located<u64>>,
    pub backoff: Option<Located<Duration>>,
    pub recovery: Option<Located<Duration>>,
    pub notification: NotificationLayer,
    pub listen: Option<Located<Listen>>,
}

/// Reads the table.
pub fn read(mut table: TableReader<'_>, faults: &mut Faults) -> RestraintLayer {
    let layer = RestraintLayer {
        restarts: table.optional("restarts", faults, number(0, 1_000)),
        backoff: table.optional("backoff", faults, positive),
        recovery: table.optional("recovery", faults, positive),
        notification: table
            .table("notification", faults)
            .map(|table| notification::read(table, faults))
            .unwrap_or_default(),
        listen: table.optional("listen", faults, string(Listen::parse)),
    };
    table.finish(faults);
    layer
}

impl RestraintLayer {
    /// With the defaults where nothing is written.
    #[must_use]
    pub fn resolved(&self) -> Restraint {
        let otherwise = Restraint::default();
        Restraint {
            restarts: self
                .restarts
                .as_ref()
                .and_then(|count| u32::try_from(count.value).ok())
                .unwrap_or(otherwise.restarts),
            backoff: self
                .backoff
                .as_ref()
                .map_or(otherwise.backoff, |span| span.value),
            recovery: self
                .recovery
                .as_ref()
                .map_or(otherwise.recovery, |span| span.value),
        }
    }
}
