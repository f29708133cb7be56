//! One sentence for each key of the configuration, as an editor shows it beside the key.
//!
//! What a key takes is not said here: that is the reader's own form. A test holds the list to the keys
//! that the reader asks for.

/// Keys as dotted paths, `*` for a name that the site chooses.
pub(super) const TEXTS: &[(&str, &str)] = &[
    ("environment", "Environment variables for every service."),
    (
        "hosts",
        "Other machines that services are placed on, reached over ssh: juniperctl -H NAME.",
    ),
    (
        "hosts.*.address",
        "The IP address from which its services come.",
    ),
    (
        "hosts.*.ssh",
        "What ssh connects to, [user@]host; its address where nothing is written.",
    ),
    (
        "juniperctl",
        "Where the juniperctl program is that the units call.",
    ),
    (
        "network",
        "Whose network the services live in: the machine's, or one of their own with nothing but loopback.",
    ),
    (
        "profile",
        "Which services run: default, full, demo, dev, mock, or a profile of your own.",
    ),
    (
        "profiles",
        "Profiles of your own: named choices of services.",
    ),
    (
        "profiles.*.overrides",
        "What this profile changes about services.",
    ),
    (
        "profiles.*.production",
        "Whether it may run where JUNIPER_ENV=production; true where nothing is written.",
    ),
    ("profiles.*.services", "The services that belong to it."),
    (
        "profiles.*.stand_in",
        "Whether the stand-in takes every service's place.",
    ),
    (
        "services",
        "Services: the built-in ones, and those of your own.",
    ),
    (
        "services.*.bind_directories",
        "Directories that it insists on writing to, led to its own: self.state, self.logs or self.cache.",
    ),
    (
        "services.*.command",
        "Program with its full path, and arguments; no shell is involved, nothing is expanded.",
    ),
    (
        "services.*.credentials",
        "The secrets that it takes, by name; the values never stand here: juniperctl secret set NAME.",
    ),
    (
        "services.*.credentials.*.enforce",
        "The variable that is true where the secret exists, so that the service demands it.",
    ),
    (
        "services.*.credentials.*.file",
        "The variable that names the file with the secret.",
    ),
    (
        "services.*.depends_on",
        "What it waits for each time it starts, and what happens when that is lost.",
    ),
    (
        "services.*.depends_on.*.expect",
        "What its own readiness body must say while this edge exists, by dotted path.",
    ),
    (
        "services.*.depends_on.*.gate",
        "Wait until the other was started, is live, or is ready.",
    ),
    (
        "services.*.depends_on.*.when_lost",
        "Keep running, restart, or stop when the other is lost; keep where nothing is written.",
    ),
    (
        "services.*.derived_environment",
        "Variables that follow from the stack: self.port, data.url, self.state/DIRECTORY.",
    ),
    ("services.*.description", "What it is, for people."),
    (
        "services.*.environment",
        "Environment variables, as they are.",
    ),
    (
        "services.*.exposure_budget",
        "How exposed the unit may be, from 0.0 to 10.0, as systemd-analyze security counts it.",
    ),
    (
        "services.*.external_unit",
        "A unit that somebody else ships: wanted, never written.",
    ),
    (
        "services.*.gpu",
        "Which GPUs it may open: all (true), none (false), how many, or their names.",
    ),
    (
        "services.*.host",
        "The address it listens on; 127.0.0.1 where nothing is written.",
    ),
    (
        "services.*.hosts",
        "How many run on other machines, by name: { gpu1 = 4 }.",
    ),
    (
        "services.*.instances",
        "How many run; instance N listens on port + N - 1.",
    ),
    (
        "services.*.let_out",
        "Whether it is let out of an isolated network.",
    ),
    (
        "services.*.liveness",
        "How it is asked whether it is alive; the watchdog ends what is not.",
    ),
    (
        "services.*.liveness.busy_limit",
        "How long a service that is at work may be silent; 10min where nothing is written.",
    ),
    (
        "services.*.liveness.busy_when",
        "What its readiness body says while it works hard, by dotted path.",
    ),
    (
        "services.*.liveness.failure_threshold",
        "Failures in a row that count; 3 where nothing is written.",
    ),
    (
        "services.*.liveness.interval",
        "Time between two questions; 3s where nothing is written.",
    ),
    (
        "services.*.liveness.on_failure",
        "What the watchdog does once it has failed; abort where nothing is written.",
    ),
    (
        "services.*.liveness.path",
        "Where to ask, such as /v1/health/live.",
    ),
    (
        "services.*.liveness.success_threshold",
        "Successes in a row that count as recovered; 1 where nothing is written.",
    ),
    (
        "services.*.liveness.timeout",
        "How long one answer may take; 6s where nothing is written.",
    ),
    ("services.*.memory_max", "Memory limit, such as 8G."),
    ("services.*.port", "The port it listens on."),
    (
        "services.*.readiness",
        "How it is asked whether it is ready; a start is complete when it says so.",
    ),
    (
        "services.*.readiness.failure_threshold",
        "Failures in a row that count; 3 where nothing is written.",
    ),
    (
        "services.*.readiness.interval",
        "Time between two questions; 5s where nothing is written.",
    ),
    (
        "services.*.readiness.path",
        "Where to ask, such as /v1/health/ready.",
    ),
    (
        "services.*.readiness.success_threshold",
        "Successes in a row that count as recovered; 1 where nothing is written.",
    ),
    (
        "services.*.readiness.timeout",
        "How long one answer may take; 10s where nothing is written.",
    ),
    (
        "services.*.relax",
        "Sandbox directives that are off for it, each with the reason.",
    ),
    (
        "services.*.restart_delay",
        "Pause before an automatic restart; 250ms where nothing is written.",
    ),
    (
        "services.*.sandbox",
        "Its kind of sandbox; network where nothing is written.",
    ),
    (
        "services.*.standard_output",
        "Where standard output goes; journal where nothing is written.",
    ),
    (
        "services.*.startup",
        "How long one start may take to its first ready answer: interval times failure_threshold.",
    ),
    (
        "services.*.startup.failure_threshold",
        "How many intervals may pass; 60 where nothing is written.",
    ),
    (
        "services.*.startup.interval",
        "1s where nothing is written.",
    ),
    (
        "services.*.state_directories",
        "Directories below its state directory that exist before it starts.",
    ),
    (
        "services.*.stop_timeout",
        "How long a stop may take before it is killed; 15s where nothing is written.",
    ),
    (
        "services.*.unit",
        "The unit's name without .service: juniper-NAME where nothing is written.",
    ),
    (
        "services.*.working_directory",
        "Where it runs; its state directory where nothing is written.",
    ),
    (
        "this_host",
        "Which of [hosts] this machine is; written by juniperctl -H NAME install.",
    ),
    (
        "watchdog",
        "How restrained the watchdog is, and where it shows what it sees.",
    ),
    (
        "watchdog.backoff",
        "The pause after the first time one service is acted upon, doubled each time; 30s where nothing is written.",
    ),
    (
        "watchdog.listen",
        "Where its page and metrics are: an address of this machine alone, or none.",
    ),
    (
        "watchdog.notification",
        "Who is told of an incident, once: a command or a webhook.",
    ),
    (
        "watchdog.notification.after",
        "How long trouble must last before anybody is told; 0s where nothing is written.",
    ),
    (
        "watchdog.notification.command",
        "A program that reads the incident from its standard input, and arguments.",
    ),
    (
        "watchdog.notification.timeout",
        "How long telling may take; 30s where nothing is written.",
    ),
    (
        "watchdog.notification.webhook_file",
        "A file of root's own (mode 0600) that holds the address to post it to.",
    ),
    (
        "watchdog.recovery",
        "After this long without trouble a service has its whole budget again; 10min where nothing is written.",
    ),
    (
        "watchdog.restarts",
        "How often one service is acted upon before it is given up; 5 where nothing is written.",
    ),
];

/// A key below a profile's overrides is the same key of a service.
#[must_use]
pub(super) fn general(key: &str) -> &str {
    key.strip_prefix("profiles.*.overrides.*")
        .map_or(key, |below| {
            TEXTS
                .iter()
                .map(|(known, _)| *known)
                .find(|known| known.strip_prefix("services.*") == Some(below))
                .unwrap_or(key)
        })
}

/// The sentence for a key.
#[must_use]
pub(super) fn of(key: &str) -> Option<&'static str> {
    let key = general(key);
    TEXTS
        .iter()
        .find(|(known, _)| *known == key)
        .map(|(_, text)| *text)
}
