//! Upstream's own Python clients ask the stand-ins, the real services through a recorder, what was
//! recorded, and their own testing fakes. What differs is a table, packaging/standin.md, which this
//! holds to the truth; with `CLIENTS_TABLE` in the environment it is written anew.

mod table;

use std::path::Path;
use std::time::Duration;

use juniper_lab::real::clients::Clients;
use juniper_lab::{BootOptions, Command, Machine, Suite, real, trial};
use libtest_mimic::Trial;

use self::table::{Session, Sessions};
use super::super::lab::{Outcome, claim, exits, has, machine};

/// The session that the clients go through.
const SCRIPT: &str = include_str!("clients.py");
const KEYS: [(&str, &str); 2] = [
    ("data-api-key", "data-key-that-nobody-may-see"),
    ("cascor-api-key", "cascor-key-that-nobody-may-see"),
];
/// Data and cascor alone; the real ones' limit of requests would end the session early.
const CONFIGURATION: &str = r#"
[profiles.bare]
services = ["data", "cascor"]
[services.data.environment]
JUNIPER_DATA_RATE_LIMIT_ENABLED = "false"
[services.cascor.environment]
JUNIPER_STANDIN_TRAINING = "1500ms"
"#;
/// What was recorded in the place of both.
const REPLAYS: &str = r#"
[services.data]
command = ["/usr/bin/juniper-standin", "replay", "/var/lib/juniper/data/recording", "--speed", "max"]
[services.cascor]
command = ["/usr/bin/juniper-standin", "replay", "/var/lib/juniper/cascor/recording", "--speed", "max"]
"#;

pub(crate) fn same_answers_trial() -> Trial {
    trial::on_real_clients(
        "real::upstreams_clients_find_the_same_in_stand_ins_and_recordings",
        same_answers,
    )
}

fn same_answers() -> Outcome {
    let environments = real::prepared()?.ok_or("the real services are not prepared")?;
    let clients = Clients::prepared()?.ok_or("the clients are not prepared")?;
    let options = clients.shown(environments.shown(BootOptions::default()));
    let machine = machine(Suite::Trixie, options)?;
    machine.write("/root/clients.py", SCRIPT, 0o644)?;
    machine.write("/etc/juniper/juniper.toml", CONFIGURATION, 0o644)?;
    for (name, key) in KEYS {
        let set = Command::shell(&format!("juniperctl secret set {name}")).input(key);
        machine.succeed_with(set)?;
    }

    let fakes = both(&machine, ["fake", "fake"])?;
    exits(&machine, "juniperctl install --yes --profile mock --now", 0)?;
    let stand_ins = both(&machine, [DATA, CASCOR])?;
    exits(&machine, "juniperctl stop && rm -r /var/lib/juniper/*/*", 0)?;

    exits(&machine, "juniperctl install --yes --profile bare --now", 0)?;
    for (service, upstream) in [("data", DATA), ("cascor", CASCOR)] {
        record(&machine, service, upstream)?;
    }
    let reals = both(&machine, RECORDERS)?;
    exits(
        &machine,
        "systemctl stop record-data record-cascor && juniperctl stop",
        0,
    )?;
    has_no_secret(&machine)?;

    machine.write(
        "/etc/juniper/juniper.toml",
        format!(
            "{}{REPLAYS}",
            CONFIGURATION
                .split("[services.data")
                .next()
                .unwrap_or_default()
        ),
        0o644,
    )?;
    exits(&machine, "juniperctl install --yes --profile bare --now", 0)?;
    let health = exits(&machine, "juniperctl health", 0)?;
    has(&health.stdout, &["the group is ready"])?;
    let replays = both(&machine, [DATA, CASCOR])?;
    for (real, replay) in reals.iter().zip(&replays) {
        claim(
            real == replay,
            format!("a replay differs: {}", real.difference(replay)),
        )?;
    }
    let never = exits(
        &machine,
        &format!("curl -s -H 'X-API-Key: {}' {CASCOR}/v1/history", KEYS[1].1),
        0,
    )?;
    has(
        &never.stdout,
        &["GET /v1/history was never recorded at all", "HTTP_501"],
    )?;

    let text = table::document(&Sessions {
        reals: &reals,
        stand_ins: &stand_ins,
        fakes: &fakes,
    });
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/standin.md");
    if std::env::var_os("CLIENTS_TABLE").is_some() {
        std::fs::write(&place, &text)?;
    }
    let kept = std::fs::read_to_string(&place).unwrap_or_default();
    claim(
        kept == text,
        format!(
            "packaging/standin.md says something else than was seen; CLIENTS_TABLE=1 writes it:\n{text}"
        ),
    )
}

const DATA: &str = "http://127.0.0.1:8100";
const CASCOR: &str = "http://127.0.0.1:8200";
const RECORDERS: [&str; 2] = ["http://127.0.0.1:18100", "http://127.0.0.1:18200"];

/// One session with each client.
fn both(machine: &Machine, addresses: [&str; 2]) -> Result<[Session; 2], libtest_mimic::Failed> {
    let [(_, data_key), (_, cascor_key)] = KEYS;
    let session = |service: &str, address: &str| {
        let line = format!("{} /root/clients.py {service} {address}", Clients::python());
        // A key in the environment is how a person's notebook has it, too.
        let command = Command::shell(&line)
            .env("JUNIPER_DATA_API_KEY", data_key)
            .env("JUNIPER_CASCOR_API_KEY", cascor_key)
            .deadline(Duration::from_mins(2));
        let told = machine.succeed_with(command)?;
        Ok::<_, libtest_mimic::Failed>(Session::parse(&told)?)
    };
    Ok([
        session("data", addresses[0])?,
        session("cascor", addresses[1])?,
    ])
}

/// Starts a recorder that knows no key: it is to learn them from what passes.
fn record(machine: &Machine, service: &str, upstream: &str) -> Outcome {
    let port = if service == "data" { 18100 } else { 18200 };
    let line = format!(
        "systemd-run --quiet --unit=record-{service} /usr/bin/juniper-standin record {service} \
         /root/{service}.recording --upstream {upstream} --port {port}"
    );
    exits(machine, &line, 0)?;
    machine.wait_until("the recorder to listen", Duration::from_secs(10), || {
        exits(
            machine,
            &format!("curl -s http://127.0.0.1:{port}/v1/health/live"),
            0,
        )
        .is_ok()
    })?;
    Ok(())
}

/// The recordings are root's alone and hold no key; they are moved to where the services read them.
fn has_no_secret(machine: &Machine) -> Outcome {
    for service in ["data", "cascor"] {
        let recording = machine.read_text(format!("/root/{service}.recording"))?;
        for (name, key) in KEYS {
            claim(
                !recording.contains(key),
                format!("{name} is in the recording of {service}"),
            )?;
        }
        has(&recording, &["[\"x-api-key\",\"SCRUBBED\"]"])?;
        let line = format!(
            "stat -c %U-%a /root/{service}.recording && install -o juniper -g juniper -m 600 \
             /root/{service}.recording /var/lib/juniper/{service}/recording"
        );
        let mode = exits(machine, &line, 0)?.stdout;
        claim(mode == "root-600\n", mode)?;
    }
    Ok(())
}
