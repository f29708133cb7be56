//! One question to a service, for engines that know no better: their health checks call it in the container.

use crate::cli::GateProbe;
use crate::error::CommandError;
use crate::readiness::{Answer, Verdict, judged};

use super::super::{Context, survey};
use super::{NOT_READY, expectations};

pub(super) async fn run(probe: GateProbe, context: &Context) -> Result<u8, CommandError> {
    let expectations = expectations(probe.expect)?;
    let prober = survey::prober()?;
    let (answer, _) = prober.ask(&probe.url, probe.timeout).await;
    if probe.any_answer && matches!(answer, Answer::Reply { .. }) {
        return Ok(0);
    }
    let judgement = judged(&answer, &expectations);
    if judgement.verdict <= Verdict::Degraded {
        return Ok(0);
    }
    let cause = judgement.cause.unwrap_or_default();
    context
        .terminal
        .error(&format!("{}: {cause}", judgement.verdict.prose()));
    Ok(NOT_READY)
}
