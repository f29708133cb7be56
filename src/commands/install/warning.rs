//! What an install says of those whom it could hurt: services at work, containers with GPUs.

use crate::commands::{Context, busy, configuration};
use crate::error::CommandError;
use crate::host::containers;
use crate::plan::{Effects, Plan};
use crate::spec::Stack;
use crate::spec::stack::Member;

/// When services with changed units are restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Restart {
    /// By this command.
    Now,
    /// By this command only with `--now`.
    OnlyIfTold,
    /// By another one.
    Later,
}

/// Says whom the plan could hurt.
pub(in crate::commands) async fn of_harm(
    plan: &Plan,
    effects: &Effects,
    stack: &Stack,
    restart: Restart,
    context: &Context,
) -> Result<(), CommandError> {
    let before = configuration::installed_stack_silently(context);
    of_work(effects, before.as_ref(), stack, restart, context).await?;
    // A reload of a user's manager is felt by nobody else.
    if !plan.is_empty() && !context.is_user() {
        of_containers(context);
    }
    Ok(())
}

/// Says which services are at work, and what becomes of that.
async fn of_work(
    effects: &Effects,
    before: Option<&Stack>,
    stack: &Stack,
    restart: Restart,
    context: &Context,
) -> Result<(), CommandError> {
    let concerned = |labels: &[&Vec<String>], stack: &Stack| {
        let is_one = |member: &Member<'_>| {
            let label = member.label();
            labels.iter().any(|labels| labels.contains(&label))
        };
        stack.members().iter().any(is_one)
    };
    let kept = [&effects.changes, &effects.follows];
    if concerned(&kept, stack) {
        for label in busy_of(&kept, stack).await? {
            context.terminal.say(&match restart {
                Restart::Now => {
                    format!("warning: {label} is at work (training): restarting ends that")
                }
                Restart::OnlyIfTold => {
                    format!("note: {label} is at work (training): it is not restarted unless --now")
                }
                Restart::Later => {
                    format!("note: {label} is at work (training): it is not restarted")
                }
            });
        }
    }
    // Those that go are members of what was installed before.
    if let Some(before) = before.filter(|before| concerned(&[&effects.stops], before)) {
        for label in busy_of(&[&effects.stops], before).await? {
            context.terminal.say(&format!(
                "warning: {label} is at work (training): stopping ends that"
            ));
        }
    }
    Ok(())
}

async fn busy_of(labels: &[&Vec<String>], stack: &Stack) -> Result<Vec<String>, CommandError> {
    let members: Vec<Member<'_>> = stack
        .members()
        .into_iter()
        .filter(|member| labels.iter().any(|labels| labels.contains(&member.label())))
        .collect();
    busy::labels(&members).await
}

/// Warns of what a reload of systemd does to containers with GPUs.
fn of_containers(context: &Context) {
    let found = containers::with_gpus();
    if found.is_empty() {
        return;
    }
    let names: Vec<&str> = found.iter().map(String::as_str).collect();
    context.terminal.error(&format!(
        "warning: containers with GPUs run here: {}; systemd reads its unit files again now, and containers can \
         lose their GPUs by that\n\
         hint: see whether they still have them (nvidia-smi inside), and restart those that do not; giving them \
         their devices by CDI avoids it",
        names.join(", ")
    ));
}
