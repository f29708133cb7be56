//! `kernel-log`: what juniper-kernel-log.service runs. It follows the kernel's entries in the journal and
//! writes down the faults of GPUs; and where those faults are read by everybody else.
//!
//! It may read the whole journal, and so it is a process of its own that nobody can talk to. It decides
//! nothing about anybody.

use crate::error::{CommandError, Kind};
use crate::host::journal::Journal;
use crate::host::{Files, notify};
use crate::kernel_log::{Entry, Faults, Line, line};

use super::Context;

pub(super) async fn run(context: &Context) -> Result<u8, CommandError> {
    context.online("following the kernel's log")?;
    let path = context.paths.gpu_faults();
    let mut faults = known(context);
    let mut journal = Journal::of_kernel(faults.cursor.as_deref())?;
    write(&faults, context)?;
    notify::ready("following the kernel's log");
    while let Some(text) = journal.next().await? {
        let Some(entry) = Entry::parse(&text) else {
            continue;
        };
        let Some(line) = line::parse(&entry.message) else {
            continue;
        };
        let told = told(&line);
        if faults.take(line, &entry) {
            write(&faults, context)?;
            if let Some(told) = told {
                context.terminal.error(&told);
            }
        }
    }
    // systemd starts this again, and what was said meanwhile is read then.
    journal.finished().await?;
    Err(CommandError::new(
        Kind::Machine,
        format!("journalctl ended; {} is as it was then", path.display()),
    ))
}

/// The faults of this boot that are written down; none where nobody follows the kernel's log.
pub(super) fn known(context: &Context) -> Faults {
    let text = Files::read(&context.paths.gpu_faults()).ok().flatten();
    Faults::parse(&text.unwrap_or_default())
}

fn write(faults: &Faults, context: &Context) -> Result<(), CommandError> {
    let text = faults
        .written()
        .map_err(|error| CommandError::new(Kind::Machine, error.to_string()))?;
    Ok(Files::replace(&context.paths.gpu_faults(), &text)?)
}

fn told(line: &Line) -> Option<String> {
    let whose = |gpu| crate::kernel_log::fault::whose(gpu);
    match line {
        Line::Fault { gpu, symptom, cure } => Some(format!(
            "{} {}: {}",
            whose(gpu.as_ref()),
            symptom.did(),
            cure.words()
        )),
        Line::Recovered { gpu } => Some(format!("{} needs nothing any more", whose(Some(gpu)))),
        Line::Loaded | Line::Named { .. } => None,
    }
}
