//! Where a value comes from, and how it is stored.

use crate::cli::PutSecret;
use crate::commands::Context;
use crate::error::{CommandError, Kind};
use crate::host::{prompt, secrets};
use crate::secrets::{ENCRYPTS, SecretValue, Store, Stored};
use crate::spec::name::SecretName;
use crate::unit::SystemdVersion;

/// The value that was asked for: made, typed twice, or read from standard input.
pub(super) fn wanted(options: &PutSecret, context: &Context) -> Result<SecretValue, CommandError> {
    if options.generate {
        let bytes = secrets::random().map_err(|error| {
            CommandError::new(
                Kind::Machine,
                format!("cannot make a random value: {error}"),
            )
        })?;
        return Ok(SecretValue::of_random(bytes));
    }
    let name = &options.name;
    let text = if prompt::is_person() {
        typed(name)?
    } else {
        prompt::piped().map_err(|error| {
            CommandError::new(
                Kind::Machine,
                format!("cannot read {name} from standard input: {error}"),
            )
        })?
    };
    let value = SecretValue::parse(&text).map_err(|why| {
        CommandError::new(Kind::Usage, format!("the value of {name} is refused: {why}")).hint(
            format!(
                "type it, pipe it in (juniperctl secret set {name} < FILE), or have one made: --generate"
            ),
        )
    })?;
    if value.is_short() {
        context.terminal.say(&format!(
            "warning: {name} is so short that it can be guessed; --generate makes a long one"
        ));
    }
    Ok(value)
}

/// What a person types twice alike.
fn typed(name: &SecretName) -> Result<String, CommandError> {
    let question = format!("value of {name} (not shown)");
    match prompt::asked([&question, "the same again"]) {
        Ok(Some([first, second])) if first == second => Ok(first),
        Ok(Some(_)) => Err(CommandError::new(
            Kind::NotAsAsked,
            "the two differ; nothing was changed",
        )),
        Ok(None) => Err(CommandError::new(Kind::NotAsAsked, "nothing was changed")),
        Err(error) => Err(CommandError::new(
            Kind::Machine,
            format!("cannot ask on this terminal without showing what is typed: {error}"),
        )
        .hint("pipe the value in instead")),
    }
}

/// The text that is written, and how it is stored: encrypted where the machine can, else as it is.
pub(super) fn sealed(
    name: &SecretName,
    value: &SecretValue,
    version: Option<SystemdVersion>,
    context: &Context,
) -> (Store, String) {
    let plain = || (Store::Plain, value.exposed().to_owned());
    if context.is_user() {
        context
            .terminal
            .say("stored unencrypted: the key to encrypt with is the machine's, and root's");
        return plain();
    }
    let Some(version) = version else {
        context
            .terminal
            .say("stored unencrypted: only the running machine has the key to encrypt with");
        return plain();
    };
    if !version.has(ENCRYPTS) {
        context.terminal.say(&format!(
            "stored unencrypted: systemd {version} has no encrypted credentials, {ENCRYPTS} has"
        ));
        return plain();
    }
    // What cannot be read back would keep its consumers from starting.
    let encrypted = secrets::encrypted(name, value).and_then(|text| {
        let back = secrets::decrypted(name, &text)?;
        Ok((back == value.exposed()).then_some(text))
    });
    match encrypted {
        Ok(Some(text)) => (Store::Encrypted, text),
        Ok(None) => {
            context
                .terminal
                .say("stored unencrypted: systemd-creds does not give back what it was given");
            plain()
        }
        Err(error) => {
            context.terminal.say(&format!(
                "stored unencrypted: systemd-creds cannot encrypt here: {error}"
            ));
            plain()
        }
    }
}

/// Whether the stored secret has this value already; one that cannot be read has not.
pub(super) fn is_stored(
    name: &SecretName,
    stored: Stored,
    value: &SecretValue,
    context: &Context,
) -> Result<bool, CommandError> {
    let path = context.paths.secrets().join(stored.store.file(name));
    let Some(text) = crate::host::Files::read(&path)? else {
        return Ok(false);
    };
    let found = match stored.store {
        Store::Plain => Some(text),
        Store::Encrypted => secrets::decrypted(name, &text).ok(),
    };
    Ok(found.is_some_and(|found| found.trim() == value.exposed()))
}
