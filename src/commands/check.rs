//! `check`: every fault of the configuration, in every profile, at once.

use std::collections::BTreeSet;

use serde_json::json;

use crate::error::{CommandError, Kind};
use crate::hardening::audit;
use crate::spec::ProfileName;
use crate::spec::fault::{Code, Faults};
use crate::spec::resolve::{Circumstances, resolve};
use crate::unit::{SystemdVersion, rendered};

use super::configuration::{Configuration, explain_network, read, refused};
use super::{Context, gpus};

pub(super) fn run(context: &Context) -> Result<u8, CommandError> {
    let mut configuration = read(context)?;
    let configured = configuration
        .merged
        .profile
        .as_ref()
        .map(|profile| profile.value.clone());
    let mut sound = None;
    for profile in profiles(&configuration, configured.as_ref()) {
        let circumstances = Circumstances {
            // The configured one is left to be found, so that a wrong name is reported in its place.
            profile: (Some(&profile) != configured.as_ref()).then(|| profile.clone()),
            production: context.production && Some(&profile) == configured.as_ref(),
        };
        let mut found = Faults::default();
        let stack = resolve(&configuration.merged, &circumstances, &mut found);
        if let Some(stack) = stack {
            let version = SystemdVersion::NEWEST;
            let facts = context.facts(&stack)?;
            let files = rendered(&stack, version, &facts)
                .map_err(|error| CommandError::new(Kind::Configuration, error.to_string()))?;
            for fault in audit::faults(&audit::of(&stack, &files, version), &configuration.merged) {
                found.push(fault);
            }
            for fault in gpus::faults(&stack, &facts.gpus, &configuration.merged) {
                found.push(fault);
            }
            if Some(&profile) == configured.as_ref() {
                sound = Some(stack);
            }
        }
        for fault in found.sorted() {
            // A profile that nobody chose may well be one that production refuses.
            let idle = fault.code == Code::NotInProduction && Some(&profile) != configured.as_ref();
            let known = configuration.faults.sorted().contains(&fault);
            if !known && !idle {
                configuration.faults.push(fault.clone());
            }
        }
    }
    if context.json {
        context.terminal.line(&as_json(&configuration).to_string());
    }
    if configuration.faults.is_empty() {
        if !context.json {
            let profile = configured.as_ref().map_or("none", ProfileName::as_str);
            let services = sound.as_ref().map_or(0, |stack| stack.services.len());
            context.terminal.say(&format!(
                "the configuration is sound: profile {profile}, {services} services"
            ));
            if let Some(stack) = &sound {
                explain_network(stack, context);
                gpus::warn(stack, &context.gpus(stack), context);
            }
        }
        return Ok(0);
    }
    if context.json {
        return Err(CommandError::told(Kind::Configuration));
    }
    Err(refused(&configuration, context))
}

/// Every profile that is defined, and the configured one even where it is not.
fn profiles(
    configuration: &Configuration,
    configured: Option<&ProfileName>,
) -> BTreeSet<ProfileName> {
    configuration
        .merged
        .profiles
        .keys()
        .chain(configured)
        .cloned()
        .collect()
}

fn as_json(configuration: &Configuration) -> serde_json::Value {
    let faults: Vec<serde_json::Value> = configuration
        .faults
        .sorted()
        .into_iter()
        .map(|fault| {
            let place = fault.at.as_ref().and_then(|at| {
                let source = configuration.sources.get(at.source)?;
                let (line, column) = source.line_and_column(at.span.start);
                Some((source.path.clone(), line, column))
            });
            json!({
                "code": fault.code.id(),
                "title": fault.title,
                "label": fault.label,
                "help": fault.help,
                "file": place.as_ref().map(|(file, _, _)| file),
                "line": place.as_ref().map(|(_, line, _)| line),
                "column": place.as_ref().map(|(_, _, column)| column),
            })
        })
        .collect();
    json!({ "version": 1, "faults": faults })
}
