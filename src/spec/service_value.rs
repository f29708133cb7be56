//! Parsers of the values that a service's keys take.
//!
//! Each judges one value alone and says what is allowed; it knows nothing of the other keys.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use toml::de::DeValue;

use crate::gpu::GpuName;
use crate::hardening::{self, Exposure};
use crate::ordered::Ordered as _;

use super::duration;
use super::fault::Problem;
use super::form::{Form as _, Names, Special, number, read_string, strings};
use super::service_layer::Gpu;
use super::size;
use super::text::{AbsolutePath, Text};

/// A program and its arguments, without a shell.
pub(super) const COMMAND: Special<Vec<Text>> = Special {
    read: command,
    described: || {
        json!({
            "type": "array",
            "items": [{ "type": "string", "pattern": "^/" }],
            "additionalItems": { "type": "string" },
            "minItems": 1
        })
    },
};

fn command(value: &DeValue<'_>) -> Result<Vec<Text>, Problem> {
    if value.as_array().is_none() {
        return Err(
            Problem::wrong_type("an array of strings", value.type_str()).help(
                "write the program and each argument by itself: [\"/usr/bin/env\", \"--version\"]",
            ),
        );
    }
    let words = strings(Text::parse).read(value)?;
    let Some(program) = words.first() else {
        return Err(Problem::invalid("must name a program"));
    };
    AbsolutePath::parse(program.as_str()).map_err(|problem| {
        problem.help("the first entry is the program, with its full path; no shell is involved")
    })?;
    Ok(words)
}

/// An IP address; names would make the start depend on a resolver.
pub(super) const HOST: Special<Text> = Special {
    read: |value| read_string(value, host),
    described: || json!({ "type": "string", "pattern": "^[0-9A-Fa-f:.]+$" }),
};

fn host(text: &str) -> Result<Text, Problem> {
    match text.parse::<std::net::IpAddr>() {
        Ok(_) => Text::parse(text),
        Err(_) => Err(Problem::invalid("an IP address such as 127.0.0.1 or ::1")),
    }
}

/// Which GPUs: all of them, so many, or these.
pub(super) fn gpu(value: &DeValue<'_>) -> Result<Gpu, Problem> {
    let problem = || Problem::invalid(GPU_FORMS);
    match value {
        DeValue::Boolean(true) => Ok(Gpu::All),
        DeValue::Boolean(false) => Ok(Gpu::None),
        DeValue::Integer(_) => {
            let count = number(1, MAX_GPUS)
                .read(value)
                .map_err(|problem| problem.help("write `false` to give it none"))?;
            Ok(Gpu::Count(u32::try_from(count).map_err(|_| problem())?))
        }
        DeValue::Array(items) if items.is_empty() => {
            Err(problem().help("write `false` to give it none"))
        }
        DeValue::Array(items) => named_gpus(items),
        DeValue::String(text) if text == "all" => Err(problem().help("write gpu = true")),
        DeValue::String(text) if text == "none" => Err(problem().help("write gpu = false")),
        DeValue::String(text) if GpuName::parse(text).is_ok() => {
            Err(problem().help(format!("write it in brackets: [\"{text}\"]")))
        }
        _ => Err(problem()),
    }
}

/// What `gpu` takes.
const GPU_FORMS: &str = "true, how many, or their names: [\"GPU-...\", \"MIG-...\"]";

/// The most that one machine has.
pub(super) const MAX_GPUS: u64 = 64;

fn named_gpus(items: &toml::de::DeArray<'_>) -> Result<Gpu, Problem> {
    let mut names = Vec::new();
    for item in items {
        let at = |problem: Problem| problem.at(item.span());
        let Some(text) = item.get_ref().as_str() else {
            let found = item.get_ref().type_str();
            return Err(at(Problem::wrong_type("a string", found)
                .help("numbers change with each card that is added or removed; `nvidia-smi -L` lists the names")));
        };
        let name = GpuName::parse(text).map_err(at)?;
        if names.contains(&name) {
            return Err(at(Problem::invalid("named twice")));
        }
        names.push(name);
    }
    Ok(Gpu::Named(names))
}

/// A size in bytes with systemd's suffixes, such as `8G`.
pub(super) const BYTES: Special<u64> = Special {
    read: bytes,
    described: || json!({ "type": "string", "pattern": "^[0-9]+[KMGT]?$" }),
};

fn bytes(value: &DeValue<'_>) -> Result<u64, Problem> {
    let Some(text) = value.as_str() else {
        return Err(Problem::wrong_type("a size", value.type_str())
            .help("write it in quotes, with its suffix: \"512M\", \"8G\""));
    };
    size::parse(text)
}

/// A span that is longer than nothing.
pub(super) fn positive(value: &DeValue<'_>) -> Result<Duration, Problem> {
    let Some(text) = value.as_str() else {
        return Err(Problem::wrong_type("a time span", value.type_str())
            .help("write it in quotes, with its unit: \"10s\", \"500ms\", \"2min\""));
    };
    match duration::parse(text)? {
        span if span.is_zero() => Err(Problem::invalid("must be longer than nothing")),
        span => Ok(span),
    }
}

/// Dotted paths into a readiness body: `details.mode`.
pub(super) const BODY_PATHS: Names<String> = Names {
    read: body_path,
    described: || json!({ "pattern": "^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$", "maxLength": 200 }),
};

fn body_path(text: &str) -> Result<String, Problem> {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    if text.len() <= 200 && text.split('.').all(plain) {
        Ok(text.to_owned())
    } else {
        Err(Problem::invalid(
            "a path into the body such as details.mode",
        ))
    }
}

/// The directives of the sandbox that can be relaxed, as written in a unit file.
pub(super) const DIRECTIVES: Names<String> = Names {
    read: directive,
    described: || {
        let known: BTreeSet<&str> = hardening::relaxable().ordered();
        // The names are judged when a profile is resolved; these are what an editor proposes.
        json!({ "anyOf": [{ "enum": known }, { "pattern": "^[A-Za-z0-9]{1,64}$" }] })
    },
};

fn directive(text: &str) -> Result<String, Problem> {
    if !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_alphanumeric()) {
        Ok(text.to_owned())
    } else {
        Err(Problem::invalid(
            "the name of a directive such as MemoryDenyWriteExecute",
        ))
    }
}

/// An exposure as `systemd-analyze security` counts it.
pub(super) fn exposure(value: &DeValue<'_>) -> Result<Exposure, Problem> {
    let text = match value {
        DeValue::Float(float) => float.as_str().to_owned(),
        DeValue::Integer(integer) => format!("{}.0", integer.as_str()),
        _ => return Err(Problem::wrong_type("a number", value.type_str())),
    };
    Exposure::parse(&text)
        .filter(|exposure| *exposure <= Exposure::MOST)
        .ok_or_else(|| Problem::invalid("from 0.0 to 10.0, with one digit, such as 1.5"))
}
