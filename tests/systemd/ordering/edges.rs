//! What each gate waits for: `started` for the process, `live` for life, `ready` for readiness.

use juniper_lab::{BootOptions, Machine, Suite};

use super::super::lab::{Outcome, claim, exits, machine, run};

/// A stand-in with this in its table besides.
fn service(name: &str, port: usize, more: &str) -> String {
    format!(
        "[services.{name}]\ncommand = [\"/usr/bin/juniper-standin\", \"data\"]\nport = {port}\n\
         readiness = {{ path = \"/v1/health/ready\" }}\n{more}\n\
         derived_environment = {{ JUNIPER_DATA_PORT = \"self.port\", JUNIPER_DATA_STORAGE_PATH = \"self.state/sets\" }}\n"
    )
}

/// `slow` is started at once, live after half a second, ready after two.
const STACK: &str = r#"
profile = "gates"
[services.slow]
command = ["/usr/bin/juniper-standin", "data"]
port = 9000
readiness = { path = "/v1/health/ready" }
liveness = { path = "/v1/health/live" }
environment = { JUNIPER_STANDIN_LIVE_AFTER = "500ms", JUNIPER_STANDIN_READY_AFTER = "2s" }
derived_environment = { JUNIPER_DATA_PORT = "self.port", JUNIPER_DATA_STORAGE_PATH = "self.state/sets" }
"#;

/// Says something new each half second, and is ready after ten: longer than its start-up may take, and
/// than systemd's own time-out.
const LOADER: &str = r#"
import os, socket, time
def tell(text):
    n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    n.connect('/run/systemd/notify')
    n.send(text)
    # systemd lets go of the pipe when it comes to this.
    r, w = os.pipe()
    socket.send_fds(n, [b'BARRIER=1'], [w])
    os.close(w)
    os.read(r, 1)
began = time.monotonic()
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', 9000)); s.listen(16)
while True:
    c, _ = s.accept()
    if c.recv(4096).startswith(b'GET /forge'):
        tell(b'STATUS=said by the main process')
        child = os.fork()
        if child == 0:
            tell(b'STATUS=forged')
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    parts = int((time.monotonic() - began) * 2)
    if parts < 20:
        status, body = '503 Not', '{"status":"not_ready","error":"loaded %d of 20"}' % parts
    else:
        status, body = '200 OK', '{"status":"ready"}'
    c.sendall(('HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s' % (status, len(body), body)).encode())
    c.close()
"#;

/// A start that is visibly getting somewhere is given more time, by the gate and by systemd.
pub(super) fn progress(suite: Suite) -> Outcome {
    let machine = machine(suite, BootOptions::default())?;
    machine.write("/usr/local/lib/loader.py", LOADER, 0o644)?;
    machine.write(
        "/etc/juniper/juniper.toml",
        "profile = \"loader\"\n\
         [services.loader]\ncommand = [\"/usr/bin/python3\", \"/usr/local/lib/loader.py\"]\nport = 9000\n\
         readiness = { path = \"/ready\" }\nstartup = { interval = \"1s\", failure_threshold = 3 }\n\
         [profiles.loader]\nservices = [\"loader\"]\n",
        0o644,
    )?;
    exits(&machine, "juniperctl install", 0)?;
    let limit = exits(
        &machine,
        "systemctl show -p TimeoutStartUSec --value juniper-loader.service",
        0,
    )?;
    claim(limit.stdout.trim() == "8s", &limit.stdout)?;
    // The group's own time-out is the plain sum: this start is for the service alone.
    exits(
        &machine,
        "systemctl start --no-block juniper-loader.service",
        0,
    )?;
    machine.wait_until(
        "the loader to be ready",
        std::time::Duration::from_secs(20),
        || run(&machine, "systemctl is-active juniper-loader.service").is_ok_and(|it| it.success()),
    )?;
    let restarts = exits(
        &machine,
        "systemctl show -p NRestarts --value juniper-loader.service",
        0,
    )?;
    claim(restarts.stdout.trim() == "0", "the loader was restarted")?;
    forged(&machine)
}

/// systemd hears the main process, and none of its children.
fn forged(machine: &Machine) -> Outcome {
    exits(machine, "curl -fsS http://127.0.0.1:9000/forge", 0)?;
    let told = exits(
        machine,
        "systemctl show -p StatusText --value juniper-loader.service",
        0,
    )?;
    claim(told.stdout == "said by the main process\n", told.stdout)
}

