//! `-H`: a command for other machines, side by side; each has its row, also one that cannot be reached.
//!
//! What is done to one machine is the command itself, with that machine's systemd, journal, endpoints and
//! records in place of this one's. No machine waits for another, and none is waited for longer than its time.

mod brought;
mod change;
mod host;
mod row;
mod script;

use std::cell::OnceCell;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::join_all;

use crate::cli::Command;
use crate::error::{CommandError, Kind};
use crate::host::remote::{Remote, RemoteError, Rights};
use crate::host::systemd::Verb;
use crate::host::terminal::VoiceData;
use crate::host::{Files, Paths, clock, signals};

use super::{Context, health, lifecycle, logs, status, tell, why};
use brought::Ready;
use change::Change;
use host::Host;
use row::Row;

/// How long a look at one machine may take in all.
const LOOK: Duration = Duration::from_secs(45);

/// How long a change may take in all: a start has time limits of its own, by unit.
const CHANGE: Duration = Duration::from_mins(20);

/// How long handing orders to the watchdog there may take.
const ORDERS: Duration = Duration::from_secs(10);

/// Replaces the watchdog's orders by the text on standard input, where a watchdog has been.
const ORDERED: &str = "umask 022; d=/var/lib/juniperctl/watchdog; [ -d $d ] || exit 0; \
    t=$(mktemp $d/.orders.XXXXXX) && cat >$t && chmod 644 $t && mv $t $d/orders.json";

/// Runs a command for each machine that was named.
pub(super) async fn run(command: &Command, context: &Context) -> Result<u8, CommandError> {
    let kind = Asked::of(command)?;
    let hosts = host::named(context);
    let work = async {
        match command {
            Command::Install(options) => {
                change::run(Change::Install(options), &hosts, context).await
            }
            Command::Uninstall(options) => {
                change::run(Change::Uninstall(options), &hosts, context).await
            }
            _ => {
                let each = hosts.iter().map(|host| one(host, command, &kind, context));
                Ok(join_all(each).await)
            }
        }
    };
    let rows = tokio::select! {
        rows = work => rows?,
        () = signals::interrupted() => {
            return Err(CommandError::new(Kind::NotAsAsked, "interrupted")
                .hint("what systemd was asked to do there goes on: juniperctl -H HOST status"));
        }
    };
    if kind.data == VoiceData::Kept {
        if context.json {
            context.terminal.line(&row::json(&rows).to_string());
        } else {
            context.terminal.data(&row::text(&rows));
        }
    }
    Ok(rows.iter().map(|row| row.code).max().unwrap_or(0))
}

/// What a command is to several machines.
struct Asked {
    /// What becomes of what it prints.
    data: VoiceData,
    /// How long it may take; `None` for one that goes on until it is interrupted.
    limit: Option<Duration>,
    /// The exit code for a machine that cannot be reached.
    unreachable: u8,
    /// The exit code for one on which nothing is installed.
    nothing: u8,
}

impl Asked {
    fn of(command: &Command) -> Result<Self, CommandError> {
        let look = Self {
            data: VoiceData::Kept,
            limit: Some(LOOK),
            unreachable: Kind::Machine.exit_code(),
            nothing: Kind::NotAsAsked.exit_code(),
        };
        let watching = Self {
            data: VoiceData::Named,
            limit: None,
            ..look
        };
        Ok(match command {
            Command::Status(options) if options.watch => watching,
            Command::Status(_) | Command::Why(_) => look,
            // Nobody answers there: that is what `health` calls down.
            Command::Health(options) => Self {
                unreachable: 3,
                nothing: 3,
                ..if options.watch { watching } else { look }
            },
            Command::Logs(options) => Self {
                data: VoiceData::AsItIs,
                limit: (!options.follow).then_some(LOOK),
                ..look
            },
            // A look that takes a program there may have it brought first, and imports services' modules.
            Command::Diff
            | Command::Doctor(_)
            | Command::Start(_)
            | Command::Stop(_)
            | Command::Restart(_)
            | Command::Install(_)
            | Command::Uninstall(_) => Self {
                limit: Some(CHANGE),
                ..look
            },
            _ => {
                return Err(CommandError::new(
                    Kind::Usage,
                    "this command does not work on other machines",
                )
                .hint("-H works with start, stop, restart, status, health, logs, why, doctor, install, diff and uninstall"));
            }
        })
    }
}

/// The command for one machine, within its time.
async fn one(host: &Host, command: &Command, asked: &Asked, context: &Context) -> Row {
    let mut there = context_of(host, asked.data, context);
    let work = connected_and_run(host, command, &mut there, context);
    let ended = match asked.limit {
        None => work.await,
        Some(limit) => match Box::pin(clock::within(limit, work)).await {
            Some(ended) => ended,
            None => Err(Trouble::Unreachable(CommandError::new(
                Kind::NotAsAsked,
                format!("not done within {} s", limit.as_secs()),
            ))),
        },
    };
    let output = there.terminal.taken();
    let (code, unreachable) = match ended {
        Ok(code) => (code, None),
        Err(Trouble::Unreachable(error)) => {
            if asked.data == VoiceData::Kept {
                for hint in &error.hints {
                    there.terminal.say(&format!("hint: {hint}"));
                }
            } else {
                tell(&error, &there);
            }
            (asked.unreachable, Some(error.message))
        }
        Err(Trouble::Nothing(error)) => {
            tell(&error, &there);
            (asked.nothing, None)
        }
        Err(Trouble::Other(error)) => {
            tell(&error, &there);
            (error.kind.exit_code(), None)
        }
    };
    Row {
        host: host.name.clone(),
        code,
        output,
        unreachable,
    }
}

