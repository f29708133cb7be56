//! A start that cannot help: the kernel has told of a fault of the GPU that takes a reset or a reboot.
//!
//! Only starts are refused. What runs is left alone, whatever the kernel says, and a person who knows
//! better has the last word: `juniperctl resume`.

use crate::cli::GateExec;
use crate::commands::watchdog::Records;
use crate::commands::{Context, kernel_log};
use crate::gpu::GpuName;
use crate::host::{clock, environment, notify};
use crate::kernel_log::users::concerns;
use crate::readiness::unit_state::GIVEN_UP;

/// Why it is not to be started, told to whom it concerns.
pub(super) fn refused(exec: &GateExec, context: &Context) -> bool {
    let Some(told) = reason(exec, context) else {
        return false;
    };
    let service = &exec.service;
    context.terminal.error(&format!(
        "{service} is not started: {told}\n\
         hint: after that it starts again; if the GPU works, `sudo juniperctl resume {service}` and \
         `sudo juniperctl start {service}` have it tried all the same"
    ));
    notify::status(&format!("{GIVEN_UP}{told}"));
    true
}

fn reason(exec: &GateExec, context: &Context) -> Option<String> {
    if !exec.gpu {
        return None;
    }
    let orders = Records::at(context).ordered(clock::moment());
    // Orders that cannot be read clear nothing.
    let cleared = orders.map_or(0, |orders| {
        let instance = format!("{}@{}", exec.service, exec.instance);
        orders.cleared(&exec.service).max(orders.cleared(&instance))
    });
    let faults = kernel_log::known(context);
    // Told of no names it may open all of them; the unit has one, or the gate would not be asked.
    let given = environment::visible_gpus().map(|names| GpuName::several(&names));
    let fault = faults.that_rules_out(
        |name| given.as_ref().is_none_or(|given| concerns(given, name)),
        cleared,
    )?;
    Some(fault.sentence())
}
