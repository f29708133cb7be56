//! One verb per file: read, hand to the pure modules, carry out through `host`, print.
//!
//! Commands decide nothing that a pure module could decide.

mod act;
mod audit;
mod busy;
mod check;
mod completions;
mod configuration;
mod context;
mod diff;
mod doctor;
mod effective;
mod explain;
mod export;
mod failure;
mod gate;
mod generations;
mod gpus;
mod graph;
mod health;
mod history;
mod hosts;
mod import;
mod incidents;
mod inside;
mod install;
mod kernel_log;
mod learn;
mod lifecycle;
mod logs;
mod man;
mod notification;
mod orders;
mod own_manager;
mod progress;
mod provision;
mod readable;
mod render;
mod rollback;
mod scale;
mod schema;
mod secret;
mod status;
mod survey;
mod uninstall;
mod watchdog;
mod why;

use crate::cli::{Cli, Command};
use crate::error::{CommandError, Kind};
use crate::host::systemd::Verb;

pub use context::Context;

/// Runs the command and returns the exit code; errors have been told.
#[must_use]
pub fn main(cli: Cli) -> u8 {
    let context = Context::new(cli.globals);
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            context.terminal.error(&format!(
                "error: cannot set up asynchronous input and output: {error}"
            ));
            return Kind::Machine.exit_code();
        }
    };
    let ended = runtime.block_on(run(cli.command, &context));
    let lost = context.terminal.lost().map(|error| {
        let message = format!("cannot write to standard output: {error}");
        CommandError::new(Kind::Machine, message)
    });
    match (ended, lost) {
        (Ok(code), None) => code,
        (Err(error), _) | (Ok(_), Some(error)) => {
            tell(&error, &context);
            error.kind.exit_code()
        }
    }
}

async fn run(command: Command, context: &Context) -> Result<u8, CommandError> {
    if !context.hosts.is_empty() {
        return hosts::run(&command, context).await;
    }
    context.root_exists()?;
    match command {
        Command::Check(options) => check::run(&options, context),
        Command::Explain(options) => explain::run(&options, context),
        Command::Schema => Ok(schema::run(context)),
        Command::Render(options) => render::run(&options, context),
        Command::Install(options) => install::run(&options, context).await,
        Command::Uninstall(options) => uninstall::run(&options, context).await,
        Command::Diff => diff::run(context).await,
        Command::History => history::run(context),
        Command::Rollback(options) => rollback::run(&options, context).await,
        Command::Start(options) => lifecycle::run(Verb::Start, &options, context).await,
        Command::Stop(options) => lifecycle::run(Verb::Stop, &options, context).await,
        Command::Restart(options) => lifecycle::run(Verb::Restart, &options, context).await,
        Command::Scale(options) => scale::run(&options, context).await,
        Command::Status(options) => status::run(&options, context).await,
        Command::Health(options) => health::run(&options, context).await,
        Command::Graph(options) => graph::run(&options, context).await,
        Command::Audit(options) => audit::run(&options, context).await,
        Command::Learn(options) => learn::run(&options, context).await,
        Command::Secret(options) => secret::run(&options, context).await,
        Command::Logs(options) => logs::run(&options, context).await,
        Command::Why(options) => why::run(&options, context).await,
        Command::Incidents(options) => incidents::run(&options, context),
        Command::Pause(options) => orders::pause(&options, context),
        Command::Resume(options) => orders::resume(&options, context),
        Command::Doctor(options) => doctor::run(&options, context).await,
        Command::Provision(options) => provision::run(&options, context).await,
        Command::Export(options) => export::run(&options, context),
        Command::Import(options) => import::run(&options, context),
        Command::Watchdog(options) => watchdog::run(&options, context).await,
        Command::Act(options) => act::run(options, context).await,
        Command::KernelLog => kernel_log::run(context).await,
        Command::Notification(options) => notification::run(&options, context),
        Command::Gate(options) => gate::run(options.gate, context).await,
        Command::Completions { shell } => completions::run(shell, context),
        Command::Man { page } => man::run(page, context),
    }
}

fn tell(error: &CommandError, context: &Context) {
    if !error.message.is_empty() {
        context.terminal.error(&format!("error: {}", error.message));
    }
    for hint in &error.hints {
        context.terminal.error(&format!("hint: {hint}"));
    }
}
