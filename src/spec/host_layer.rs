//! `[hosts]`: other machines that services are placed on, as one layer has them.
//!
//! Reading only: whether what is placed there can reach what it needs is judged in `resolve`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use super::fault::{Faults, Problem};
use super::form::{Names, string};
use super::name::HostName;
use super::reader::TableReader;
use super::remote::SshTarget;
use super::source::{Located, Location};

/// The address from which a machine's services come, and at which ssh finds it where nothing else is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostAddress(pub IpAddr);

impl HostAddress {
    /// Takes an address of one other machine.
    ///
    /// # Errors
    /// It is none, or one that is nobody's or this machine's.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let address: IpAddr = text.parse().map_err(|_| {
            Problem::invalid("an IP address such as 10.0.0.11")
                .help("a name for ssh is written as ssh = \"[user@]host\"")
        })?;
        if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
            return Err(Problem::invalid("not an address of another machine"));
        }
        Ok(Self(address))
    }
}

impl fmt::Display for HostAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// One machine as a layer has it.
#[derive(Debug, Clone, Default)]
pub struct HostLayer {
    /// Where it is written.
    pub at: Option<Location>,
    /// Keys that are there but were refused.
    pub refused: BTreeSet<&'static str>,
    /// Where its services come from.
    pub address: Option<Located<HostAddress>>,
    /// What ssh connects to.
    pub ssh: Option<Located<SshTarget>>,
}

/// Reads `[hosts]`.
pub(super) fn read(table: &TableReader<'_>, faults: &mut Faults) -> BTreeMap<HostName, HostLayer> {
    table.tables(faults, Names::of(HostName::parse), |_, _| None, host)
}

fn host(mut table: TableReader<'_>, at: Location, faults: &mut Faults) -> HostLayer {
    let mut layer = HostLayer {
        at: Some(at),
        refused: BTreeSet::new(),
        address: table.optional("address", faults, string(HostAddress::parse)),
        ssh: table.optional("ssh", faults, string(SshTarget::parse)),
    };
    layer.refused = table.refused();
    table.finish(faults);
    layer
}
