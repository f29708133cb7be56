//! `health`: every endpoint asked at once, judged, the root cause first.

use std::time::Duration;

use crate::cli::Look;
use crate::error::CommandError;
use crate::host::clock;
use crate::host::http::Prober;
use crate::output::health::{exit_code, json, text};
use crate::readiness::reported;
use crate::spec::stack::Member;

use super::{Context, configuration, failure, inside, orders, survey};

/// Pause between two looks of `--watch`.
const PAUSE: Duration = Duration::from_secs(2);

pub(super) async fn run(options: &Look, context: &Context) -> Result<u8, CommandError> {
    context.online("health")?;
    let stack = configuration::installed_stack(context)?;
    let members = failure::selected(&stack, &options.services)?;
    loop {
        let prober = inside::prober(&stack).await?;
        let code = look(&members, prober.as_ref(), context).await;
        if !options.watch || context.terminal.reader_left() {
            return Ok(code);
        }
        clock::pause(PAUSE).await;
    }
}

async fn look(members: &[Member<'_>], prober: Option<&Prober>, context: &Context) -> u8 {
    let survey = survey::taken(members, prober).await;
    if let Some(error) = &survey.bus {
        context
            .terminal
            .detail(&format!("note: {error}; unit states are left out"));
    }
    let report = reported(survey.findings);
    if context.json {
        context.terminal.line(&json(&report).to_string());
    } else {
        context.terminal.data(&text(&report));
    }
    orders::told(members, context);
    exit_code(report.verdict)
}
