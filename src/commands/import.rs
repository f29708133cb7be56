//! `import`: a configuration out of `.env` files, a Compose file and hand-written units.
//!
//! It writes nothing but the file that `--out` names, which must not exist; what it made is put to the same
//! test as any configuration before anybody gets to see it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use crate::cli::Import as Options;
use crate::error::{CommandError, Kind};
use crate::host::bounded;
use crate::import::{self, Import, LIMIT, Source, import, referred};
use crate::spec::fault::{Faults, drawn};
use crate::spec::resolve::{Circumstances, resolve};
use crate::spec::text::for_terminal;
use crate::spec::{Sources, builtin};

use super::Context;

pub(super) fn run(options: &Options, context: &Context) -> Result<u8, CommandError> {
    context.online("importing")?;
    let sources = options
        .paths
        .iter()
        .map(|path| source(path))
        .collect::<Result<Vec<Source>, CommandError>>()?;
    let mut beside = BTreeMap::new();
    for source in &sources {
        for written in referred(source).map_err(|refusal| refused(&refusal))? {
            let directory = Path::new(&source.path).parent().unwrap_or(Path::new("."));
            // Whose home `%h` would be cannot be told from here.
            let path = directory.join(&written);
            if !written.contains('%')
                && let Some(text) = bounded::read(&path, LIMIT)?
            {
                beside.insert((source.path.clone(), written), text);
            }
        }
    }
    let made = import(&sources, &beside).map_err(|refusal| refused(&refusal))?;
    prove(&made, context)?;
    if let Some(path) = &options.out {
        bounded::create(path, &made.text)?;
    }
    tell(&made, options, context);
    Ok(0)
}

fn source(path: &Path) -> Result<Source, CommandError> {
    let named = path
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(import::Kind::of);
    let shown = path.display().to_string();
    let Some(kind) = named else {
        return Err(CommandError::new(
            Kind::Usage,
            format!(
                "{} is none of .env, *.yml, *.yaml, *.service",
                for_terminal(&shown, 200)
            ),
        ));
    };
    let text = bounded::read(path, LIMIT)?.ok_or_else(|| {
        CommandError::new(
            Kind::Machine,
            format!("there is no file {}", for_terminal(&shown, 200)),
        )
    })?;
    Ok(Source {
        path: shown,
        kind,
        text,
    })
}

fn refused(refusal: &import::Refusal) -> CommandError {
    CommandError::new(
        Kind::Configuration,
        for_terminal(&refusal.to_string(), 1_000),
    )
}

/// Puts it to the test that `check` is, in every profile.
fn prove(made: &Import, context: &Context) -> Result<(), CommandError> {
    let (mut sources, mut faults) = (Sources::default(), Faults::default());
    let merged = builtin::read_with(
        [("(imported)", made.text.as_str())],
        &mut sources,
        &mut faults,
    );
    for profile in merged.profiles.keys() {
        let circumstances = Circumstances {
            profile: Some(profile.clone()),
            production: false,
        };
        let mut found = Faults::default();
        let _ = resolve(&merged, &circumstances, &mut found);
        for fault in found.sorted() {
            if !faults.sorted().contains(&fault) {
                faults.push(fault.clone());
            }
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    for fault in faults.sorted() {
        context
            .terminal
            .error(&drawn(fault, &sources, context.terminal.colours_errors()));
        context.terminal.error("");
    }
    Err(CommandError::new(
        Kind::Configuration,
        "what these files say does not fit together; nothing was written",
    )
    .hint("correct it there, or import fewer of the files"))
}

fn tell(made: &Import, options: &Options, context: &Context) {
    let terminal = &context.terminal;
    if context.json {
        let losses: Vec<_> = made
            .losses
            .iter()
            .map(|loss| json!({ "file": loss.place.file, "line": loss.place.line, "what": loss.what, "why": loss.why }))
            .collect();
        let secrets: Vec<_> = made
            .secrets
            .iter()
            .map(|secret| {
                json!({
                    "file": secret.place.file,
                    "line": secret.place.line,
                    "variable": secret.variable,
                    "name": secret.name.as_str(),
                    "command": format!("sudo juniperctl secret set {}", secret.name),
                })
            })
            .collect();
        terminal.line(&json!({ "version": 1, "configuration": made.text, "losses": losses, "secrets": secrets }).to_string());
    } else if options.out.is_none() {
        terminal.data(&made.text);
    }
    for loss in &made.losses {
        let file = for_terminal(&loss.place.file, 200);
        terminal.error(&format!(
            "not carried over: {file}:{}: {}: {}",
            loss.place.line, loss.what, loss.why
        ));
    }
    for secret in &made.secrets {
        let file = for_terminal(&secret.place.file, 200);
        let variable = for_terminal(&secret.variable, 100);
        terminal.error(&format!(
            "secret: {file}:{}: {variable}: sudo juniperctl secret set {}",
            secret.place.line, secret.name
        ));
    }
    if let Some(path) = &options.out {
        let path = for_terminal(&path.display().to_string(), 200);
        terminal.say(&format!(
            "wrote {path}; look at it, then: juniperctl --config {path} check"
        ));
    }
}
