//! What commands say of GPUs: what the configuration asks of them in vain, and whether services really use
//! the ones that they were given.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use crate::error::CommandError;
use crate::gpu::assignment::{Holder, assigned};
use crate::gpu::usage::{self, Usage};
use crate::gpu::{Gpus, machine_faults};
use crate::host::http::Prober;
use crate::host::{accounts, gpu, nvml};
use crate::output::gpu::Section;
use crate::readiness::saying::says;
use crate::spec::Stack;
use crate::spec::fault::Fault;
use crate::spec::layer::Layer;
use crate::spec::stack::Member;

use super::{Context, configuration, inside};

/// What the configuration asks of this machine's GPUs and they cannot give.
pub(super) fn faults(stack: &Stack, gpus: &Gpus, merged: &Layer) -> Vec<Fault> {
    machine_faults::of(stack, &assigned(stack, gpus), gpus, merged)
}

/// Refuses a stack that asks for more than there is.
pub(super) fn refuse(stack: &Stack, gpus: &Gpus, context: &Context) -> Result<(), CommandError> {
    if gpus.are_none() {
        return Ok(());
    }
    let mut configuration = configuration::read(context)?;
    let faults = faults(stack, gpus, &configuration.merged);
    if faults.is_empty() {
        return Ok(());
    }
    for fault in faults {
        configuration.faults.push(fault);
    }
    Err(configuration::refused(&configuration, context))
}

/// Says what somebody should know who is about to run it so.
pub(super) fn warn(stack: &Stack, gpus: &Gpus, context: &Context) {
    let holders = assigned(stack, gpus);
    if holders.is_empty() {
        return;
    }
    for warning in machine_faults::warnings(&holders, gpus) {
        context.terminal.error(&format!("warning: {warning}"));
    }
}

/// One member and how it stands to its GPUs.
pub(super) struct Standing {
    pub(super) holder: Holder,
    pub(super) usage: Usage,
}

/// How members that run stand to their GPUs. Only root sees what processes hold open; nothing is known to
/// anybody else, and in a group without GPUs there is nothing to know.
pub(super) async fn standings(
    stack: &Stack,
    running: &[String],
    prober: Option<&Prober>,
    gpus: &Gpus,
    context: &Context,
) -> Vec<Standing> {
    // Of another machine's processes nothing is seen from here.
    if context.remote.is_some() || !accounts::is_root() || !has_any(stack) {
        return Vec::new();
    }
    let all = stack.members();
    let members: Vec<(Holder, Member<'_>)> = assigned(stack, gpus)
        .into_iter()
        .filter(|holder| running.contains(&holder.unit))
        .filter_map(|holder| {
            let member = all.iter().find(|member| member.label() == holder.label)?;
            Some((holder, *member))
        })
        .collect();
    let asked = members
        .iter()
        .map(|(_, member)| is_at_work(*member, prober));
    let asked = join_all(asked).await;
    // Looked at after it was asked: one that begins to work takes its GPU at once.
    let processes = gpu::processes();
    members
        .into_iter()
        .zip(asked)
        .map(|((holder, _), at_work)| Standing {
            usage: usage::of(&holder.unit, &processes, at_work),
            holder,
        })
        .collect()
}

/// Whether a member says that it is at work, in the words of its `liveness.busy_when`.
async fn is_at_work(member: Member<'_>, prober: Option<&Prober>) -> bool {
    let asked = async {
        let managed = member.service.managed()?;
        let busy_when = &managed.liveness.as_ref()?.busy_when;
        let limit = managed.readiness.as_ref()?.timeout;
        if busy_when.is_empty() {
            return None;
        }
        let (answer, _) = prober?.ask(&member.readiness_url()?, limit).await;
        Some(says(&answer, busy_when))
    };
    asked.await.unwrap_or(false)
}

/// Says it, on standard error, beside what a command prints.
pub(super) fn tell(standings: &[Standing], gpus: &Gpus, context: &Context) {
    for Standing { holder, usage } in standings {
        let sentence = usage::sentence(holder, usage, gpus);
        if *usage == Usage::OnProcessor {
            let terminal = &context.terminal;
            terminal.error(&format!("warning: {sentence}"));
            terminal.error(&format!("hint: {}", usage::hint(holder)));
        } else {
            context.terminal.say(&sentence);
        }
    }
}

/// Says it of members that have just been brought up.
pub(super) async fn tell_of(members: &[Member<'_>], stack: &Stack, context: &Context) {
    if !accounts::is_root() || !has_any(stack) {
        return;
    }
    let running: Vec<String> = members.iter().map(Member::unit).collect();
    let gpus = context.gpus(stack);
    let prober = inside::prober(stack, context).await.ok().flatten();
    let standings = standings(stack, &running, prober.as_ref(), &gpus, context).await;
    tell(&standings, &gpus, context);
}

/// Who may use which GPU of this machine, and who does; for the audit.
pub(super) fn section(stack: &Stack, context: &Context) -> Section {
    let offline = context.paths.is_offline();
    let mut gpus = gpu::gpus_below(&context.paths.at(gpu::DRIVER));
    let mut measured = BTreeMap::new();
    if !offline && !gpus.are_none() {
        nvml::complete(&mut gpus);
        measured = nvml::measured();
    }
    let sees_processes = !offline && accounts::is_root();
    Section {
        holders: assigned(stack, &gpus),
        processes: sees_processes.then(gpu::processes),
        gpus,
        measured,
    }
}

fn has_any(stack: &Stack) -> bool {
    stack
        .services
        .iter()
        .filter_map(|service| service.managed())
        .any(|managed| managed.gpu != crate::spec::stack::Gpu::None)
}
