//! Hostile strings in every place that takes one: systemd reports exactly what was configured, or
//! `check` refused it with its position.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use juniper_lab::{BootOptions, Machine, Suite};
use serde_json::Value;

use super::lab::{Outcome, claim, exits, has, machine, run};

const CONFIGURATION: &str = "/etc/juniper/juniper.toml";

/// Where each string is tried: the key's line and how the property is found.
const PLACES: [&str; 4] = ["command", "environment", "description", "working_directory"];

/// A command without one: a service must have a command.
const NO_STRING: &str = "command = [\"/bin/true\"]";

/// Pieces that mean something to a shell, to systemd, to TOML or to a terminal.
const PIECES: [&str; 40] = [
    "",
    " ",
    "\n",
    "\r",
    "\t",
    "\"",
    "'",
    "%n",
    "%%",
    "%",
    "%h/%i",
    "$HOME",
    "${HOME}",
    "$$",
    "\\",
    "\\n",
    "\\x41",
    "\\\"",
    ";",
    " ; ",
    "; rm",
    "-",
    "+",
    "!",
    "@",
    ":",
    "#",
    "=",
    "[Service]",
    "ExecStart=/bin/sh",
    "`id`",
    "$(id)",
    "a b",
    "äöü",
    "漢字",
    "🦀",
    "\u{202e}",
    "\u{7f}",
    "\u{1b}[31m",
    "~",
];

/// More than two hundred: each piece alone, between letters, at either end, and pairs of pieces.
pub(crate) fn strings() -> Vec<String> {
    let mut strings: Vec<String> = Vec::new();
    for (index, piece) in PIECES.iter().enumerate() {
        let partner = PIECES[(index * 7 + 3) % PIECES.len()];
        strings.extend([
            (*piece).to_owned(),
            format!("a{piece}b"),
            format!("{piece}b"),
            format!("a{piece}"),
            format!("x{piece}{partner}y{piece}"),
        ]);
    }
    strings.push("long".repeat(10_000));
    strings.push("%\"\\$".repeat(5_000));
    strings.push("n".repeat(65_537));
    strings
}

/// TOML's basic string with everything beyond printable ASCII that needs it escaped.
pub(crate) fn toml(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            _ if character.is_control() => write!(out, "\\u{:04X}", u32::from(character)).unwrap(),
            _ => out.push(character),
        }
    }
    out + "\""
}

