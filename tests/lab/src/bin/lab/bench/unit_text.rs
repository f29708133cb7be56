//! Takes the gates out of a generated unit, and nothing else. Pure: text in, drop-in out.

use std::fmt::Write as _;
use std::time::Duration;

/// The drop-in that replaces the gated command by the bare program, which tells systemd nothing.
/// Nothing where the unit has no gate.
pub(super) fn without_gates(unit: &str) -> Option<String> {
    let joined = unit.replace("\\\n", " ");
    let command = joined
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="))?;
    let (gate, program) = command.split_once(" -- ")?;
    // The colon keeps `$` in arguments as it is, with and without the gate.
    let colon = if gate.starts_with(':') { ":" } else { "" };
    let program = program.trim();
    Some(format!(
        "[Service]\nType=exec\nNotifyAccess=none\nExecStart=\nExecStart={colon}{program}\nExecStartPost=\n"
    ))
}

/// The drop-in that says when a stand-in is ready.
pub(super) fn ready_after(delay: Duration) -> String {
    let delay = written(delay);
    format!("[Service]\nEnvironment=JUNIPER_STANDIN_READY_AFTER={delay}\n")
}

/// juniper.toml for the mock group with these delays.
pub(super) fn configuration(delays: &[(&str, Duration)]) -> String {
    let mut text = String::from("profile = \"mock\"\n");
    for (service, delay) in delays {
        let delay = written(*delay);
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n[services.{service}.environment]\nJUNIPER_STANDIN_READY_AFTER = \"{delay}\"\n"
        );
    }
    text
}

/// A duration as the stand-in reads it.
fn written(delay: Duration) -> String {
    format!("{:.4}s", delay.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bare_program_is_what_follows_the_gate() {
        let unit = "\
[Service]
Type=exec
NotifyAccess=exec
ExecStart=:/usr/bin/juniperctl gate exec --service data \\
    --within 65s \\
    -- /usr/bin/juniper-standin data
ExecStartPost=:/usr/bin/juniperctl gate watch --service data
";
        let expected = "\
[Service]
Type=exec
NotifyAccess=none
ExecStart=
ExecStart=:/usr/bin/juniper-standin data
ExecStartPost=
";
        assert_eq!(without_gates(unit).as_deref(), Some(expected));
        assert_eq!(without_gates("[Service]\nExecStart=/bin/true\n"), None);
    }

    #[test]
    fn delays_reach_the_services_through_the_configuration() {
        let delay = Duration::from_micros(512_300);
        let text = configuration(&[("data", delay)]);
        let expected = "\
profile = \"mock\"

[services.data.environment]
JUNIPER_STANDIN_READY_AFTER = \"0.5123s\"
";
        assert_eq!(text, expected);
        assert!(ready_after(delay).ends_with("READY_AFTER=0.5123s\n"));
    }
}
