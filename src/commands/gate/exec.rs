//! The first half of a service's process: waits for what it depends on, then becomes the service.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;

use crate::cli::GateExec;
use crate::error::CommandError;
use crate::host::{Files, clock, notify, process};
use crate::output::style::latency;
use crate::provision;
use crate::readiness::pace::pause_before_start;
use crate::spec::duration::written;
use crate::spec::probe::Expectations;

use super::super::Context;
use super::unready::Unready;
use super::waiter::Waiter;
use super::{gpu, lost_gpu, moved, passed, watch};

/// `EX_UNAVAILABLE`: systemd does not try again (`RestartPreventExitStatus=`).
const GPU_LOST: u8 = 69;
/// `EX_OSFILE`: the next start has a device policy of its own, and may well succeed.
const GPU_MISSING: u8 = 72;
const DEPENDENCY_NOT_READY: u8 = 75;
const PORT_TAKEN: u8 = 98;
const PROGRAM_FAILED: u8 = 203;

/// Waits, then becomes the program; returns only where it does not come to that.
pub(super) async fn run(exec: &GateExec, context: &Context) -> Result<u8, CommandError> {
    if exec.announce {
        notify::begun();
    }
    let service = &exec.service;
    if lost_gpu::refused(exec, context) {
        return Ok(GPU_LOST);
    }
    let address = exec.listen.map(|address| moved(address, exec.instance));
    // Asked before the wait, too: while it lasts, whoever holds the port would be taken for the
    // service by the watcher of its answers.
    if let Some(told) = taken(service, address) {
        context.terminal.error(&told);
        return Ok(PORT_TAKEN);
    }
    pause_after(Unready::here().count(), exec, context).await;
    if exec.gpu
        && let Some(told) = gpu::lacks_its_own(service)
    {
        context.terminal.error(&told);
        return Ok(GPU_MISSING);
    }
    let met_at = match all_met(exec, context).await? {
        Ok(at) => at,
        Err(reason) => {
            context
                .terminal
                .error(&format!("{service} is not started: {reason}"));
            return Ok(DEPENDENCY_NOT_READY);
        }
    };
    if let Some(told) = taken(service, address) {
        context.terminal.error(&told);
        return Ok(PORT_TAKEN);
    }
    // A GPU may have been lost during the wait.
    if lost_gpu::refused(exec, context) {
        return Ok(GPU_LOST);
    }
    // Last of all: from here on the watcher asks the program.
    passed::note(met_at)?;
    Ok(become_service(exec, context))
}

/// Waits for all that the service depends on; the first that cannot be met is the reason. When they were
/// asked, in microseconds since the machine's boot: one that began later was not among those that said yes.
async fn all_met(exec: &GateExec, context: &Context) -> Result<Result<u64, String>, CommandError> {
    if exec.started.is_empty() && exec.awaited.is_empty() {
        return Ok(Ok(clock::monotonic_microseconds()));
    }
    let waiter =
        Waiter::new(exec.within, Expectations::new(), context)?.then(exec.startup + watch::MARGIN);
    let met = loop {
        let ready_at = match waiter.all_ready(&exec.awaited).await {
            Ok(at) => at,
            unmet => break unmet,
        };
        if exec.started.is_empty() {
            break Ok(ready_at);
        }
        let systemd = context.systemd().await?;
        match waiter.all_started(&exec.started, &systemd).await? {
            Ok(started) if started.at_once => break Ok(ready_at.min(started.asked_at)),
            // That took its time: the answers of the others are old.
            Ok(_) => {}
            Err(unmet) => break Err(unmet),
        }
    };
    Ok(met.map_err(|unmet| format!("after {} {}", latency(waiter.waited()), unmet.reason)))
}

/// Starts in a row that did not get ready are spaced out. systemd's own `RestartSteps=` came with
/// 254 and never forgets: a service that crashes once a month would wait longest in the seventh
/// (systemd issue 43813).
async fn pause_after(failures: u32, exec: &GateExec, context: &Context) {
    let pause = pause_before_start(failures);
    if pause.is_zero() {
        return;
    }
    let told = format!(
        "{} did not get ready {failures} times in a row: the next try is in {}",
        exec.service,
        written(pause)
    );
    context.terminal.error(&told);
    notify::status(&told);
    clock::pause(pause).await;
    // The pause is not to come out of the time for the rest.
    notify::extend(exec.within + exec.startup + watch::MARGIN);
}

fn become_service(exec: &GateExec, context: &Context) -> u8 {
    let Some((program, arguments)) = exec.command.split_first() else {
        return PROGRAM_FAILED;
    };
    let service = &exec.service;
    // What it imports later comes from the same environment, even where another is put in use meanwhile.
    let bound = program
        .to_str()
        .and_then(|program| provision::bound(program, |path| Files::read_link(Path::new(path))))
        .map(OsString::from);
    let error = process::become_program(bound.as_ref().unwrap_or(program), arguments);
    context.terminal.error(&format!(
        "{service} is not started: cannot run {}: {error}",
        program.to_string_lossy()
    ));
    if error.kind() == std::io::ErrorKind::NotFound {
        context.terminal.error(&format!(
            "hint: {}, or correct services.{service}.command in /etc/juniper/juniper.toml",
            provision::how_to_get(service, &program.to_string_lossy())
        ));
    }
    PROGRAM_FAILED
}

/// What to tell where the service cannot have its address.
fn taken(service: &str, address: Option<SocketAddr>) -> Option<String> {
    let address = address?;
    let error = process::address_is_free(address).err()?;
    let port = address.port();
    Some(if error.kind() == std::io::ErrorKind::AddrInUse {
        format!(
            "{service} is not started: port {port} on {} is taken by another process\n\
             hint: `ss -ltnp 'sport = :{port}'` names it; stop it, or set services.{service}.port in \
             /etc/juniper/juniper.toml and install again",
            address.ip()
        )
    } else {
        format!("{service} is not started: cannot listen on {address}: {error}")
    })
}
