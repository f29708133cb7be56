//! The configuration of this machine, read and resolved; its faults told.

use std::path::{Path, PathBuf};

use crate::error::{CommandError, Kind};
use crate::hardening::audit::{self, Audited};
use crate::host::Files;
use crate::spec::fault::{Faults, drawn};
use crate::spec::layer::Layer;
use crate::spec::resolve::{Circumstances, resolve};
use crate::spec::{ProfileName, Sources, Stack, builtin};

use super::Context;

/// The texts, and what they say together.
pub(super) struct Configuration {
    pub(super) sources: Sources,
    pub(super) merged: Layer,
    pub(super) faults: Faults,
}

/// Reads the built-in stack, the site's file and its drop-ins.
pub(super) fn read(context: &Context) -> Result<Configuration, CommandError> {
    Ok(parsed(&texts(context)?))
}

/// The site's file and its drop-ins with their paths, in the order in which they are laid over each
/// other.
fn texts(context: &Context) -> Result<Vec<(String, String)>, CommandError> {
    let mut texts: Vec<(String, String)> = Vec::new();
    let main = context.paths.configuration();
    match Files::read(main)? {
        Some(text) => texts.push((main.display().to_string(), text)),
        None if context.configuration_named => {
            return Err(CommandError::new(
                Kind::Configuration,
                format!("there is no configuration file {}", main.display()),
            ));
        }
        None => context.terminal.detail(&format!(
            "{} is not there; the built-in stack applies",
            main.display()
        )),
    }
    let directory = context.paths.drop_ins();
    for name in Files::names(&directory)? {
        let path: PathBuf = directory.join(&name);
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
            && let Some(text) = Files::read(&path)?
        {
            texts.push((path.display().to_string(), text));
        }
    }
    Ok(texts)
}

fn parsed(texts: &[(String, String)]) -> Configuration {
    let mut sources = Sources::default();
    let mut faults = Faults::default();
    let layers = texts
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()));
    let merged = builtin::read_with(layers, &mut sources, &mut faults);
    Configuration {
        sources,
        merged,
        faults,
    }
}

/// The stack for a profile, or for the configured one.
pub(super) fn stack(
    profile: Option<&ProfileName>,
    context: &Context,
) -> Result<Stack, CommandError> {
    stack_with(profile, None, context)
}

/// The stack as it will be once a drop-in has this text.
pub(super) fn stack_with(
    profile: Option<&ProfileName>,
    drop_in: Option<(&Path, &str)>,
    context: &Context,
) -> Result<Stack, CommandError> {
    let mut texts = texts(context)?;
    if let Some((path, text)) = drop_in {
        let path = path.display().to_string();
        texts.retain(|(other, _)| *other != path);
        // The site's own file is first; drop-ins follow by name.
        let place = texts
            .iter()
            .position(|(other, _)| {
                Path::new(other).parent() == Path::new(&path).parent() && *other > path
            })
            .unwrap_or(texts.len());
        texts.insert(place, (path, text.to_owned()));
    }
    let mut configuration = parsed(&texts);
    let circumstances = Circumstances {
        profile: profile.cloned(),
        production: context.production,
    };
    let stack = resolve(
        &configuration.merged,
        &circumstances,
        &mut configuration.faults,
    );
    if !configuration.faults.is_empty() {
        return Err(refused(&configuration, context));
    }
    let stack =
        stack.ok_or_else(|| CommandError::new(Kind::Configuration, "no profile is configured"))?;
    possible(&stack, context)?;
    Ok(stack)
}

/// Refuses in user mode what takes root.
pub(super) fn possible(stack: &Stack, context: &Context) -> Result<(), CommandError> {
    if !context.is_user() || !stack.network.is_isolated() {
        return Ok(());
    }
    Err(CommandError::new(
        Kind::Configuration,
        "a network of the group's own takes root: it is not possible in user mode",
    )
    .hint(format!(
        "leave out network = \"isolated\" in {}, or install for the whole machine, as root and without --user",
        context.paths.configuration().display()
    )))
}

