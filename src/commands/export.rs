//! `export`: the stack in another engine's words, printed or written, with all that it loses told.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use crate::cli::Export as Options;
use crate::error::{CommandError, Kind};
use crate::export::{Export, Group, Refusal, export};
use crate::host::Files;
use crate::ordered::Ordered as _;
use crate::spec::fault::{Code, Fault};
use crate::spec::name::{SecretName, ServiceName};
use crate::spec::provenance::Provenance;
use crate::spec::resolve::derivations;
use crate::spec::text::for_terminal;

use super::Context;
use super::configuration::{Configuration, refused, stack_and_texts};

/// What a README that we wrote says of itself.
const OURS: &str = "Written by `juniperctl export ";

pub(super) fn run(options: &Options, context: &Context) -> Result<u8, CommandError> {
    let (stack, configuration) = stack_and_texts(options.profile.as_ref(), context)?;
    let derivations = derivations(&configuration.merged, &stack.profile);
    let facts = context.facts(&stack)?;
    let secrets: BTreeSet<SecretName> = facts.secrets.into_keys().ordered();
    let group = Group {
        stack: &stack,
        derivations: &derivations,
        secrets: &secrets,
    };
    let made = export(options.target, group)
        .map_err(|refusals| impossible(refusals, configuration, context))?;
    if !context.json {
        for loss in &made.losses {
            context.terminal.error(&format!(
                "not expressed: {}: {}: {}",
                loss.owners(),
                for_terminal(&loss.what, 1_000),
                loss.why
            ));
        }
    }
    let is_refused = options.strict && !made.losses.is_empty();
    if context.json {
        context
            .terminal
            .line(&as_json(&made, options, &stack.profile.to_string()).to_string());
    }
    if is_refused {
        return Err(CommandError::new(
            Kind::NotAsAsked,
            format!(
                "{} cannot be told {} of these settings; nothing was written",
                options.target.title(),
                made.losses.len()
            ),
        )
        .hint("without --strict it is exported all the same, and README.md lists them"));
    }
    if let Some(directory) = &options.out {
        write(&made, directory)?;
        context.terminal.say(&format!(
            "wrote {} files to {}; README.md there says how it is started",
            made.files.len(),
            for_terminal(&directory.display().to_string(), 200)
        ));
    } else if !context.json {
        let texts: Vec<String> = made
            .files
            .iter()
            .map(|file| format!("# ---- {} ----\n{}", file.name, file.text))
            .collect();
        context.terminal.data(&texts.join("\n"));
    }
    Ok(0)
}

fn write(made: &Export, directory: &Path) -> Result<(), CommandError> {
    let readme = directory.join("README.md");
    if Files::read(&readme)?.is_some_and(|text| !text.contains(OURS)) {
        return Err(CommandError::new(
            Kind::Machine,
            format!(
                "{} is not of an export; nothing was written",
                for_terminal(&readme.display().to_string(), 200)
            ),
        )
        .hint("name a directory of its own with --out"));
    }
    for file in &made.files {
        let path = directory.join(&file.name);
        if let Some(parent) = path.parent() {
            Files::make_directory(parent)?;
        }
        Files::replace(&path, &file.text)?;
    }
    Ok(())
}

fn as_json(made: &Export, options: &Options, profile: &str) -> serde_json::Value {
    let files: Vec<_> = made
        .files
        .iter()
        .map(|file| json!({ "name": file.name, "text": file.text }))
        .collect();
    let losses: Vec<_> = made
        .losses
        .iter()
        .map(|loss| json!({ "services": loss.services.iter().map(ServiceName::as_str).collect::<Vec<_>>(), "what": loss.what, "why": loss.why }))
        .collect();
    json!({
        "version": 1,
        "engine": options.target.word(),
        "profile": profile,
        "files": files,
        "losses": losses,
    })
}

/// What cannot be put into the engine's words at all, each with its place.
fn impossible(
    refusals: Vec<Refusal>,
    mut configuration: Configuration,
    context: &Context,
) -> CommandError {
    let provenance = Provenance::of(&configuration.sources);
    for refusal in refusals {
        let path = ["services", refusal.service.as_str(), refusal.key];
        let written = provenance.places(&path).last();
        configuration.faults.push(Fault {
            code: Code::InvalidValue,
            title: format!("service `{}` cannot be exported", refusal.service),
            at: written.map(|written| written.at.clone()),
            label: refusal.why,
            also: None,
            help: Some("put long values into a file that the program reads".to_owned()),
        });
    }
    refused(&configuration, context)
}
