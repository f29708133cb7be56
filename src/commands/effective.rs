//! `check --explain`: each value in effect, and the file and line that it comes from.

use std::fmt::Write as _;

use anstyle::Style;
use serde_json::{Value, json};

use crate::error::{CommandError, Kind};
use crate::output::style::painted;
use crate::spec::effective::{Origin, Row, rows};
use crate::spec::provenance::{Provenance, Written, dotted};
use crate::spec::suggestion::nearest;
use crate::spec::text::for_terminal;
use crate::spec::{Sources, Stack};
use crate::unit::UnitFile;

use super::Context;
use super::configuration::Configuration;

/// Shows what is in effect for the configured profile; only a service or a key where one is named.
pub(super) fn effective(
    what: &str,
    configuration: &Configuration,
    sound: Option<&(Stack, Vec<UnitFile>)>,
    context: &Context,
) -> Result<u8, CommandError> {
    let Some((stack, _)) = sound else {
        return Err(CommandError::new(
            Kind::Configuration,
            "no profile is configured",
        ));
    };
    let sources = &configuration.sources;
    let all = rows(stack, &Provenance::of(sources));
    let chosen: Vec<&Row> = all.iter().filter(|row| is_meant(what, row)).collect();
    if chosen.is_empty() {
        return Err(nothing(what, &all, stack));
    }
    if context.json {
        let values: Vec<Value> = chosen.iter().map(|row| as_json(row, sources)).collect();
        let report = json!({
            "version": 1,
            "faults": [],
            "profile": stack.profile.as_str(),
            "values": values,
        });
        context.terminal.line(&report.to_string());
        return Ok(0);
    }
    let dimmed = Style::new().dimmed();
    let mut text = String::new();
    for row in chosen {
        let origin = painted(&format!("# {}", told(row, sources)), dimmed);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} = {}  {origin}", dotted(&row.key), row.value);
    }
    context.terminal.data(&text);
    Ok(0)
}

/// Whether a row is the one that is asked for: by its key, by what it lies below, by its service, with or
/// without the `services.` in front.
fn is_meant(what: &str, row: &Row) -> bool {
    let key = dotted(&row.key);
    let short = key.strip_prefix("services.").unwrap_or(&key);
    what.is_empty()
        || [key.as_str(), short]
            .iter()
            .any(|key| is_at_or_below(key, what))
}

fn is_at_or_below(key: &str, what: &str) -> bool {
    key.strip_prefix(what)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn nothing(what: &str, all: &[Row], stack: &Stack) -> CommandError {
    let keys: Vec<String> = all.iter().map(|row| dotted(&row.key)).collect();
    let short = keys.iter().filter_map(|key| key.strip_prefix("services."));
    let services = stack.services.iter().map(|service| service.name.as_str());
    let known = services.chain(short).chain(keys.iter().map(String::as_str));
    let error = CommandError::new(
        Kind::Usage,
        format!(
            "no value of profile {} is called `{}`",
            stack.profile,
            for_terminal(what, 200)
        ),
    );
    match nearest(what, known) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("`juniperctl check --explain` shows all of them"),
    }
}

/// Where a value comes from, in words.
fn told(row: &Row, sources: &Sources) -> String {
    let place = |written: &Written| match file_and_line(written, sources) {
        Some((file, line, _)) => format!("{}:{line}", for_terminal(&file, 1000)),
        None => "built in".to_owned(),
    };
    let mut words = match &row.origin {
        Origin::Written(written) => place(written),
        Origin::Default => "built in".to_owned(),
        Origin::Derived(why, None) => format!("derived: {why}"),
        Origin::Derived(why, Some(written)) => format!("derived: {why} ({})", place(written)),
    };
    for over in &row.over {
        let value = for_terminal(&over.text.replace('\n', " "), 60);
        let _ = write!(words, ", instead of {value} ({})", place(over));
    }
    words
}

/// File, line and column; `None` for the built-in stack, which is no file.
fn file_and_line(written: &Written, sources: &Sources) -> Option<(String, usize, usize)> {
    let source = sources.get(written.at.source)?;
    if written.is_built_in() {
        return None;
    }
    let (line, column) = source.line_and_column(written.at.span.start);
    Some((source.path.clone(), line, column))
}

fn as_json(row: &Row, sources: &Sources) -> Value {
    let (origin, why, written) = match &row.origin {
        Origin::Written(written) if written.is_built_in() => ("built-in", None, None),
        Origin::Written(written) => ("file", None, Some(written)),
        Origin::Default => ("built-in", None, None),
        Origin::Derived(why, written) => ("derived", Some(why), written.as_ref()),
    };
    let place = written.and_then(|written| file_and_line(written, sources));
    let over: Vec<Value> = row
        .over
        .iter()
        .map(|over| {
            let place = file_and_line(over, sources);
            json!({
                "text": over.text,
                "file": place.as_ref().map(|(file, _, _)| file),
                "line": place.as_ref().map(|(_, line, _)| line),
                "column": place.as_ref().map(|(_, _, column)| column),
            })
        })
        .collect();
    json!({
        "key": dotted(&row.key),
        "value": row.value,
        "origin": origin,
        "why": why,
        "file": place.as_ref().map(|(file, _, _)| file),
        "line": place.as_ref().map(|(_, line, _)| line),
        "column": place.as_ref().map(|(_, _, column)| column),
        "instead_of": over,
    })
}
