//! From what was judged to the proposal: the configuration as it would be, read again as any other, and
//! held to the budgets.

use crate::error::{CommandError, Kind};
use crate::hardening::audit;
use crate::host::Files;
use crate::learn::edit::{difference, edited};
use crate::learn::judgement::edits;
use crate::learn::{Edit, Judged};
use crate::output::learn::Proposal;
use crate::spec::ServiceName;
use crate::spec::stack::Managed;
use crate::unit::{SystemdVersion, rendered};

use super::super::{Context, configuration};

/// What is proposed; `None` where nothing is.
pub(super) fn proposed(
    name: &ServiceName,
    managed: &Managed,
    judged: &[Judged],
    version: SystemdVersion,
    context: &Context,
) -> Result<Option<Proposal>, CommandError> {
    let mut edits = edits(judged);
    if edits.is_empty() {
        return Ok(None);
    }
    let path = context.paths.configuration();
    let before = Files::read(path)?.unwrap_or_default();
    let directories: Vec<String> = managed
        .state_directories
        .iter()
        .map(|directory| directory.as_str().to_owned())
        .collect();
    let with = |edits: &[Edit]| {
        edited(&before, name, &directories, edits).map_err(|error| {
            CommandError::new(
                Kind::NotAsAsked,
                format!("cannot propose a change of {}: {error}", path.display()),
            )
        })
    };
    let mut after = with(&edits)?;
    let mut notes = Vec::new();
    let mut refused = Vec::new();
    match over_budget(&after, name, version, context) {
        Ok(None) => {}
        Ok(Some((exposure, budget))) => {
            notes.push(format!(
                "it makes the unit {exposure} exposed, and its budget is {budget}: `check` refuses it without \
                 the line that raises the budget. Think twice before that one"
            ));
            edits.push(Edit::Budget(exposure));
            after = with(&edits)?;
            if let Err(faults) = over_budget(&after, name, version, context) {
                refused = faults;
            }
        }
        Err(faults) => refused = faults,
    }
    for edit in &edits {
        // Its characters are those of a path pattern: fit for a shell.
        if let Edit::Bind { directory, .. } = edit
            && !Files::exists(std::path::Path::new(directory))
        {
            notes.push(format!(
                "{directory} is not there, and would be left out: make it first (sudo mkdir -p {directory})"
            ));
        }
    }
    let path = path.display().to_string();
    Ok(Some(Proposal {
        difference: difference(&path, &before, &after),
        path,
        after,
        notes,
        refused,
    }))
}

/// How exposed the unit would be and its budget, where it is over it; the faults where the
/// configuration would be refused.
fn over_budget(
    text: &str,
    name: &ServiceName,
    version: SystemdVersion,
    context: &Context,
) -> Result<Option<(crate::hardening::Exposure, crate::hardening::Exposure)>, Vec<String>> {
    let stack = configuration::stack_as_if(text, context)?;
    let said = |error: &dyn std::fmt::Display| vec![error.to_string()];
    let facts = context.facts(&stack).map_err(|error| vec![error.message])?;
    let files = rendered(&stack, version, &facts).map_err(|error| said(&error))?;
    Ok(audit::of(&stack, &files, version, &facts.manager)
        .into_iter()
        .find(|unit| unit.service.as_deref() == Some(name.as_str()) && unit.is_over_budget())
        .map(|unit| (unit.exposure, unit.budget)))
}
