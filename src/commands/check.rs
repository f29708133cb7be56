//! `check`: every fault of the configuration, in every profile, at once.

use serde_json::{Value, json};

use crate::cli::Check;
use crate::error::{CommandError, Kind};
use crate::spec::source::Location;
use crate::unit::soundness::soundness;

use super::configuration::{Configuration, explain_network, possible, read, refused};
use super::effective::effective;
use super::{Context, gpus, readable};

pub(super) fn run(options: &Check, context: &Context) -> Result<u8, CommandError> {
    let mut configuration = read(context)?;
    let found = std::mem::take(&mut configuration.faults);
    let looked = soundness(&configuration.merged, found, context.production, |stack| {
        context.facts(stack)
    })?;
    configuration.faults = looked.faults;
    if let (Some(what), true) = (&options.explain, configuration.faults.is_empty()) {
        return effective(what, &configuration, looked.sound.as_ref(), context);
    }
    if context.json {
        context.terminal.line(&as_json(&configuration).to_string());
    }
    if let Some((stack, _)) = &looked.sound {
        possible(stack, context)?;
    }
    if !configuration.faults.is_empty() {
        return if context.json {
            Err(CommandError::told(Kind::Configuration))
        } else {
            Err(refused(&configuration, context))
        };
    }
    if !context.json {
        let profile = configuration.merged.profile.as_ref();
        let profile = profile.map_or("none", |profile| profile.value.as_str());
        let services = looked
            .sound
            .as_ref()
            .map_or(0, |(stack, _)| stack.services.len());
        context.terminal.say(&format!(
            "the configuration is sound: profile {profile}, {services} services"
        ));
        if let Some((stack, _)) = &looked.sound {
            explain_network(stack, context);
            gpus::warn(stack, &context.gpus(stack), context);
        }
        readable::warn(context);
    }
    Ok(0)
}

fn as_json(configuration: &Configuration) -> Value {
    let place = |at: &Location| {
        let source = configuration.sources.get(at.source)?;
        let (line, column) = source.line_and_column(at.span.start);
        Some((source.path.clone(), line, column))
    };
    let faults: Vec<Value> = configuration
        .faults
        .sorted()
        .into_iter()
        .map(|fault| {
            let here = fault.at.as_ref().and_then(place);
            let also = fault.also.as_ref().map(|(at, label)| {
                let there = place(at);
                json!({
                    "label": label,
                    "file": there.as_ref().map(|(file, _, _)| file),
                    "line": there.as_ref().map(|(_, line, _)| line),
                    "column": there.as_ref().map(|(_, _, column)| column),
                })
            });
            json!({
                "code": fault.code.id(),
                "title": fault.title,
                "label": fault.label,
                "help": fault.help,
                "file": here.as_ref().map(|(file, _, _)| file),
                "line": here.as_ref().map(|(_, line, _)| line),
                "column": here.as_ref().map(|(_, _, column)| column),
                "also": also,
            })
        })
        .collect();
    json!({ "version": 1, "faults": faults })
}
