//! `why`: the story of a service's last failure, from what the watchdog kept, systemd and the journal.

use crate::cli::Why;
use crate::error::{CommandError, Kind};
use crate::host::clock;
use crate::host::journal::Query;
use crate::output::journal_line;
use crate::output::why::{Story, json, text};
use crate::readiness::unit_state::UnitState;
use crate::spec::name::Selector;
use crate::spec::stack::{Member, Stack};
use crate::watchdog::Incident;

use super::watchdog::Records;
use super::{Context, configuration, failure, logs};

/// The most lines of a service that are shown.
const LINES: usize = 60;

pub(super) async fn run(options: &Why, context: &Context) -> Result<u8, CommandError> {
    context.online("why")?;
    let stack = configuration::installed_stack(context)?;
    let member = one(&stack, &options.service)?;
    let (records, label) = (Records::at(context), member.label());
    let incident = records
        .all_incidents()?
        .into_iter()
        .rev()
        .find(|incident| incident.concerns(&label));
    if incident.is_some() {
        logs::explain_hidden(context);
    }
    let now = clock::moment();
    let spent = records.spent()?.spent.get(&label).copied();
    let story = Story {
        state: state(member, context).await?,
        lines: match &incident {
            Some(incident) => lines(member, incident, context).await?,
            None => Vec::new(),
        },
        dependents: dependents(&stack, member),
        pause: records.ordered(now)?.pause_of(&label, now),
        spent: spent.unwrap_or_default(),
        incident,
        label,
    };
    if context.json {
        context.terminal.line(&json(&story).to_string());
    } else {
        context.terminal.report(&text(&story));
    }
    Ok(0)
}

/// The member that is meant: the first instance where none is named.
fn one<'s>(stack: &'s Stack, selector: &Selector) -> Result<Member<'s>, CommandError> {
    let members = failure::selected(stack, std::slice::from_ref(selector))?;
    members.into_iter().next().ok_or_else(|| {
        CommandError::new(
            Kind::NotAsAsked,
            format!("no instance of {} is configured", selector.service),
        )
    })
}

async fn state(member: Member<'_>, context: &Context) -> Result<UnitState, CommandError> {
    let unit = member.unit();
    let systemd = context.systemd().await?;
    let mut states = systemd.states(std::slice::from_ref(&unit)).await?;
    let mut state = states.remove(&unit).unwrap_or_default();
    if state.found {
        systemd.detail(&mut state).await?;
    }
    Ok(state)
}

/// What the service itself said from the first bad answer on, until a little after the incident.
async fn lines(
    member: Member<'_>,
    incident: &Incident,
    context: &Context,
) -> Result<Vec<String>, CommandError> {
    let query = Query {
        units: vec![member.unit()],
        since: Some(format!("@{}", incident.began_us / 1_000_000)),
        of_user: context.is_user(),
        ..Query::default()
    };
    let last = incident
        .actions
        .last()
        .map_or(incident.opened_us, |taken| taken.at_us)
        .saturating_add(10_000_000);
    let mut journal = context.journal(&query)?;
    let mut lines: Vec<String> = Vec::new();
    while let Some(line) = journal.next().await? {
        let Some(entry) = journal_line::parse(&line) else {
            continue;
        };
        if entry.microseconds.is_some_and(|at| at > last) {
            break;
        }
        lines.extend(entry.lines);
        // The end is what matters: that is where a traceback is.
        lines.drain(..lines.len().saturating_sub(LINES));
    }
    Ok(lines)
}

/// Those that depend on it, by label.
fn dependents(stack: &Stack, member: Member<'_>) -> Vec<String> {
    stack
        .members()
        .iter()
        .filter(|other| {
            other
                .service
                .depends_on
                .iter()
                .any(|edge| edge.on == member.service.name)
        })
        .map(Member::label)
        .collect()
}
