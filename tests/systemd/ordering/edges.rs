//! What each gate waits for: `started` for the process, `live` for life, `ready` for readiness.

use juniper_lab::{BootOptions, Suite};

use super::super::lab::{Outcome, claim, exits, machine};

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

/// The times at which dependents with each gate begin, beside those of `slow`.
pub(super) fn gates(suite: Suite) -> Outcome {
    let machine = machine(suite, BootOptions::default())?;
    let mut text = STACK.to_owned();
    for (number, gate) in ["started", "live", "ready"].iter().enumerate() {
        text.push_str(&format!(
            "[services.{gate}]\ncommand = [\"/usr/bin/juniper-standin\", \"data\"]\nport = {}\n\
             depends_on.slow = {{ gate = \"{gate}\" }}\n\
             readiness = {{ path = \"/v1/health/ready\" }}\n\
             derived_environment = {{ JUNIPER_DATA_PORT = \"self.port\", JUNIPER_DATA_STORAGE_PATH = \"self.state/sets\" }}\n",
            9001 + number
        ));
    }
    text.push_str("[profiles.gates]\nservices = [\"slow\", \"started\", \"live\", \"ready\"]\n");
    machine.write("/etc/juniper/juniper.toml", text, 0o644)?;
    exits(&machine, "juniperctl install", 0)?;
    exits(&machine, "systemctl start juniper.target", 0)?;
    let at = |service: &str, property: &str| -> Result<f64, libtest_mimic::Failed> {
        let line = format!("systemctl show -p {property} --value juniper-{service}.service");
        let microseconds: f64 = exits(&machine, &line, 0)?.stdout.trim().parse()?;
        Ok(microseconds / 1_000_000.0)
    };
    let began = at("slow", "ExecMainStartTimestampMonotonic")?;
    let ready = |service: &str| Ok::<f64, libtest_mimic::Failed>(
        at(service, "ActiveEnterTimestampMonotonic")? - began,
    );
    let (slow, started, live, gated) =
        (ready("slow")?, ready("started")?, ready("live")?, ready("ready")?);
    let told = format!("slow {slow:.2}, started {started:.2}, live {live:.2}, ready {gated:.2}");
    // Below its dependency's life, between life and readiness, after readiness.
    claim(started < 0.5, format!("the started gate waited: {told}"))?;
    claim((0.5..2.0).contains(&live), format!("the live gate: {told}"))?;
    claim(slow >= 2.0 && gated >= slow, format!("the ready gate: {told}"))
}