/// The stack as it would be if the site's file had this text; what is wrong with it otherwise.
pub(super) fn stack_as_if(text: &str, context: &Context) -> Result<Stack, Vec<String>> {
    let main = context.paths.configuration().display().to_string();
    let mut texts = texts(context).map_err(|error| vec![error.message])?;
    texts.retain(|(path, _)| *path != main);
    texts.insert(0, (main, text.to_owned()));
    let mut configuration = parsed(&texts);
    let receipt = context.receipt().map_err(|error| vec![error.message])?;
    let circumstances = Circumstances {
        profile: receipt.and_then(|receipt| ProfileName::parse(&receipt.profile).ok()),
        production: context.production,
    };
    let stack = resolve(
        &configuration.merged,
        &circumstances,
        &mut configuration.faults,
    );
    let faults: Vec<String> = configuration
        .faults
        .sorted()
        .into_iter()
        .map(|fault| fault.title.clone())
        .collect();
    match stack {
        Some(stack) if faults.is_empty() => Ok(stack),
        _ => Err(faults),
    }
}

/// The stack that is installed: of the receipt's profile, or of the configured one.
pub(super) fn installed_stack(context: &Context) -> Result<Stack, CommandError> {
    let receipt = context.receipt()?;
    let profile = receipt.and_then(|receipt| ProfileName::parse(&receipt.profile).ok());
    stack(profile.as_ref(), context)
}

/// The command that installs a profile: with its name where the configuration says another, which would
/// take its place.
pub(super) fn install_command(profile: &str, context: &Context) -> String {
    let configured = read(context)
        .ok()
        .and_then(|configuration| configuration.merged.profile);
    if configured.is_some_and(|configured| configured.value.as_str() == profile) {
        "sudo juniperctl install".to_owned()
    } else {
        format!("sudo juniperctl install --profile {profile}")
    }
}

/// The same for the profile that is installed, or for the configured one.
pub(super) fn install_again(context: &Context) -> String {
    match context.receipt() {
        Ok(Some(receipt)) => install_command(&receipt.profile, context),
        _ => "sudo juniperctl install".to_owned(),
    }
}

/// The installed stack where it can be told without a word: for the names of what is there.
pub(super) fn installed_stack_silently(context: &Context) -> Option<Stack> {
    let receipt = context.receipt().ok()??;
    silently(ProfileName::parse(&receipt.profile).ok(), context)
}

/// The stack of a profile, where it can be told without a word.
pub(super) fn silently(profile: Option<ProfileName>, context: &Context) -> Option<Stack> {
    let mut configuration = parsed(&texts(context).ok()?);
    let circumstances = Circumstances {
        profile,
        production: false,
    };
    resolve(
        &configuration.merged,
        &circumstances,
        &mut configuration.faults,
    )
}

/// Says which units of others an isolated group does not reach.
pub(super) fn explain_network(stack: &Stack, context: &Context) {
    for unit in stack.out_of_reach() {
        context.terminal.say(&format!(
            "note: {unit} is outside of the group's network: services inside reach it by a Unix socket, \
             not by TCP"
        ));
    }
}

/// Refuses a configuration whose units are more exposed than they may be.
pub(super) fn refuse_over_budget(
    audited: &[Audited],
    context: &Context,
) -> Result<(), CommandError> {
    if !audited.iter().any(Audited::is_over_budget) {
        return Ok(());
    }
    let mut configuration = read(context)?;
    for fault in audit::faults(audited, &configuration.merged) {
        configuration.faults.push(fault);
    }
    Err(refused(&configuration, context))
}

/// Tells every fault and returns the error that carries the exit code.
pub(super) fn refused(configuration: &Configuration, context: &Context) -> CommandError {
    let coloured = context.terminal.colours_errors();
    let told: Vec<String> = configuration
        .faults
        .sorted()
        .into_iter()
        .map(|fault| drawn(fault, &configuration.sources, coloured) + "\n")
        .collect();
    // In one go: there may be thousands.
    context.terminal.error(&told.join("\n"));
    let count = configuration.faults.len();
    let plural = if count == 1 { "" } else { "s" };
    let error = CommandError::new(
        Kind::Configuration,
        format!("the configuration has {count} fault{plural}; nothing was changed"),
    );
    match configuration.faults.sorted().first() {
        Some(fault) => error.hint(format!(
            "`juniperctl explain {}` says what a code means, with an example",
            fault.code.id()
        )),
        None => error,
    }
}
