//! `pause` and `resume`: what people order the watchdog; and what a start by hand clears.

use crate::cli::{Pause, Resume};
use crate::error::CommandError;
use crate::host::clock;
use crate::kernel_log::users::may_use;
use crate::kernel_log::{Fault, Faults};
use crate::output::moment::moment;
use crate::spec::name::Selector;
use crate::spec::stack::{Member, Stack};
use crate::watchdog::{Moment, Orders};

use super::watchdog::Records;
use super::{Context, configuration, failure, kernel_log};

pub(super) fn pause(options: &Pause, context: &Context) -> Result<u8, CommandError> {
    let labels = labels(&options.services, context)?;
    let (records, now) = (Records::at(context), clock::moment());
    let mut orders = records.ordered(now)?;
    orders.pause(&labels, options.span, now);
    records.order(&orders)?;
    let until = options.span.map_or_else(
        || "until `juniperctl resume`".to_owned(),
        |span| {
            let span = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
            format!("until {}", moment(now.wall.saturating_add(span)))
        },
    );
    let whom = named(&labels);
    context
        .terminal
        .say(&format!("the watchdog leaves {whom} alone {until}"));
    Ok(0)
}

pub(super) fn resume(options: &Resume, context: &Context) -> Result<u8, CommandError> {
    let labels = labels(&options.services, context)?;
    let (records, now) = (Records::at(context), clock::moment());
    let mut orders = records.ordered(now)?;
    orders.resume(&labels);
    let spent = records.spent()?;
    let faults = kernel_log::known(context);
    let mut cleared: Vec<String> = spent.spent.into_keys().collect();
    cleared.extend(kept_by(&faults, &orders, context)?);
    cleared.retain(|label| labels.is_empty() || labels.contains(label));
    // Whatever the clock shows: a person clears what was told before.
    let later = Moment {
        wall: now.wall.max(faults.last_us()),
        ..now
    };
    orders.clear(&cleared, later);
    records.order(&orders)?;
    let whom = named(&labels);
    context
        .terminal
        .say(&format!("the watchdog looks after {whom} again"));
    let still = labels
        .iter()
        .any(|label| orders.pause_of(label, now).is_some());
    if still {
        context
            .terminal
            .say("hint: everything is paused; `juniperctl resume` without a name ends that");
    }
    Ok(0)
}

/// The members that a fault of a GPU keeps from being started.
fn kept_by(
    faults: &Faults,
    orders: &Orders,
    context: &Context,
) -> Result<Vec<String>, CommandError> {
    if !faults.faults.iter().any(Fault::rules_out_restarts) {
        return Ok(Vec::new());
    }
    let stack: Stack = configuration::installed_stack(context)?;
    Ok(stack
        .members()
        .iter()
        .filter(|member| fault_of(member, faults, orders).is_some())
        .map(Member::label)
        .collect())
}

/// The fault of a GPU that keeps a member from being started.
fn fault_of<'f>(member: &Member<'_>, faults: &'f Faults, orders: &Orders) -> Option<&'f Fault> {
    let gpu = member.service.managed()?.gpu.clone();
    let cleared = orders.cleared(&member.label());
    faults.that_rules_out(move |name| may_use(&gpu, name), cleared)
}

/// A person started these: the watchdog has its whole budget for them again. What it has spent is
/// nobody's business who only starts a service, so a failure is told and changes nothing.
pub(super) fn cleared(members: &[Member<'_>], context: &Context) {
    let records = Records::at(context);
    let clear = || -> Result<(), CommandError> {
        let spent = records.spent()?.spent;
        let labels: Vec<String> = members
            .iter()
            .map(Member::label)
            .filter(|label| spent.contains_key(label))
            .collect();
        if labels.is_empty() {
            return Ok(());
        }
        let now = clock::moment();
        let mut orders = records.ordered(now)?;
        orders.clear(&labels, now);
        records.order(&orders)
    };
    if let Err(error) = clear() {
        context.terminal.detail(&error.message);
    }
}

/// Tells whom the watchdog has given up, and whom it leaves alone.
pub(super) fn told(members: &[Member<'_>], context: &Context) {
    let records = Records::at(context);
    let now = clock::moment();
    let (spent, orders) = match (records.spent(), records.ordered(now)) {
        (Ok(memory), Ok(orders)) => (memory.spent, orders),
        (Err(error), _) | (_, Err(error)) => {
            context.terminal.detail(&error.message);
            return;
        }
    };
    let faults = kernel_log::known(context);
    for (label, member) in members.iter().map(|member| (member.label(), member)) {
        if let Some(fault) = fault_of(member, &faults, &orders) {
            context.terminal.say(&format!(
                "{label} is left as it is, and is not started again: {}; if the GPU works, \
                 `juniperctl resume {label}` ends that",
                fault.sentence()
            ));
        }
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

fn labels(services: &[Selector], context: &Context) -> Result<Vec<String>, CommandError> {
    context.online("this")?;
    if services.is_empty() {
        return Ok(Vec::new());
    }
    let stack: Stack = configuration::installed_stack(context)?;
    let members = failure::selected(&stack, services)?;
    Ok(members.iter().map(Member::label).collect())
}

fn named(labels: &[String]) -> String {
    if labels.is_empty() {
        "all services".to_owned()
    } else {
        labels.join(", ")
    }
}