/// The configuration, one key a line, and which string stands where on which line.
fn configuration(strings: &[String]) -> (Vec<String>, BTreeMap<usize, (usize, &'static str)>) {
    let names: Vec<String> = (0..strings.len())
        .map(|index| format!("\"h{index}\""))
        .collect();
    let mut lines = vec![
        "profile = \"hostile\"".to_owned(),
        format!("profiles.hostile.services = [{}]", names.join(", ")),
    ];
    let mut places = BTreeMap::new();
    for (index, text) in strings.iter().enumerate() {
        lines.push(format!("[services.h{index}]"));
        for place in PLACES {
            lines.push(match place {
                "command" => format!("command = [\"/bin/true\", {}]", toml(text)),
                "environment" => format!("environment.HOSTILE = {}", toml(text)),
                "description" => format!("description = {}", toml(text)),
                _ => format!("working_directory = {}", toml(&format!("/srv/{text}"))),
            });
            places.insert(lines.len(), (index, place));
        }
    }
    (lines, places)
}

pub(crate) fn arrive_unchanged(suite: Suite) -> Outcome {
    let machine = machine(suite, BootOptions::default())?;
    let strings = strings();
    let (mut lines, mut places) = configuration(&strings);
    claim(strings.len() >= 200, "too few strings")?;
    machine.write(CONFIGURATION, lines.join("\n"), 0o644)?;
    for line in refused(&machine)? {
        let (index, place) = places
            .remove(&line)
            .ok_or("a fault away from any hostile string")?;
        claim(
            may_be_refused(&strings[index], place),
            format!("{place} refuses {:?}", strings[index]),
        )?;
        // A service without a command is none; it keeps one without the string.
        lines[line - 1] = if place == "command" {
            NO_STRING.to_owned()
        } else {
            String::new()
        };
    }
    machine.write(CONFIGURATION, lines.join("\n"), 0o644)?;
    if suite == Suite::Jammy {
        long_is_refused(&machine)?;
        // On this systemd alone; all the rest must get through there, too.
        for (line, (index, place)) in places.clone() {
            if place == "command" && strings[index].len() > 4095 {
                places.remove(&line);
                NO_STRING.clone_into(&mut lines[line - 1]);
            }
        }
        machine.write(CONFIGURATION, lines.join("\n"), 0o644)?;
    }
    exits(&machine, "juniperctl install --quiet", 0)?;
    let complaints = exits(
        &machine,
        "journalctl -b _PID=1 -p warning -o cat --no-pager | grep -a juniper-h || true",
        0,
    )?;
    claim(
        complaints.stdout.is_empty(),
        format!("systemd complains: {}", complaints.stdout),
    )?;
    let reported = reported(&machine, strings.len())?;
    for (index, place) in places.values() {
        let found = &reported[*index];
        let (found, wanted) = match *place {
            "command" => (found.command.last().cloned(), strings[*index].clone()),
            "environment" => (
                found
                    .environment
                    .iter()
                    .find_map(|entry| entry.strip_prefix("HOSTILE=").map(str::to_owned)),
                strings[*index].clone(),
            ),
            "description" => (Some(found.description.clone()), strings[*index].clone()),
            _ => (
                Some(found.working_directory.clone()),
                format!("/srv/{}", strings[*index]),
            ),
        };
        claim(
            found.as_deref() == Some(wanted.as_str()),
            format!("{place}: systemd reports {found:?} for {wanted:?}"),
        )?;
    }
    // Enough must have got through for this to mean anything.
    claim(
        places.len() > 500,
        format!(
            "only {} of {} got through",
            places.len(),
            strings.len() * PLACES.len()
        ),
    )
}

/// What 249 cannot read is told before anything is written, and not by whole pages of it.
fn long_is_refused(machine: &Machine) -> Outcome {
    let said = exits(machine, "juniperctl install --quiet", 3)?;
    has(
        &said.stderr,
        &[
            "juniper-h200.service: an argument of its command has 40000 bytes",
            "put what it says into a file",
        ],
    )?;
    claim(said.stderr.len() < 1000, said.stderr)
}

/// The lines that `check` refuses, each with its position.
fn refused(machine: &Machine) -> Result<Vec<usize>, libtest_mimic::Failed> {
    let output = run(machine, "juniperctl check --json")?;
    let listing: Value = serde_json::from_str(&output.stdout)?;
    let mut lines = Vec::new();
    for fault in listing["faults"].as_array().unwrap() {
        claim(
            fault["file"] == CONFIGURATION && fault["column"].is_u64(),
            format!("a fault without its position: {fault}"),
        )?;
        lines.push(usize::try_from(fault["line"].as_u64().unwrap())?);
    }
    Ok(lines)
}

/// What each place cannot carry at all; everything else must get through.
fn may_be_refused(text: &str, place: &str) -> bool {
    let control = text
        .chars()
        .any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
    let too_long = text.len() > 65_536;
    let path = format!("/srv/{text}");
    match place {
        "command" | "environment" => control || too_long,
        "description" => {
            control || too_long || text.is_empty() || text.trim() != text || text.ends_with('\\')
        }
        _ => {
            let parts_differ = path
                .split('/')
                .skip(1)
                .any(|part| matches!(part, "" | "." | "..") || part.len() > 255);
            control
                || path.len() >= 4096
                || parts_differ
                || path.trim() != path
                || path.ends_with('\\')
        }
    }
}

/// What systemd says of one unit.
struct Reported {
    command: Vec<String>,
    environment: Vec<String>,
    description: String,
    working_directory: String,
}

fn reported(machine: &Machine, count: usize) -> Result<Vec<Reported>, libtest_mimic::Failed> {
    let script = format!(
        "i=0; while [ $i -lt {count} ]; do \
         busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager LoadUnit s juniper-h$i.service >/dev/null || exit 1; \
         p=/org/freedesktop/systemd1/unit/juniper_2dh${{i}}_2eservice; \
         busctl --json=short get-property org.freedesktop.systemd1 $p org.freedesktop.systemd1.Service ExecStart Environment WorkingDirectory || exit 1; \
         busctl --json=short get-property org.freedesktop.systemd1 $p org.freedesktop.systemd1.Unit Description || exit 1; \
         i=$((i+1)); done"
    );
    let output = exits(machine, &script, 0)?;
    let values: Vec<Value> = output
        .stdout
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    claim(
        values.len() == count * 4,
        format!("{} lines for {count} units", values.len()),
    )?;
    let texts = |value: &Value| -> Vec<String> {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item.as_str().unwrap().to_owned())
            .collect()
    };
    Ok(values
        .chunks(4)
        .map(|unit| Reported {
            command: texts(&unit[0]["data"][0][1]),
            environment: texts(&unit[1]["data"]),
            working_directory: unit[2]["data"].as_str().unwrap().to_owned(),
            description: unit[3]["data"].as_str().unwrap().to_owned(),
        })
        .collect())
}
