//! `gate network`: whether the network that the group will share is really cut off.
//!
//! systemd takes `PrivateNetwork=` as a wish: where the kernel makes no namespace it warns and goes on
//! in the machine's network. A group that was to be isolated does not start there.

use crate::error::{CommandError, Kind};
use crate::host::network;
use crate::readiness::routes::way_out;

pub(super) fn run() -> Result<u8, CommandError> {
    let routes = network::routes()
        .map_err(|error| CommandError::new(Kind::Machine, format!("cannot read {error}")))?;
    match way_out(&routes.four, &routes.six) {
        None => Ok(0),
        Some(interface) => Err(CommandError::new(
            Kind::NotAsAsked,
            format!("the group's network is not isolated: a route leads out by {interface}"),
        )
        .hint("the kernel gave it no network namespace; write network = \"host\", or run it where namespaces are allowed")),
    }
}