/// What a command is given for another machine, before that is connected.
fn context_of(host: &Host, data: VoiceData, context: &Context) -> Context {
    Context {
        paths: Paths::mirrored(PathBuf::new()),
        terminal: context.terminal.voice(&host.name, data),
        json: context.json,
        configuration_named: false,
        production: context.production,
        namespaces: OnceCell::new(),
        hosts: Vec::new(),
        remote: None,
    }
}

/// Why a command was not carried out on a machine.
enum Trouble {
    /// It is not there for us, or not any more.
    Unreachable(CommandError),
    /// It is there, and nothing of ours is.
    Nothing(CommandError),
    /// It is there, and this went wrong.
    Other(CommandError),
}

async fn connected_and_run(
    host: &Host,
    command: &Command,
    there: &mut Context,
    context: &Context,
) -> Result<u8, Trouble> {
    connected(host, there).await?;
    let there: &Context = there;
    let is_installed = there.receipt().map_err(Trouble::Other)?.is_some();
    if !is_installed && !matches!(command, Command::Doctor(_)) {
        return Err(Trouble::Nothing(
            CommandError::new(Kind::NotAsAsked, "nothing is installed there")
                .hint(format!("juniperctl -H {} install", host.name)),
        ));
    }
    let before = orders(there).map_err(Trouble::Other)?;
    let Some(remote) = &there.remote else {
        return Err(Trouble::Other(CommandError::told(Kind::Machine)));
    };
    let ended = tokio::select! {
        ended = carried_out(host, command, there, context) => ended,
        () = remote.lost() => return Err(lost()),
    };
    match ended {
        Ok(code) => {
            hand_over_orders(before.as_deref(), there).await;
            Ok(code)
        }
        Err(error) => Err(explained(error, there)),
    }
}

fn lost() -> Trouble {
    Trouble::Unreachable(RemoteError::Lost.into())
}

/// The command itself, with another machine in place of this one.
async fn carried_out(
    host: &Host,
    command: &Command,
    there: &Context,
    context: &Context,
) -> Result<u8, CommandError> {
    match command {
        Command::Start(options) => lifecycle::run(Verb::Start, options, there).await,
        Command::Stop(options) => lifecycle::run(Verb::Stop, options, there).await,
        Command::Restart(options) => lifecycle::run(Verb::Restart, options, there).await,
        Command::Status(options) => status::run(options, there).await,
        Command::Health(options) => health::run(options, there).await,
        Command::Logs(options) => logs::run(options, there).await,
        Command::Why(options) => why::run(options, there).await,
        Command::Diff => match Ready::make(host, None, there, context).await {
            Ok(ready) => ready.difference(there).await,
            Err(error) => Err(error),
        },
        Command::Doctor(options) => match Ready::make(host, None, there, context).await {
            Ok(ready) => ready.examination(options, there).await,
            Err(error) => Err(error),
        },
        _ => Ok(Kind::Usage.exit_code()),
    }
}

/// Connects, and has copies made of what is small.
async fn connected(host: &Host, there: &mut Context) -> Result<(), Trouble> {
    let way = |error: RemoteError| {
        let is_of_the_way = error.is_of_the_way();
        let error = CommandError::from(error);
        if is_of_the_way {
            Trouble::Unreachable(error)
        } else {
            Trouble::Other(error)
        }
    };
    let remote = Remote::connect(&host.name, &host.target)
        .await
        .map_err(way)?;
    there.terminal.detail("connected");
    if !remote.facts().runs_systemd {
        return Err(Trouble::Other(CommandError::new(
            Kind::Machine,
            "systemd does not run there",
        )));
    }
    there.paths = Paths::mirrored(remote.mirror().await.map_err(way)?);
    there.remote = Some(remote);
    Ok(())
}

/// A refusal that is one of rights says what to do about it there; a bus that went away is a machine that did.
fn explained(error: CommandError, there: &Context) -> Trouble {
    let message = error.message.clone();
    let is_lost = message == RemoteError::Lost.to_string();
    if is_lost || message.starts_with("cannot reach systemd") {
        return Trouble::Unreachable(CommandError::new(Kind::Machine, message));
    }
    let rights = there.remote.as_ref().map(|remote| remote.facts().rights);
    if message.starts_with("may not") && rights == Some(Rights::User) {
        return Trouble::Other(CommandError::new(Kind::Machine, message).hint(
            "connect as root, -H root@HOST, or let this user run sudo there without a password",
        ));
    }
    Trouble::Other(error)
}

/// What the watchdog there is ordered, as far as it is known here.
fn orders(there: &Context) -> Result<Option<String>, CommandError> {
    Ok(Files::read(&there.paths.watchdog().join("orders.json"))?)
}

/// A start by hand gives the watchdog its budget back: there, too.
async fn hand_over_orders(before: Option<&str>, there: &Context) {
    let Ok(Some(after)) = orders(there) else {
        return;
    };
    if Some(after.as_str()) == before {
        return;
    }
    if let Some(remote) = &there.remote {
        let tried = "tell the watchdog";
        let told = remote.run(ORDERED, &[], after.as_bytes(), tried, ORDERS);
        if let Err(error) = told.await {
            there.terminal.detail(&error.to_string());
        }
    }
}
