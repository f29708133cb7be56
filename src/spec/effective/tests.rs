//! What is shown against what is in effect.

use std::fmt::Write as _;

use similar::TextDiff;

use super::{Origin, Row, rows};
use crate::spec::fault::Faults;
use crate::spec::provenance::{Provenance, dotted};
use crate::spec::resolve::{Circumstances, resolve};
use crate::spec::source::Sources;
use crate::spec::{ProfileName, Stack, builtin};

/// The stack of a text over the built-in one, and its rows.
fn explained(text: &str, profile: &str) -> (Stack, Vec<Row>) {
    let (mut sources, mut faults) = (Sources::default(), Faults::default());
    let merged = builtin::read_with([("juniper.toml", text)], &mut sources, &mut faults);
    let circumstances = Circumstances {
        profile: Some(ProfileName::parse(profile).unwrap()),
        production: false,
    };
    let stack = resolve(&merged, &circumstances, &mut faults);
    assert!(faults.is_empty(), "{faults:#?}");
    let stack = stack.unwrap();
    let rows = rows(&stack, &Provenance::of(&sources));
    (stack, rows)
}

const SITE: &str = r#"
network = "isolated"
environment.SITE = "a \"quoted\" ünit \\"
[services.canopy]
host = "0.0.0.0"
port = 8070
[services.cascor]
gpu = 2
memory_max = "1536M"
relax.ProtectHome = "the datasets lie below /home"
exposure_budget = 2.5
environment.JUNIPER_DATA_URL = "http://127.0.0.1:9"
[services.worker]
instances = 3
[services.notebook]
command = ["/opt/notebook/bin/server", "--port", "9000"]
port = 9000
readiness = { path = "/ready", timeout = "2s" }
depends_on.cascor = { expect = { "details.mode" = "service" } }
depends_on.data = {}
bind_directories."/opt/x/python3.*/y" = "self.state/y"
derived_environment.HOME = "self.state"
credentials.notebook-key = { enforce = "NOTEBOOK_REQUIRE_KEY" }
[watchdog.notification]
command = ["/usr/bin/logger", "-t", "x y"]
[profiles.lab]
services = ["notebook", "cascor", "data", "worker", "canopy", "redis"]
overrides.data.stop_timeout = "1min"
"#;

const HOSTS: &str = r#"
[hosts.gpu1]
address = "10.77.0.11"
[hosts.gpu2]
address = "10.77.0.12"
ssh = "ada@gpu2.lab"
[services.cascor]
host = "10.77.0.1"
startup = { interval = "2s", failure_threshold = 7 }
environment.JUNIPER_CASCOR_LOOPBACK_PUBLISH_ATTESTED = true
[services.worker]
hosts = { gpu1 = 4, gpu2 = 8 }
"#;

fn difference(left: &Stack, right: &Stack) -> String {
    let (left, right) = (format!("{left:#?}"), format!("{right:#?}"));
    TextDiff::from_lines(&left, &right)
        .unified_diff()
        .to_string()
}

#[test]
fn what_is_shown_resolves_to_the_same_stack() {
    for (text, profile) in [
        ("", "full"),
        ("", "demo"),
        ("", "mock"),
        ("", "dev"),
        (SITE, "lab"),
        (HOSTS, "full"),
        (&format!("this_host = \"gpu1\"\n{HOSTS}"), "full"),
        (&format!("this_host = \"gpu2\"\n{HOSTS}"), "mock"),
    ] {
        let (stack, rows) = explained(text, profile);
        let mut shown = String::new();
        for row in &rows {
            writeln!(shown, "{} = {}", dotted(&row.key), row.value).unwrap();
        }
        let (again, _) = explained(&shown, profile);
        assert!(stack == again, "{profile}: {}", difference(&stack, &again));
    }
}

fn row<'r>(rows: &'r [Row], key: &str) -> &'r Row {
    rows.iter()
        .find(|row| dotted(&row.key) == key)
        .unwrap_or_else(|| panic!("no {key}"))
}

/// The line of `SITE` where a value was written.
fn line(row: &Row) -> Option<usize> {
    match &row.origin {
        Origin::Written(written) if !written.is_built_in() => {
            Some(SITE.get(..written.at.span.start)?.matches('\n').count() + 1)
        }
        _ => None,
    }
}

#[test]
fn each_row_says_where_it_comes_from() {
    let (_, rows) = explained(SITE, "lab");
    for (key, value, expected) in [
        ("services.cascor.memory_max", r#""1536M""#, Some(9)),
        ("services.cascor.gpu", "2", Some(8)),
        ("services.worker.instances", "3", Some(14)),
        (
            "services.notebook.environment.SITE",
            r#""a \"quoted\" ünit \\""#,
            Some(3),
        ),
    ] {
        let row = row(&rows, key);
        assert_eq!(row.value.to_string(), value, "{key}");
        assert_eq!(line(row), expected, "{key}: {row:?}");
    }
    // A profile's change counts, and what it took the place of is known.
    let stop = row(&rows, "services.data.stop_timeout");
    assert_eq!(stop.value, "1min");
    assert_eq!(line(stop), Some(28));
    let port = row(&rows, "services.canopy.port");
    assert_eq!(port.over.len(), 1);
    assert!(port.over[0].is_built_in());
    assert_eq!(port.over[0].text, "8050");
    assert_eq!(
        row(&rows, "services.notebook.stop_timeout").origin,
        Origin::Default
    );
    for (key, words) in [
        ("services.notebook.unit", "from the name `notebook`"),
        (
            "services.notebook.depends_on.data.gate",
            "it has a readiness probe",
        ),
        (
            "services.canopy.environment.JUNIPER_CANOPY_SERVER__PORT",
            "from \"self.port\"",
        ),
    ] {
        let origin = &row(&rows, key).origin;
        assert!(
            matches!(origin, Origin::Derived(why, _) if why == words),
            "{key}: {origin:?}"
        );
    }
    // A literal value of the site's own takes the place of a derived one.
    let url = row(&rows, "services.cascor.environment.JUNIPER_DATA_URL");
    assert_eq!(line(url), Some(12));
}
