//! What the contestants are told: the same endpoints, asked equally often. Pure.

use std::fmt::Write as _;

/// The stand-ins of juniperctl's group listen from here on, those that servicrab runs from there on.
const OURS: u16 = 10_000;
const THEIRS: u16 = 20_000;

/// How often and how patiently all of them ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    /// Seconds between two questions.
    pub(super) interval: u32,
    /// Seconds that an answer may take.
    pub(super) timeout: u32,
    /// Bad answers in a row that count.
    pub(super) threshold: u32,
}

/// A service that is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) unit: String,
    pub(super) port: u16,
    pub(super) theirs: u16,
}

/// So many stand-ins, each a service of its own.
pub(super) fn made(count: u16) -> Vec<Endpoint> {
    (0..count)
        .map(|number| Endpoint {
            unit: format!("juniper-made-{number}.service"),
            port: OURS + number,
            theirs: THEIRS + number,
        })
        .collect()
}

/// juniper.toml.
pub(super) fn juniperctl(endpoints: &[Endpoint], pace: Pace) -> String {
    let Pace {
        interval,
        timeout,
        threshold,
    } = pace;
    let mut text =
        String::from("profile = \"many\"\n\n[watchdog]\nrestarts = 100\nbackoff = \"1s\"\n");
    let mut names = Vec::new();
    for (number, Endpoint { port, .. }) in endpoints.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n[services.made-{number}]\n\
             command = [\"/usr/bin/juniper-standin\", \"data\", \"--port\", \"{port}\"]\n\
             port = {port}\n\
             readiness = {{ path = \"/v1/health/ready\", interval = \"1h\" }}\n\
             liveness = {{ path = \"/v1/health/live\", interval = \"{interval}s\", \
             timeout = \"{timeout}s\", failure_threshold = {threshold} }}\n"
        );
        names.push(format!("\"made-{number}\""));
    }
    let names = names.join(", ");
    text + &format!("\n[profiles.many]\nproduction = false\nservices = [{names}]\n")
}

/// monitrc. What hangs is killed; systemd runs it anew, as it does for juniperctl.
pub(super) fn monit(endpoints: &[Endpoint], pace: Pace) -> String {
    let Pace {
        interval,
        timeout,
        threshold,
    } = pace;
    let mut text = format!(
        "set daemon {interval}\n\
         set idfile /run/bench-monit.id\n\
         set statefile /run/bench-monit.state\n\
         set pidfile /run/bench-monit.pid\n"
    );
    for Endpoint { unit, port, .. } in endpoints {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\ncheck host {unit} with address 127.0.0.1\n  \
             if failed port {port} protocol http request \"/v1/health/live\" \
             with timeout {timeout} seconds for {threshold} cycles\n  \
             then exec \"/usr/bin/systemctl kill --signal=KILL {unit}\"\n"
        );
    }
    text
}

/// servicrab.toml. It runs the services itself; the signal is one that a stand-in cannot miss.
pub(super) fn servicrab(endpoints: &[Endpoint], pace: Pace) -> String {
    let Pace {
        interval,
        timeout,
        threshold,
    } = pace;
    let mut text = String::from("version = 1\n\n[project]\nname = \"bench\"\n");
    for Endpoint { theirs, .. } in endpoints {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n[services.made-{theirs}]\n\
             command = [\"/usr/bin/juniper-standin\", \"data\", \"--port\", \"{theirs}\"]\n\
             restart = \"always\"\n\
             restart_delay = \"250ms\"\n\
             shutdown_signal = \"quit\"\n\
             \n[services.made-{theirs}.health]\n\
             http = \"http://127.0.0.1:{theirs}/v1/health/live\"\n\
             interval = \"{interval}s\"\n\
             timeout = \"{timeout}s\"\n\
             retries = {threshold}\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_told_the_same() {
        let pace = Pace {
            interval: 7,
            timeout: 3,
            threshold: 2,
        };
        let two = made(2);
        let (ours, monit, servicrab) = (
            juniperctl(&two, pace),
            monit(&two, pace),
            servicrab(&two, pace),
        );
        assert_eq!(ours.matches("[services.").count(), 2);
        assert_eq!(monit.matches("check host").count(), 2);
        assert_eq!(servicrab.matches(".health]").count(), 2);
        for (text, wanted) in [
            (
                &ours,
                "interval = \"7s\", timeout = \"3s\", failure_threshold = 2",
            ),
            (&ours, "services = [\"made-0\", \"made-1\"]"),
            (&monit, "set daemon 7\n"),
            (
                &monit,
                "port 10001 protocol http request \"/v1/health/live\" with timeout 3 seconds for 2 cycles",
            ),
            (
                &servicrab,
                "http = \"http://127.0.0.1:20001/v1/health/live\"\ninterval = \"7s\"\ntimeout = \"3s\"\nretries = 2",
            ),
        ] {
            assert!(text.contains(wanted), "{wanted} is missing in\n{text}");
        }
    }
}