/// The times at which dependents with each gate begin, beside those of `slow`.
pub(super) fn gates(suite: Suite) -> Outcome {
    let machine = machine(suite, BootOptions::default())?;
    let mut text = STACK.to_owned();
    for (number, gate) in ["started", "live", "ready"].iter().enumerate() {
        text.push_str(&service(
            &format!("on-{gate}"),
            9001 + number,
            &format!("depends_on.slow = {{ gate = \"{gate}\" }}"),
        ));
    }
    text.push_str(
        "[profiles.gates]\nservices = [\"slow\", \"on-started\", \"on-live\", \"on-ready\"]\n",
    );
    machine.write("/etc/juniper/juniper.toml", text, 0o644)?;
    exits(&machine, "juniperctl install", 0)?;
    exits(&machine, "systemctl start juniper.target", 0)?;
    let at = |service: &str, property: &str| -> Result<f64, libtest_mimic::Failed> {
        let line = format!("systemctl show -p {property} --value juniper-{service}.service");
        let microseconds: f64 = exits(&machine, &line, 0)?.stdout.trim().parse()?;
        Ok(microseconds / 1_000_000.0)
    };
    let first = at("slow", "ExecMainStartTimestampMonotonic")?;
    let slow = at("slow", "ActiveEnterTimestampMonotonic")? - first;
    // When their programs began: how long these take to be ready is not the gates' matter.
    let began = |service: &str| -> Result<f64, libtest_mimic::Failed> {
        let line = format!(
            "journalctl -o json -u juniper-{service}.service | grep 'listening on' | tail -n 1"
        );
        let entry: serde_json::Value = serde_json::from_str(&exits(&machine, &line, 0)?.stdout)?;
        let time = entry["__MONOTONIC_TIMESTAMP"].as_str();
        let microseconds: f64 = time.ok_or("an entry without a time")?.parse()?;
        Ok(microseconds / 1_000_000.0 - first)
    };
    let (started, live, gated) = (began("on-started")?, began("on-live")?, began("on-ready")?);
    let told = format!("slow {slow:.2}, started {started:.2}, live {live:.2}, ready {gated:.2}");
    // Below its dependency's life, between life and readiness, after readiness.
    claim(started < 0.5, format!("the started gate waited: {told}"))?;
    claim((0.5..2.0).contains(&live), format!("the live gate: {told}"))?;
    claim(
        slow >= 2.0 && gated >= slow,
        format!("the ready gate: {told}"),
    )?;
    all_at_one_moment(&machine)
}

/// One that was ready early and is gone when the last is ready is waited for again.
fn all_at_one_moment(machine: &Machine) -> Outcome {
    // `both` waits for one that is ready at once and for one that takes its time.
    let text = [
        "profile = \"both\"\n[profiles.both]\nservices = [\"early\", \"late\", \"both\"]\n",
        &service("early", 9000, ""),
        &service(
            "late",
            9001,
            "environment = { JUNIPER_STANDIN_READY_AFTER = \"4s\" }",
        ),
        &service(
            "both",
            9002,
            "depends_on = { early = { gate = \"ready\" }, late = { gate = \"ready\" } }",
        ),
    ]
    .concat();
    machine.write("/etc/juniper/juniper.toml", text, 0o644)?;
    exits(machine, "juniperctl install --now --yes", 0)?;
    exits(machine, "systemctl stop juniper-late juniper-both", 0)?;
    // The other is not ordered before what runs by now.
    exits(machine, "systemctl start --no-block juniper-both", 0)?;
    let status = |wanted: &str| {
        run(
            machine,
            "systemctl show -p StatusText --value juniper-both.service",
        )
        .is_ok_and(|it| it.stdout.contains(wanted))
    };
    let deadline = std::time::Duration::from_secs(30);
    machine.wait_until("both to wait for late", deadline, || status("late"))?;
    exits(machine, "systemctl stop juniper-early", 0)?;
    exits(machine, "systemctl start --no-block juniper-late", 0)?;
    machine.wait_until("both to wait for early again", deadline, || status("early"))?;
    exits(machine, "systemctl start juniper-early", 0)?;
    exits(machine, "systemctl start juniper-both", 0).map(drop)
}
