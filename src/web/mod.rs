//! What the watchdog answers over HTTP: which requests, with what, and how it looks.
//!
//! Pure: a request and what the watchdog knows come in as values, a reply goes out. Sockets are
//! `host::server`'s work. Everything a service or a configuration says is escaped by the template.

mod layout;
mod page;
mod reply;
mod router;
mod strip;

pub use reply::{Known, reply};
pub use router::{Door, HEADERS, Method, Reply, Request, Target, routed};
