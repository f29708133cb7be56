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

use super::watchdog::Records;
use super::{Context, configuration, failure, survey};

/// Pause between two looks of `--watch`.
const PAUSE: Duration = Duration::from_secs(2);

pub(super) async fn run(options: &Look, context: &Context) -> Result<u8, CommandError> {
    context.online("status")?;
    let stack = configuration::installed_stack(context)?;
    let members = failure::selected(&stack, &options.services)?;
    let prober = survey::prober()?;
    let systemd = Systemd::connect().await?;
    loop {
        look(&stack, &members, &prober, &systemd, context).await?;
        if !options.watch || context.terminal.reader_left() {
            return Ok(0);
        }
        clock::pause(PAUSE).await;
    }
}

/// Whom the watchdog has given up, and whom it leaves alone.
fn restrained(members: &[Member<'_>], context: &Context) {
    let records = Records::at(context);
    let now = clock::moment();
    let (spent, orders) = match (records.spent(), records.ordered(now)) {
        (Ok(memory), Ok(orders)) => (memory.spent, orders),
        (Err(error), _) | (_, Err(error)) => {
            context.terminal.detail(&error.message);
            return;
        }
    };
    for label in members.iter().map(Member::label) {
        if spent.get(&label).is_some_and(|spent| spent.given_up) {
            context.terminal.say(&format!(
                "the watchdog has given {label} up: `juniperctl why {label}` tells why, \
                 `juniperctl start {label}` has it tried again"
            ));
        }
        if orders.pause_of(&label, now).is_some() {
            context.terminal.say(&format!(
                "the watchdog leaves {label} alone: `juniperctl resume` ends that"
            ));
        }
    }
}

async fn look(
    stack: &Stack,
    members: &[Member<'_>],
    prober: &Prober,
    systemd: &Systemd,
    context: &Context,
) -> Result<(), CommandError> {
    let mut survey = survey::taken(members, prober).await;
    if let Some(error) = survey.bus.take() {
        return Err(error.into());
    }
    let mut states: BTreeMap<String, UnitState> = BTreeMap::new();
    for (unit, mut state) in survey.states {
        if state.found {
            systemd.detail(&mut state).await?;
        }
        states.insert(unit, state);
    }
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
                state: states.get(&unit)?,
                unit,
            })
        })
        .collect();
    let profile = stack.profile.as_str();
    restrained(members, context);
    if context.json {
        context.terminal.line(&json(profile, &rows).to_string());
    } else {
        context
            .terminal
            .data(&text(profile, &rows, clock::wall_microseconds()));
    }
    Ok(())
}
