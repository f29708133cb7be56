//! Later layers over earlier ones, key by key.
//!
//! Maps (environment, edges, services) are merged entry by entry; scalars and lists are replaced
//! whole. Every merge takes its argument apart without `..`, so that a new key cannot be
//! forgotten here.

use std::collections::{BTreeMap, BTreeSet};

use super::credential::CredentialLayer;
use super::host_layer::HostLayer;
use super::layer::{Layer, ProfileLayer};
use super::notification::NotificationLayer;
use super::probe_layer::ProbeLayer;
use super::restraint::RestraintLayer;
use super::service_layer::{EdgeLayer, ServiceLayer};

/// Something a later layer can be laid over.
pub trait Overlay {
    /// Takes over all that `later` says.
    fn overlay(&mut self, later: Self);
}

impl<T> Overlay for Option<T> {
    fn overlay(&mut self, later: Self) {
        if later.is_some() {
            *self = later;
        }
    }
}

/// Marks values that a later layer replaces whole.
macro_rules! replaced_whole {
    ($($type:ty),*) => {$(
        impl Overlay for $type {
            fn overlay(&mut self, later: Self) {
                *self = later;
            }
        }
    )*};
}

replaced_whole!(
    super::source::Located<super::text::Text>,
    super::source::Located<u64>,
    super::source::Located<super::text::Line>,
    super::source::Located<super::derived::Derived>,
    super::source::Located<super::derived::EnvironmentValue>
);

impl Overlay for BTreeSet<&'static str> {
    fn overlay(&mut self, later: Self) {
        self.extend(later);
    }
}

impl<K: Ord, V: Overlay> Overlay for BTreeMap<K, V> {
    fn overlay(&mut self, later: Self) {
        for (key, value) in later {
            match self.entry(key) {
                std::collections::btree_map::Entry::Occupied(mut present) => {
                    present.get_mut().overlay(value);
                }
                std::collections::btree_map::Entry::Vacant(absent) => {
                    absent.insert(value);
                }
            }
        }
    }
}

/// Implements [`Overlay`] field by field; a field that is not listed does not compile.
macro_rules! field_by_field {
    ($type:ident { $($field:ident),* $(,)? }) => {
        impl Overlay for $type {
            fn overlay(&mut self, later: Self) {
                let Self { $($field),* } = later;
                $(self.$field.overlay($field);)*
            }
        }
    };
}

field_by_field!(EdgeLayer {
    gate,
    when_lost,
    expect,
    at
});
field_by_field!(HostLayer {
    at,
    refused,
    address,
    ssh
});
field_by_field!(CredentialLayer { file, enforce, at });
field_by_field!(ProbeLayer {
    path,
    interval,
    timeout,
    failure_threshold,
    success_threshold,
    on_failure,
    busy_when,
    busy_limit
});
field_by_field!(RestraintLayer {
    restarts,
    backoff,
    recovery,
    notification,
    listen
});
field_by_field!(NotificationLayer {
    at,
    refused,
    command,
    webhook_file,
    timeout,
    after
});
field_by_field!(ServiceLayer {
    at,
    refused,
    description,
    unit,
    external_unit,
    command,
    working_directory,
    host,
    port,
    let_out,
    instances,
    hosts,
    gpu,
    memory_max,
    standard_output,
    stop_timeout,
    restart_delay,
    state_directories,
    bind_directories,
    environment,
    derived_environment,
    credentials,
    depends_on,
    startup,
    readiness,
    liveness,
    sandbox,
    exposure_budget,
    relax
});
field_by_field!(ProfileLayer {
    at,
    refused,
    services,
    stand_in,
    production,
    overrides
});
field_by_field!(Layer {
    profile,
    juniperctl,
    network,
    environment,
    hosts,
    this_host,
    watchdog,
    services,
    profiles
});
