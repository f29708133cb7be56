//! Any descriptor of the kernel as an event of the asynchronous loop. It never reads.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Takes over a descriptor that becomes readable one day.
///
/// # Errors
/// The kernel cannot wait for such descriptors.
#[expect(
    deprecated,
    reason = "unsound only for types that change their descriptor, which an `OwnedFd` never does; what \
              replaces it is unsafe code"
)]
pub(super) fn readable(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(descriptor, Interest::READABLE)
}
