//! Who is handed a secret, who of them runs, and who is restarted for it.

use crate::commands::{Context, busy, lifecycle};
use crate::error::CommandError;
use crate::host::systemd::{Systemd, Verb};
use crate::readiness::unit_state::UnitState;
use crate::spec::credential::Credential;
use crate::spec::name::SecretName;
use crate::spec::stack::{Member, Stack};

/// One that is handed a secret.
pub(super) struct Consumer<'s> {
    pub(super) member: Member<'s>,
    pub(super) credential: &'s Credential,
    pub(super) state: UnitState,
}

/// All of them with their units' states, in start order.
pub(super) async fn of<'s>(
    secret: &SecretName,
    stack: &'s Stack,
    systemd: &Systemd,
) -> Result<Vec<Consumer<'s>>, CommandError> {
    let consumers = stack.consumers(secret);
    let units: Vec<String> = consumers.iter().map(|(member, _)| member.unit()).collect();
    let mut states = systemd.states(&units).await?;
    let mut found = Vec::new();
    for (member, credential) in consumers {
        let mut state = states.remove(&member.unit()).unwrap_or_default();
        if state.found {
            systemd.detail(&mut state).await?;
        }
        found.push(Consumer {
            member,
            credential,
            state,
        });
    }
    Ok(found)
}

/// Those that run: they hold what they were started with.
pub(super) fn running<'s>(consumers: &[Consumer<'s>]) -> Vec<Member<'s>> {
    consumers
        .iter()
        .filter(|consumer| consumer.state.is_started() || consumer.state.is_coming())
        .map(|consumer| consumer.member)
        .collect()
}

/// Says what becomes of those that run, before anybody is asked: a training run ends with its service.
pub(super) async fn tell(
    running: &[Member<'_>],
    restarts: bool,
    context: &Context,
) -> Result<(), CommandError> {
    if running.is_empty() {
        context.terminal.say("effect: none of them runs");
        return Ok(());
    }
    let busy = busy::labels(running).await?;
    let labels: Vec<String> = running
        .iter()
        .map(|member| {
            let label = member.label();
            if restarts && busy.contains(&label) {
                format!("{label} (at work now: that ends)")
            } else {
                label
            }
        })
        .collect();
    let verb = if restarts {
        "restarts"
    } else {
        "at its next restart: changes"
    };
    context
        .terminal
        .say(&format!("effect: {verb} {}", labels.join(", ")));
    Ok(())
}

/// Restarts those that run, side by side: who demands a key and who sends it change together.
pub(super) async fn restart(
    running: &[Member<'_>],
    restarts: bool,
    systemd: &Systemd,
    context: &Context,
) -> Result<u8, CommandError> {
    if running.is_empty() {
        return Ok(0);
    }
    if restarts {
        return lifecycle::change_members(Verb::Restart, running, systemd, context).await;
    }
    let labels: Vec<String> = running.iter().map(Member::label).collect();
    context.terminal.say(&format!(
        "next: sudo juniperctl restart {}",
        labels.join(" ")
    ));
    Ok(0)
}
