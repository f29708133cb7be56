//! Whatever the files say: no panic, no secret in what comes out, and a configuration that is TOML.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;

use crate::spec::fault::{Code, Faults, drawn};
use crate::spec::resolve::{Circumstances, resolve};
use crate::spec::{Sources, builtin};

use super::{Import, Kind, Source, import};

const SECRET: &str = "never-to-be-seen";

const LINES: &[&str] = &[
    "services:",
    "  juniper-data:",
    "  own:",
    "  redis:",
    "    environment:",
    "      A: b",
    "      API_KEY: never-to-be-seen",
    "      - B=c",
    "    command: /opt/x --token never-to-be-seen",
    "    command: [/opt/x, '--y', \"\\u0000\"]",
    "    ports: ['1:2']",
    "    ports: [99999, {}]",
    "    depends_on: [own, juniper-data, redis]",
    "    depends_on: {own: {condition: service_healthy}}",
    "    healthcheck: {test: 'curl http://x/y', interval: 0s}",
    "    deploy: {replicas: 9999, resources: {limits: {memory: 99G}}}",
    "    volumes: ['a:/b', '../c:/d']",
    "    profiles: [full, '', 'A b']",
    "    <<: *a",
    "x: &a",
    "  k: ${V:-${W}}",
    "    image: ${}",
    "[Unit]",
    "[Service]",
    "ExecStart=/opt/x/bin/python -m juniper_data --api-key never-to-be-seen",
    "ExecStart=/usr/bin/x \\",
    "Environment=\"A=b c\" TOKEN=never-to-be-seen",
    "After=juniper-data.service x.service",
    "MemoryMax=1",
    "RestartSec=-1",
    "WorkingDirectory=~",
    "Description=\u{1b}[31m",
    "Type=forking",
    "JUNIPER_DATA_PORT=0",
    "JUNIPER_DATA_PORT=65535",
    "JUNIPER_CASCOR_API_KEYS=never-to-be-seen",
    "JUNIPER_DATA_X=a never-to-be-seen b",
    "JUNIPER_CANOPY_Y=\"'\"",
    "JUNIPER_ENV='\"\"\"'",
    "REDIS_URL=redis://:never-to-be-seen@h",
    "\u{0}",
    "",
];

fn made(kind: Kind, file: &str, text: &str) -> Option<Import> {
    let source = Source {
        path: file.to_owned(),
        kind,
        text: text.to_owned(),
    };
    import(&[source], &BTreeMap::new()).ok()
}

/// Keys of a container, each in several forms; all of them are YAML.
const KEYS: &[&[&str]] = &[
    &[
        "command: /opt/x",
        "command: [/opt/x, '--y', 'a b']",
        "command: sh -c 'a | b'",
        "command: [/opt/x, --token, never-to-be-seen]",
    ],
    &["entrypoint: /opt/e", "entrypoint: []", "entrypoint: [e]"],
    &[
        "environment: {A: b, API_KEY: never-to-be-seen, JUNIPER_DATA_PORT: 0}",
        "environment: [A=1, B, 1=2, HOME=%h]",
        "environment: {MAINPID: 1, X: \"\\e[31m\", Y: never-to-be-seen}",
    ],
    &[
        "ports: ['1:2', '3:4']",
        "ports: [70000]",
        "ports: [{target: 80}]",
        "ports: ['0.0.0.0:8100:8100']",
    ],
    &[
        "depends_on: [juniper-data, other, redis]",
        "depends_on: {other: {condition: service_healthy}, redis: {condition: service_healthy}}",
        "depends_on: {juniper-data: {condition: service_started, restart: true}}",
    ],
    &[
        "healthcheck: {test: 'curl http://x/y', interval: 0s, retries: 0}",
        "healthcheck: {test: 'curl http://x:1/a b', timeout: 1h, start_period: 9h}",
        "healthcheck: {disable: true}",
        "healthcheck: {test: [CMD, curl, 'http://x/%n'], interval: 1ms}",
    ],
    &[
        "deploy: {replicas: 9999, resources: {limits: {memory: 99G, cpus: '1'}}}",
        "deploy: {replicas: 0, resources: {limits: {memory: 1}}}",
        "deploy: {resources: {reservations: {devices: [{driver: nvidia, device_ids: ['0', '999']}, {capabilities: [gpu]}]}}}",
    ],
    &[
        "volumes: ['a:/b', 'a:/c', '../d:/e']",
        "volumes: ['a.b:/', 'x:y']",
        "volumes: [{type: volume, source: v, target: /w}]",
    ],
    &[
        "profiles: [full]",
        "profiles: ['', 'A b', lab]",
        "profiles: []",
    ],
    &[
        "stop_grace_period: 0s",
        "stop_grace_period: 5m",
        "working_dir: /a/../b",
    ],
    &["secrets: [a]", "secrets: [{source: a}]"],
];

