//! The rows: for each thing that a stack can ask for, what each engine makes of it. Nothing but data.

use super::Fate::{Kept, Lost};
use super::{Fate, Feature, Row};

const NOBODY_ASKS: &str =
    "nobody asks: `juniperctl gate ready` does, when somebody calls it (README.md)";
const BY_THE_GATE: &str = "`juniperctl gate exec`, at each start";
const NO_LIMIT: &str = "there is no limit";
const NO_POLICY: &str =
    "nothing keeps a program from other GPUs; CUDA sees those of `CUDA_VISIBLE_DEVICES`";

const fn row(feature: Feature, what: &'static str, fates: [Fate; 5]) -> Row {
    Row {
        feature,
        what,
        fates,
    }
}

/// Every row, in the order in which losses are told.
pub(in crate::export) const TABLE: &[Row] = &[
    row(
        Feature::GateReady,
        "depends_on: gate = \"ready\"",
        [
            Lost(
                "init containers wait at the start of each pod; a container that is restarted in its pod does not wait again",
            ),
            Lost(
                "`condition: service_healthy` holds for `up`; a container that is restarted does not wait again",
            ),
            Kept(BY_THE_GATE),
            Kept(BY_THE_GATE),
            Kept(BY_THE_GATE),
        ],
    ),
    row(
        Feature::GateLive,
        "depends_on: gate = \"live\"",
        [
            Lost(
                "init containers wait at the start of each pod; a container that is restarted in its pod does not wait again",
            ),
            Lost("a container has one health check: it is waited for until the other is ready"),
            Kept(BY_THE_GATE),
            Kept(BY_THE_GATE),
            Kept(BY_THE_GATE),
        ],
    ),
    row(
        Feature::GateStarted,
        "depends_on: gate = \"started\"",
        [
            Lost("pods start side by side"),
            Kept("`condition: service_started`"),
            Lost(
                "units of containers start side by side; After= would wait until the other is healthy",
            ),
            Kept("`priority`"),
            Lost("all start at once"),
        ],
    ),
    row(
        Feature::GateForeign,
        "depends_on: a unit of somebody else's",
        [
            Lost("it is no part of the export; give the service its address"),
            Lost("it is no part of the export; give the service its address"),
            Kept("Wants= and After="),
            Lost("it is started by somebody else"),
            Lost("it is started by somebody else"),
        ],
    ),
    row(
        Feature::LostRestart,
        "when_lost = \"restart\"",
        [
            Lost("it is left running"),
            Lost(
                "`restart: true`: only when Compose itself restarts the other; not when that crashes",
            ),
            Lost("PartOf=: when somebody stops or restarts the other; not when that crashes"),
            Lost("it is left running"),
            Lost("it is left running"),
        ],
    ),
    row(
        Feature::LostStop,
        "when_lost = \"stop\"",
        [
            Lost("it is left running"),
            Lost("it is left running"),
            Lost("PartOf=: when somebody stops or restarts the other; not when that crashes"),
            Lost("it is left running"),
            Lost("it is left running"),
        ],
    ),
    row(
        Feature::Startup,
        "startup",
        [
            Kept("startupProbe"),
            Lost("`start_period`: one that takes too long is called unhealthy, and not ended"),
            Kept("HealthStartupCmd=, TimeoutStartSec="),
            Lost("a start may take as long as it likes"),
            Lost("a start may take as long as it likes"),
        ],
    ),
    row(
        Feature::Readiness,
        "readiness",
        [
            Kept("readinessProbe"),
            Kept("`healthcheck`"),
            Lost(
                "it is asked while the service starts, by HealthStartupCmd=; afterwards only liveness is",
            ),
            Lost(NOBODY_ASKS),
            Lost(NOBODY_ASKS),
        ],
    ),
    row(
        Feature::SuccessThreshold,
        "readiness.success_threshold",
        [
            Kept("successThreshold"),
            Lost("one good answer is enough"),
            Lost("one good answer is enough"),
            Lost(NOBODY_ASKS),
            Lost(NOBODY_ASKS),
        ],
    ),
    row(
        Feature::Expectations,
        "depends_on: expect",
        [
            Kept("`juniperctl gate probe` as the probe"),
            Kept("`juniperctl gate probe` as the health check"),
            Kept("`juniperctl gate probe` as the health check"),
            Lost(NOBODY_ASKS),
            Lost(NOBODY_ASKS),
        ],
    ),
    row(
        Feature::Liveness,
        "liveness",
        [
            Lost(
                "livenessProbe ends it by SIGTERM: no traceback of where it hung; nothing is paced or given up as the watchdog does",
            ),
            Lost("one that hangs is called unhealthy, and not ended"),
            Lost(
                "HealthOnFailure=kill ends it by SIGKILL: no traceback of where it hung; nothing is paced or given up as the watchdog does",
            ),
            Lost("one that hangs is left hanging"),
            Lost("one that hangs is left hanging"),
        ],
    ),
    row(
        Feature::Silence,
        "liveness.on_failure = \"abort_if_silent\"",
        [
            Kept("`juniperctl gate probe --any-answer` as the probe"),
            Lost("one that hangs is called unhealthy, and not ended"),
            Kept("`juniperctl gate probe --any-answer` as the health check"),
            Lost("one that hangs is left hanging"),
            Lost("one that hangs is left hanging"),
        ],
    ),
    row(
        Feature::Busy,
        "liveness.busy_when",
        [
            Lost(
                "work cannot be told from a hang: the liveness probe is as patient as `busy_limit` all the time",
            ),
            Kept("nobody is ended"),
            Lost(
                "work cannot be told from a hang: the health check is as patient as `busy_limit` all the time",
            ),
            Kept("nobody is ended"),
            Kept("nobody is ended"),
        ],
    ),
    row(
        Feature::RestartDelay,
        "restart_delay, and when a service is given up",
        [
            Lost("the kubelet's own back-off, 10 s to 5 min, and never given up"),
            Lost("the engine's own back-off, and never given up"),
            Kept("RestartSec=, StartLimitBurst="),
            Lost("at once, then a second longer each time; `startretries`"),
            Lost("when one ends, all are ended"),
        ],
    ),
    row(
        Feature::StopTimeout,
        "stop_timeout",
        [
            Kept("terminationGracePeriodSeconds"),
            Kept("stop_grace_period"),
            Kept("StopTimeout=, TimeoutStopSec="),
            Kept("stopwaitsecs"),
            Lost("honcho kills after 5 s, whatever a service says"),
        ],
    ),
    row(
        Feature::Memory,
        "memory_max",
        [
            Kept("resources.limits.memory"),
            Kept("deploy.resources.limits.memory"),
            Kept("--memory"),
            Lost(NO_LIMIT),
            Lost(NO_LIMIT),
        ],
    ),
    row(
        Feature::GpuAll,
        "gpu = true",
        [
            Lost("a number is needed: 1 is asked for"),
            Kept("devices, count: all"),
            Kept("AddDevice=nvidia.com/gpu=all"),
            Lost(NO_POLICY),
            Lost(NO_POLICY),
        ],
    ),
    row(
        Feature::GpuCount,
        "gpu = N",
        [
            Kept("nvidia.com/gpu"),
            Kept("devices, count"),
            Lost("nobody shares GPUs out: each container gets the first N"),
            Lost("nobody shares GPUs out: set CUDA_VISIBLE_DEVICES for each program"),
            Lost("nobody shares GPUs out: set CUDA_VISIBLE_DEVICES for each process"),
        ],
    ),
    row(
        Feature::GpuNamed,
        "gpu = [NAMES]",
        [
            Lost("a cluster's scheduler takes no names: as many are asked for"),
            Lost("instances do not take them in turns: each container gets all of them"),
            Lost("instances do not take them in turns: each container gets all of them"),
            Lost(NO_POLICY),
            Lost(NO_POLICY),
        ],
    ),
    row(
        Feature::Secrets,
        "credentials",
        [
            Kept("Secrets, as files"),
            Kept("`secrets`, as files"),
            Kept("Secret=, as files"),
            Lost(
                "files in /etc/juniper/exported-secrets that the user juniper must be able to read, and with it every service",
            ),
            Lost(
                "files in /etc/juniper/exported-secrets that you must be able to read, and with you every service",
            ),
        ],
    ),
    row(
        Feature::Discard,
        "standard_output = \"discard\"",
        [
            Lost("the runtime keeps both streams"),
            Lost("the engine keeps both streams"),
            Lost("podman keeps both streams"),
            Kept("stdout_logfile=NONE"),
            Kept(">/dev/null"),
        ],
    ),
    row(
        Feature::Binds,
        "bind_directories",
        [
            Kept("links in the image"),
            Kept("links in the image"),
            Kept("links in the image"),
            Lost("make a link there"),
            Lost("make a link there"),
        ],
    ),
    row(
        Feature::Instances,
        "instances",
        [
            Kept("a StatefulSet"),
            Kept("deploy.replicas"),
            Kept("instances of a template unit"),
            Kept("a program for each"),
            Kept("a process for each"),
        ],
    ),
    row(
        Feature::Storage,
        "state",
        [
            Lost(
                "how large a volume is must be said: 10Gi is; logs are an emptyDir, and end with their pod",
            ),
            Kept("named volumes"),
            Kept("named volumes"),
            Kept("/var/lib/juniper"),
            Kept("state/ beside the Procfile"),
        ],
    ),
    row(
        Feature::InstanceStorage,
        "state of instances",
        [
            Kept("volumeClaimTemplates"),
            Lost(
                "a volume without a name for each: it is not found again when the container is made anew",
            ),
            Kept("named volumes"),
            Kept("/var/lib/juniper/NAME/N"),
            Kept("state/NAME/N beside the Procfile"),
        ],
    ),
    row(
        Feature::Loopback,
        "host",
        [
            Lost(
                "it is told no address to listen on: others reach it only where it listens on all of its container's",
            ),
            Lost(
                "it is told no address to listen on: others reach it only where it listens on all of its container's",
            ),
            Lost(
                "it is told no address to listen on: others reach it only where it listens on all of its container's",
            ),
            Kept("as it is"),
            Kept("as it is"),
        ],
    ),
    row(
        Feature::OwnImage,
        "command",
        [
            Lost(
                "what its image holds is not known: make one with this program and /usr/bin/juniperctl in it",
            ),
            Lost(
                "what its image holds is not known: make one with this program and /usr/bin/juniperctl in it",
            ),
            Lost(
                "what its image holds is not known: make one with this program and /usr/bin/juniperctl in it",
            ),
            Kept("as it is"),
            Kept("as it is"),
        ],
    ),
    row(
        Feature::SubSecond,
        "spans below a second",
        [
            Lost("rounded up to whole seconds"),
            Kept("as they are"),
            Kept("as they are"),
            Lost("rounded up to whole seconds"),
            Kept("nobody asks"),
        ],
    ),
];
