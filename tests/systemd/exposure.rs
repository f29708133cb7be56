//! What juniperctl computes of a unit's exposure is what systemd says of it, on every version; and no
//! directive of the sandbox is there for nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use juniper_lab::{BootOptions, Machine, Suite};
use juniperctl::hardening::exposure::{Exposure, Settings};
use juniperctl::hardening::table::SANDBOX;
use libtest_mimic::Failed;

use super::lab::{Outcome, claim, exits, machine};

/// Configurations whose units differ in what they may do.
const CONFIGURATIONS: [(&str, &str); 4] = [
    (
        "plain",
        "[watchdog.notification]\ncommand = [\"/bin/true\"]\n",
    ),
    ("isolated", "network = \"isolated\"\n"),
    ("gpu", "[services.cascor]\ngpu = true\n"),
    (
        "published",
        "[services.canopy]\nhost = \"192.0.2.1\"\n[services.data.relax]\nProtectHome = \"datasets lie there\"\nSystemCallFilter = \"a debugger\"\n",
    ),
];

/// Directives that systemd does not ask about, or whose default it takes for good: the escape trials
/// hold these.
const UNASKED: [&str; 7] = [
    // PrivateDevices= closes the others, too; units with GPUs are without it, and asked about it below.
    "DevicePolicy",
    "InaccessiblePaths",
    "IPAddressAllow",
    "PrivateIPC",
    // Asked of a file alone, not of a loaded unit that has a mount namespace anyway.
    "PrivateMounts",
    "SystemCallErrorNumber",
    "TemporaryFileSystem",
];

pub(crate) fn agrees_with_systemd(suite: Suite) -> Outcome {
    let version = suite.systemd_version();
    let units = variants(&version.to_string())?;
    let machine = machine(suite, BootOptions::default())?;
    for (name, unit) in &units {
        machine.write(
            format!("/run/systemd/system/{name}.service"),
            unit.text.clone(),
            0o644,
        )?;
    }
    exits(&machine, "systemctl daemon-reload", 0)?;
    let said = said(&machine, units.keys())?;
    for (name, unit) in &units {
        let computed = Exposure::of(&Settings::parse(&unit.text));
        let said = said
            .get(name)
            .ok_or(format!("systemd says nothing of {name}"))?;
        claim(
            computed == *said,
            format!("{name}: computed {computed}, systemd {version} says {said}"),
        )?;
    }
    nothing_is_there_for_nothing(&units)
}

/// Without any one directive the unit is more exposed, unless nobody asks about it.
fn nothing_is_there_for_nothing(units: &BTreeMap<String, Variant>) -> Outcome {
    let whole = Exposure::of(&Settings::parse(&units["plain-data"].text));
    let mut idle = BTreeSet::new();
    for unit in units.values() {
        if let Some(without) = unit.without
            && Exposure::of(&Settings::parse(&unit.text)) <= whole
        {
            idle.insert(without);
        }
    }
    // A tenth of a point hides the small ones: what each adds is looked at, not the rounded sum.
    let settings = Settings::parse(&units["plain-data"].text);
    let open = |settings: &Settings| -> u32 {
        juniperctl::hardening::exposure::open(settings)
            .iter()
            .map(|open| open.adds)
            .sum()
    };
    idle.retain(|without| {
        let text = &units[&format!("plain-data-without-{without}")].text;
        open(&Settings::parse(text)) <= open(&settings)
    });
    let unasked: BTreeSet<&str> = UNASKED.into();
    claim(
        idle.is_subset(&unasked),
        format!("these change nothing: {idle:?}, expected at most {unasked:?}"),
    )?;
    let gpu = &units["gpu-cascor"].text;
    let lines: Vec<&str> = gpu.lines().collect();
    let closed = lines
        .iter()
        .filter(|line| !line.starts_with("DevicePolicy="));
    let without = closed.fold(String::new(), |text, line| text + line + "\n");
    claim(
        open(&Settings::parse(&without)) > open(&Settings::parse(gpu)),
        "a unit with a GPU is no more exposed without DevicePolicy=",
    )
}

struct Variant {
    text: String,
    without: Option<&'static str>,
}

/// Units by name: as rendered, and the dataset service's without each directive in turn.
fn variants(version: &str) -> Result<BTreeMap<String, Variant>, Failed> {
    let mut units = BTreeMap::new();
    for (kind, text) in CONFIGURATIONS {
        for service in ["data", "cascor", "canopy", "ready", "watchdog"] {
            let text = rendered(text, version, service)?;
            let without = None;
            units.insert(format!("{kind}-{service}"), Variant { text, without });
        }
    }
    let (_, told) = CONFIGURATIONS[0];
    for template in ["act", "notification"] {
        let text = rendered(told, version, &format!("{template}@"))?;
        let without = None;
        units.insert(template.to_owned(), Variant { text, without });
    }
    let whole = units["plain-data"].text.clone();
    for row in SANDBOX {
        let lines: Vec<&str> = whole
            .lines()
            .filter(|line| !line.starts_with(&format!("{}=", row.name)))
            .collect();
        let text = lines.join("\n") + "\n";
        if text != whole {
            let name = format!("plain-data-without-{}", row.name);
            let without = Some(row.name);
            units.insert(name, Variant { text, without });
        }
    }
    Ok(units)
}

/// A unit as the program under test renders it.
fn rendered(configuration: &str, version: &str, service: &str) -> Result<String, Failed> {
    let root = tempfile::tempdir()?;
    let site = root.path().join("site.toml");
    std::fs::write(&site, configuration)?;
    let output = Command::new(env!("CARGO_BIN_EXE_juniperctl"))
        .arg("--root")
        .arg(root.path())
        .arg("--config")
        .arg(&site)
        .args(["render", "--systemd", version, "--out"])
        .arg(root.path())
        .output()?;
    claim(
        output.status.success(),
        String::from_utf8_lossy(&output.stderr),
    )?;
    let file = Path::new(root.path()).join(format!("juniper-{service}.service"));
    Ok(std::fs::read_to_string(file)?)
}

/// What systemd says of each unit.
fn said<'n>(
    machine: &Machine,
    names: impl Iterator<Item = &'n String>,
) -> Result<BTreeMap<String, Exposure>, Failed> {
    let names: Vec<String> = names.map(|name| format!("{name}.service")).collect();
    let line = format!(
        "LC_ALL=C.UTF-8 systemd-analyze security --no-pager {}",
        names.join(" ")
    );
    let told = exits(machine, &line, 0)?.stdout;
    let mut said = BTreeMap::new();
    for line in told.lines() {
        let Some((_, rest)) = line.split_once("Overall exposure level for ") else {
            continue;
        };
        let (name, figure) = rest.split_once(".service: ").ok_or("an unknown form")?;
        let figure = figure.split_whitespace().next().unwrap_or_default();
        let exposure = Exposure::parse(figure).ok_or(format!("not a figure: {figure}"))?;
        said.insert(name.to_owned(), exposure);
    }
    Ok(said)
}
