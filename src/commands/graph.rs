//! `graph`: who waits for whom and how each is; with `--chain`, what the last start waited for.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::cli::{Graph as Options, GraphFormat};
use crate::error::{CommandError, Kind};
use crate::host::{Files, clock};
use crate::ordered::Ordered as _;
use crate::output::chain;
use crate::output::graph::{Graph, State, dot, json, mermaid, text};
use crate::readiness::chain::explained;
use crate::readiness::comparison::compared;
use crate::readiness::start_record::parse_all;
use crate::readiness::unit_state::ActiveState;
use crate::spec::Stack;
use crate::spec::stack::Member;
use crate::unit::group::READY;

use super::{Context, configuration, inside, survey};

/// Writing a start down takes no longer.
const WRITING: Duration = Duration::from_secs(2);

/// Pause between two looks at whether it has been.
const LOOK: Duration = Duration::from_millis(10);

pub(super) async fn run(options: &Options, context: &Context) -> Result<u8, CommandError> {
    if options.chain {
        return last_start(context).await;
    }
    let stack = configuration::installed_stack(context)?;
    let graph = Graph::of(&stack, &states(&stack, context).await?);
    if context.json {
        context.terminal.line(&json(&graph).to_string());
        return Ok(0);
    }
    context.terminal.report(&match options.format {
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
    let prober = match inside::prober(stack, context).await {
        Ok(prober) => prober,
        Err(error) => {
            context
                .terminal
                .detail(&format!("note: {}; states are left out", error.message));
            return Ok(BTreeMap::new());
        }
    };
    let survey = survey::taken(&members, prober.as_ref(), context).await;
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
    Ok(members.iter().map(state).ordered())
}

/// The group is ready a moment before its start is written down; whoever asks in between waits for it.
async fn written_down(context: &Context) {
    if context.paths.is_offline() {
        return;
    }
    // Without a bus nobody is writing.
    let Ok(systemd) = context.systemd().await else {
        return;
    };
    let units = [READY.to_owned()];
    let begun = clock::now();
    while begun.elapsed() < WRITING {
        let Some(mut state) = systemd
            .states(&units)
            .await
            .ok()
            .and_then(|mut states| states.remove(READY))
        else {
            return;
        };
        let known = systemd.detail(&mut state).await.is_ok();
        if !known || state.active != ActiveState::Active || state.main_pid == 0 {
            return;
        }
        clock::pause(LOOK).await;
    }
}

async fn last_start(context: &Context) -> Result<u8, CommandError> {
    written_down(context).await;
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
        context.terminal.report(&text);
    }
    Ok(0)
}
