//! Why the program ends early, with the exit status that goes with it. It only words failures:
//! the ones that imitate a service keep that service's words and status.

use std::io;

use crate::address::Address;
use crate::cli::Service;

/// A message for standard error and an exit status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: u8,
    pub(crate) message: String,
}

impl Failure {
    /// Imitation is refused in production.
    pub(crate) fn production() -> Self {
        let message = "juniper-standin: refused: JUNIPER_ENV=production, and a stand-in must never \
                       answer in place of a real service there\n\
                       hint: choose another profile than `mock`, or unset JUNIPER_ENV on a test machine";
        Self {
            status: 3,
            message: message.to_owned(),
        }
    }

    /// The environment cannot be used; all of its faults, one a line.
    pub(crate) fn settings(faults: &[String]) -> Self {
        let lines: Vec<String> = faults
            .iter()
            .map(|fault| format!("juniper-standin: {fault}"))
            .collect();
        Self {
            status: 1,
            message: lines.join("\n"),
        }
    }

    /// What was asked of a running service was not done.
    pub(crate) fn not_done(message: &str) -> Self {
        Self {
            status: 1,
            message: format!("juniper-standin: {message}"),
        }
    }

    /// Start-up failed before the service listened.
    pub(crate) fn start_up(message: &str) -> Self {
        Self {
            status: 3,
            message: format!("ERROR:    {message}\n{START_UP_FAILED}"),
        }
    }

    /// The address could not be bound, in uvicorn's words and with each service's status.
    pub(crate) fn bind(service: Service, address: &Address, error: &io::Error) -> Self {
        let Address { host, port } = address;
        let number = error.raw_os_error().unwrap_or_default();
        let reason = system_text(error).to_ascii_lowercase();
        Self {
            status: if service == Service::Worker { 1 } else { 3 },
            message: format!(
                "ERROR:    [Errno {number}] error while attempting to bind on address \
                 ('{host}', {port}): {reason}"
            ),
        }
    }
}

/// The line with which uvicorn gives up a start.
pub(crate) const START_UP_FAILED: &str = "ERROR:    Application startup failed. Exiting.";

/// The system's own text of an error, without the number that Rust appends.
pub(crate) fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error")
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_worded_as_uvicorn_does() {
        let address = Address {
            host: "127.0.0.1".to_owned(),
            port: 8100,
        };
        let error = io::Error::from_raw_os_error(98);
        let failure = Failure::bind(Service::Data, &address, &error);
        assert_eq!(
            failure.message,
            "ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 8100): \
             address already in use"
        );
        assert_eq!(failure.status, 3);
        assert_eq!(Failure::bind(Service::Worker, &address, &error).status, 1);
    }
}
