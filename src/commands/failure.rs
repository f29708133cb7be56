//! What commands tell when a unit failed, and when a name names nothing.

use crate::error::{CommandError, Kind};
use crate::host::journal::Query;
use crate::host::systemd::Systemd;
use crate::output::journal_line;
use crate::readiness::unit_state::UnitState;
use crate::spec::name::Selector;
use crate::spec::stack::{Member, Stack};
use crate::spec::suggestion::nearest;

use super::Context;

/// A point in time, in microseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment(pub(super) u64);

/// How many of its own last lines are shown.
const LAST_LINES: usize = 8;

/// The members that were named.
///
/// # Errors
/// One of the names is no service of the profile.
pub(super) fn selected<'s>(
    stack: &'s Stack,
    selectors: &[Selector],
) -> Result<Vec<Member<'s>>, CommandError> {
    stack.selected(selectors).map_err(|unknown| {
        let unknown = &unknown;
        let name = match unknown.instance {
            None => unknown.service.to_string(),
            Some(number) => format!("{}@{number}", unknown.service),
        };
        if let Some(error) = beyond(stack, unknown) {
            return error;
        }
        let labels: Vec<String> = stack.members().iter().map(Member::label).collect();
        let error = CommandError::new(
            Kind::Usage,
            format!("profile {} has no service {name}", stack.profile),
        );
        match nearest(&name, labels.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint(format!("it has {}", labels.join(", "))),
        }
    })
}

/// An instance that there is not, of a service that has instances.
fn beyond(stack: &Stack, unknown: &Selector) -> Option<CommandError> {
    let number = unknown.instance?;
    let service = &unknown.service;
    let count = stack.service(service)?.managed()?.instances?;
    let has = match count {
        0 => "no instances".to_owned(),
        1 => "one instance".to_owned(),
        more => format!("{more} instances"),
    };
    let error = CommandError::new(Kind::Usage, format!("{service} has {has}"));
    Some(error.hint(format!(
        "for more: sudo juniperctl scale {service}={number}"
    )))
}

/// Tells why a member's unit failed: systemd's result in words, then its own last journal lines.
pub(super) async fn tell(
    member: Member<'_>,
    mut state: UnitState,
    since: Moment,
    systemd: &Systemd,
    context: &Context,
) {
    if state.found {
        // Without details the state alone is told.
        if let Err(error) = systemd.detail(&mut state).await {
            context.terminal.detail(&error.to_string());
        }
    }
    let unit = member.unit();
    let why = state.explanation().unwrap_or_else(|| state.failure());
    context
        .terminal
        .error(&format!("error: {} failed: {why}", member.label()));
    match last_lines(&unit, since, context).await {
        Ok(lines) => {
            for line in lines {
                context
                    .terminal
                    .error(&format!("  {} | {line}", member.label()));
            }
        }
        Err(error) => context.terminal.detail(&error.message),
    }
    let option = if context.is_user() {
        "--user-unit "
    } else {
        "-u "
    };
    context
        .terminal
        .error(&format!("hint: the whole story: journalctl {option}{unit}"));
}

/// What it said since the command began: what happened before that is another story.
async fn last_lines(
    unit: &str,
    Moment(since): Moment,
    context: &Context,
) -> Result<Vec<String>, CommandError> {
    let query = Query {
        units: vec![unit.to_owned()],
        since: Some(format!("@{}", since / 1_000_000)),
        of_user: context.is_user(),
        ..Query::default()
    };
    let mut journal = context.journal(&query)?;
    let mut lines: Vec<String> = Vec::new();
    while let Some(line) = journal.next().await? {
        let Some(entry) = journal_line::parse(&line).filter(|entry| !entry.by_systemd) else {
            continue;
        };
        for line in entry.lines {
            // Each try says the same; once is enough, at its last place.
            lines.retain(|earlier| *earlier != line);
            lines.push(line);
        }
    }
    journal.finished().await?;
    Ok(lines.split_off(lines.len().saturating_sub(LAST_LINES)))
}
