//! `health`: every endpoint asked at once, judged, the root cause first.

use std::time::Duration;

use crate::cli::Look;
use crate::error::CommandError;
use crate::host::clock;
use crate::host::http::Prober;
use crate::output::health::{exit_code, json, text};
use crate::output::told::Told;
use crate::readiness::{Answer, reported};
use crate::spec::Stack;
use crate::spec::stack::Member;

use super::{Context, configuration, failure, gpus, inside, orders, survey};

/// What is asked of the watchdog on its socket.
const WATCHDOG: &str = "http://localhost/health";

/// Where another machine's watchdog listens.
const WATCHDOG_SOCKET: &str = "/run/juniperctl/watchdog.sock";

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Pause between two looks of `--watch`.
const PAUSE: Duration = Duration::from_secs(2);

pub(super) async fn run(options: &Look, context: &Context) -> Result<u8, CommandError> {
    context.online("health")?;
    let stack = configuration::installed_stack(context)?;
    let members = failure::selected(&stack, &options.services)?;
    loop {
        let code = match inside::prober(&stack, context).await {
            Ok(prober) => look(&stack, &members, prober.as_ref(), context).await?,
            Err(error) => told(&members, context).await.ok_or(error)?,
        };
        if !options.watch || context.terminal.reader_left() {
            return Ok(code);
        }
        clock::pause(PAUSE).await;
    }
}

/// What the watchdog says, which lives where this user may not ask; `None` where it says nothing.
async fn told(members: &[Member<'_>], context: &Context) -> Option<u8> {
    let prober = match &context.remote {
        None => Prober::over(&context.paths.watchdog_socket()).ok()?,
        Some(remote) => remote.prober_of_socket(WATCHDOG_SOCKET).await.ok()?,
    };
    let (answer, _) = prober.ask(WATCHDOG, PATIENCE).await;
    let Answer::Reply { body, .. } = answer else {
        return None;
    };
    let labels: Vec<String> = members.iter().map(Member::label).collect();
    let told = Told::parse(&body, &labels)?;
    context
        .terminal
        .detail("note: this is what the watchdog heard last; root asks anew");
    if context.json {
        context.terminal.line(&told.json().to_string());
    } else {
        context.terminal.report(&told.text());
    }
    orders::told(members, context);
    Some(exit_code(told.verdict))
}

async fn look(
    stack: &Stack,
    members: &[Member<'_>],
    prober: Option<&Prober>,
    context: &Context,
) -> Result<u8, CommandError> {
    let survey = survey::taken(members, prober, context).await;
    context.still_there().await?;
    if let Some(error) = &survey.bus {
        context
            .terminal
            .detail(&format!("note: {error}; unit states are left out"));
    }
    let running = survey.running();
    let report = reported(survey.findings);
    if context.json {
        context.terminal.line(&json(&report).to_string());
    } else {
        context.terminal.report(&text(&report));
    }
    orders::told(members, context);
    let gpus = context.gpus(stack);
    gpus::tell(
        &gpus::standings(stack, &running, prober, &gpus, context).await,
        &gpus,
        context,
    );
    Ok(exit_code(report.verdict))
}
