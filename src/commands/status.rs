//! `status`: the group at a glance.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::cli::Look;
use crate::error::CommandError;
use crate::host::clock;
use crate::host::http::Prober;
use crate::host::systemd::Systemd;
use crate::output::status::{Row, json, text};
use crate::readiness::unit_state::UnitState;
use crate::spec::Stack;
use crate::spec::stack::Member;

use super::{Context, configuration, failure, gpus, inside, orders, survey};

/// Pause between two looks of `--watch`.
const PAUSE: Duration = Duration::from_secs(2);

pub(super) async fn run(options: &Look, context: &Context) -> Result<u8, CommandError> {
    context.online("status")?;
    let stack = configuration::installed_stack(context)?;
    let members = failure::selected(&stack, &options.services)?;
    let systemd = context.systemd().await?;
    loop {
        let prober = inside::prober(&stack, context).await?;
        look(&stack, &members, prober.as_ref(), &systemd, context).await?;
        if !options.watch || context.terminal.reader_left() {
            return Ok(0);
        }
        clock::pause(PAUSE).await;
    }
}

async fn look(
    stack: &Stack,
    members: &[Member<'_>],
    prober: Option<&Prober>,
    systemd: &Systemd,
    context: &Context,
) -> Result<(), CommandError> {
    let mut survey = survey::taken(members, prober, context).await;
    context.still_there().await?;
    if let Some(error) = survey.bus.take() {
        return Err(error.into());
    }
    let running = survey.running();
    let mut states: BTreeMap<String, UnitState> = BTreeMap::new();
    for (unit, mut state) in survey.states {
        if state.found {
            systemd.detail(&mut state).await?;
        }
        states.insert(unit, state);
    }
    let gpus = context.gpus(stack);
    let standings = gpus::standings(stack, &running, prober, &gpus, context).await;
    let rows: Vec<Row<'_>> = survey
        .findings
        .iter()
        .filter_map(|finding| {
            let member = members
                .iter()
                .find(|member| member.label() == finding.label)?;
            let unit = member.unit();
            Some(Row {
                finding,
                usage: standings
                    .iter()
                    .find(|standing| standing.holder.unit == unit)
                    .map(|standing| &standing.usage),
                state: states.get(&unit)?,
                unit,
            })
        })
        .collect();
    let profile = stack.profile.as_str();
    let page = stack.listen.url();
    orders::told(members, context);
    if context.json {
        context
            .terminal
            .line(&json(profile, page.as_deref(), &rows).to_string());
    } else {
        context.terminal.report(&text(
            profile,
            page.as_deref(),
            &rows,
            context.wall_microseconds(),
        ));
    }
    gpus::tell(&standings, &gpus, context);
    Ok(())
}