/// Whether a configuration is sound in each profile; what the files themselves contradict counts as sound.
fn faults(text: &str) -> Vec<String> {
    let (mut sources, mut faults) = (Sources::default(), Faults::default());
    let merged = builtin::read_with([("f", text)], &mut sources, &mut faults);
    for profile in merged.profiles.keys() {
        let circumstances = Circumstances {
            profile: Some(profile.clone()),
            production: false,
        };
        let _ = resolve(&merged, &circumstances, &mut faults);
    }
    faults
        .sorted()
        .into_iter()
        .filter(|fault| !matches!(fault.code, Code::PortClash | Code::Cycle))
        .map(|fault| drawn(fault, &sources, false))
        .collect()
}

proptest! {
    #[test]
    fn nothing_hostile_comes_out(
        lines in proptest::collection::vec(proptest::sample::select(LINES), 0..30),
        begin in 0_usize..3,
    ) {
        let (kind, file, first) = [
            (Kind::Compose, "compose.yml", "services:\n  own:\n    command: /opt/x\n"),
            (Kind::Unit, "own.service", "[Service]\nExecStart=/opt/x\n"),
            (Kind::Environment, ".env", "JUNIPER_CASCOR_API_KEYS=never-to-be-seen\n"),
        ][begin];
        // Of a unit and of variables, lines that are none of theirs would be the end of it.
        let lines: Vec<&str> = lines.into_iter().filter(|line| begin == 0 || line.contains('=')).collect();
        let text = format!("{first}{}\n", lines.join("\n"));
        if let Some(made) = made(kind, file, &text) {
            let all = format!("{}{:?}", made.text, made.losses);
            prop_assert!(!all.contains(SECRET), "{all}");
            let faults = faults(&made.text);
            prop_assert!(faults.is_empty(), "{}", faults.join("\n"));
        }
    }

    #[test]
    fn whatever_containers_say_the_configuration_is_sound(
        forms in proptest::collection::vec(0_usize..6, KEYS.len() * 3),
    ) {
        let mut text = format!("x-known: {{API_KEY: {SECRET}}}\nservices:\n");
        for (name, forms) in ["own", "juniper-data", "other"].iter().zip(forms.chunks(KEYS.len())) {
            writeln!(text, "  {name}:\n    image: x").unwrap();
            for (key, form) in KEYS.iter().zip(forms) {
                if let Some(line) = key.get(*form) {
                    writeln!(text, "    {line}").unwrap();
                }
            }
        }
        let made = made(Kind::Compose, "compose.yml", &text);
        prop_assert!(made.is_some(), "{text}");
        let made = made.unwrap();
        let all = format!("{}{:?}", made.text, made.losses);
        prop_assert!(!all.contains(SECRET), "{all}");
        let faults = faults(&made.text);
        prop_assert!(faults.is_empty(), "{text}\n{}\n{}", made.text, faults.join("\n"));
    }
}

#[test]
fn values_that_grow_and_files_without_end_are_bounded() {
    let source = |kind, path: &str, text: String| Source {
        path: path.to_owned(),
        kind,
        text,
    };
    let long = format!("A={}\n", "x".repeat(60_000));
    let uses = "      - B=${A}\n".repeat(5_000);
    let compose = format!("services:\n  own:\n    command: /opt/x\n    environment:\n{uses}");
    let sources = [
        source(Kind::Compose, "compose.yml", compose),
        source(Kind::Environment, ".env", long),
    ];
    let made = import(&sources, &BTreeMap::new()).unwrap();
    assert!(made.losses.len() > 4_900, "{}", made.losses.len());
    let endless = source(Kind::Environment, ".env", "A=b\n".repeat(5_001));
    assert!(import(&[endless], &BTreeMap::new()).is_err());
}
