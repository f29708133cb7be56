//! The built program as its clients see it: each test starts stand-ins on free ports of loopback,
//! waits for what they log, and asks them over plain HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of a test end it as its body does: at the first surprise"
)]

mod dependencies;
mod faults;
mod recording;
mod refusals;
mod start;
mod support;
mod training;
