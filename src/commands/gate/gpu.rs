//! `gate gpu`, `gate nodes`, and what `gate exec --gpu` asks: whether the GPUs can be opened.
//!
//! The first two run in a unit of their own, before the services' units, because a node that comes after
//! a unit was started stays closed to it. The third runs in the service's own sandbox, where the kernel
//! answers for the device policy as well.

use std::time::Duration;

use crate::cli::GateGpu;
use crate::commands::Context;
use crate::error::{CommandError, Kind};
use crate::gpu::GpuName;
use crate::gpu::lack::{self, Lack, Seen, Wanted};
use crate::host::{clock, environment, gpu, notify};
use crate::ordered::Ordered as _;

/// Pause between two looks; nothing tells of a module that is loaded.
const PAUSE: Duration = Duration::from_millis(200);

/// Waits until nothing is lacking; where the time is over, says what is.
pub(super) async fn run(options: &GateGpu, context: &Context) -> Result<u8, CommandError> {
    let wanted = if options.gpus.is_empty() {
        Wanted::Any
    } else {
        Wanted::These(options.gpus.clone())
    };
    let begun = clock::now();
    let mut told = String::new();
    loop {
        let lacks = lacking(&wanted, options.driver);
        let Some(first) = lacks.first() else {
            return Ok(0);
        };
        let waiting = format!("waiting for a GPU: {first}");
        if waiting != told {
            notify::status(&waiting);
            told = waiting;
        }
        if begun.elapsed() >= options.within {
            return Err(in_vain(&lacks, options.within, context));
        }
        clock::pause(PAUSE).await;
    }
}

/// Has the driver loaded and its nodes made.
pub(super) fn make_nodes() -> Result<u8, CommandError> {
    gpu::make_nodes().map(|()| 0).map_err(|error| {
        CommandError::new(
            Kind::Machine,
            format!("cannot run nvidia-modprobe: {error}"),
        )
    })
}

/// What a service lacks that is about to be started, and what to do; asked from inside of its sandbox.
pub(super) fn lacks_its_own(service: &str) -> Option<String> {
    let gpus = gpu::woken(gpu::gpus());
    let wanted = match environment::visible_gpus() {
        None => Wanted::Any,
        Some(names) => Wanted::These(GpuName::several(&names)),
    };
    let nodes = lack::nodes(&wanted, &gpus);
    let seen = Seen {
        nodes: nodes
            .into_iter()
            .map(|path| {
                let node = gpu::usable_node(&path);
                (path, node)
            })
            .ordered(),
        gpus,
        ..Seen::default()
    };
    let lacks = lack::lacking(&wanted, &seen);
    let first = lacks.first()?;
    let all: Vec<String> = lacks.iter().map(Lack::to_string).collect();
    Some(format!(
        "{service} is not started: {}\nhint: {}\nnote: without its GPU it would run on the CPU and say nothing",
        all.join("; "),
        first.hint()
    ))
}

fn lacking(wanted: &Wanted, driver_alone: bool) -> Vec<Lack> {
    let gpus = gpu::gpus();
    if driver_alone {
        let is_loaded = gpus.driver.is_some();
        return if is_loaded {
            Vec::new()
        } else {
            vec![Lack::Driver]
        };
    }
    let nodes = lack::nodes(wanted, &gpus);
    let seen = Seen {
        groups: gpu::groups(),
        nodes: nodes
            .into_iter()
            .map(|path| {
                let node = gpu::node(&path);
                (path, node)
            })
            .ordered(),
        gpus,
    };
    lack::lacking(wanted, &seen)
}

fn in_vain(lacks: &[Lack], within: Duration, context: &Context) -> CommandError {
    let mut hints: Vec<String> = Vec::new();
    for lack in lacks {
        context.terminal.error(&format!("missing: {lack}"));
        let hint = lack.hint();
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    hints.into_iter().fold(
        CommandError::new(
            Kind::NotAsAsked,
            format!(
                "no GPU can be opened after {}: services that are to have one will not start",
                crate::spec::duration::written(within)
            ),
        ),
        CommandError::hint,
    )
}
