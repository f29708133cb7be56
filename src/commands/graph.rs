//! `graph`: who waits for whom and how each is; with `--chain`, what the last start waited for.

use std::collections::BTreeMap;

use crate::cli::{Graph as Options, GraphFormat};
use crate::error::{CommandError, Kind};
use crate::host::Files;
use crate::output::chain;
use crate::output::graph::{Graph, State, dot, json, mermaid, text};
use crate::readiness::chain::explained;
use crate::readiness::comparison::compared;
use crate::readiness::start_record::parse_all;
use crate::spec::Stack;
use crate::spec::stack::Member;

use super::{Context, configuration, survey};

pub(super) async fn run(options: &Options, context: &Context) -> Result<u8, CommandError> {
    if options.chain {
        return last_start(context);
    }
    let stack = configuration::installed_stack(context)?;
    let graph = Graph::of(&stack, &states(&stack, context).await?);
    if context.json {
        context.terminal.line(&json(&graph).to_string());
        return Ok(0);
    }
    context.terminal.data(&match options.format {
        GraphFormat::Ascii => text(&graph),
        GraphFormat::Mermaid => mermaid(&graph),
        GraphFormat::Dot => dot(&graph),
    });
    Ok(0)
}

/// The state of each member, by label; none where nobody can be asked.
async fn states(stack: &Stack, context: &Context) -> Result<BTreeMap<String, State>, CommandError> {
    if context.paths.is_offline() {
        context
            .terminal
            .detail("note: nothing runs in a directory tree; states are left out");
        return Ok(BTreeMap::new());
    }
    let members = stack.members();
    let survey = survey::taken(&members, &survey::prober()?).await;
    if let Some(error) = &survey.bus {
        context
            .terminal
            .detail(&format!("note: {error}; states are left out"));
        return Ok(BTreeMap::new());
    }
    let state = |member: &Member<'_>| {
        let label = member.label();
        let finding = survey
            .findings
            .iter()
            .find(|finding| finding.label == label);
        let verdict = finding.map(|finding| finding.verdict);
        (label, State::of(verdict, survey.states.get(&member.unit())))
    };
    Ok(members.iter().map(state).collect())
}

fn last_start(context: &Context) -> Result<u8, CommandError> {
    let path = context.paths.starts();
    let found = parse_all(&Files::read(&path)?.unwrap_or_default());
    if found.skipped > 0 {
        context.terminal.say(&format!(
            "note: {} of the starts in {} cannot be read and are left out",
            found.skipped,
            path.display()
        ));
    }
    let Some((last, earlier)) = found.records.split_last() else {
        return Err(CommandError::new(
            Kind::NotAsAsked,
            format!("no start is remembered in {}", path.display()),
        )
        .hint("each start of the whole group is: sudo systemctl start juniper.target"));
    };
    let (explained, comparison) = (explained(last), compared(last, earlier));
    if context.json {
        let value = chain::json(last, &explained, comparison.as_ref());
        context.terminal.line(&value.to_string());
    } else {
        let text = chain::text(last, &explained, comparison.as_ref());
        context.terminal.data(&text);
    }
    Ok(0)
}
