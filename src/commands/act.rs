//! `act`: what juniper-act@.service runs, as root, for one order of the watchdog, which has no rights.
//!
//! It reads one line, refuses what is not one of the few orders about one of our units, has systemd carry
//! it out, and ends. It reads no file and asks nobody but systemd; each order and each refusal is in the
//! journal.

use crate::cli::Act as Options;
use crate::error::{CommandError, Kind};
use crate::host::act_socket::Client;
use crate::host::clock;
use crate::host::systemd::{BusError, Ending, Verb};
use crate::readiness::unit_state::ActiveState;
use crate::watchdog::act::{Act, Allowed, DONE, LONGEST};

use super::Context;

pub(super) async fn run(options: Options, context: &Context) -> Result<u8, CommandError> {
    context.online("acting for the watchdog")?;
    let mut client = Client::from_standard_input().map_err(|error| {
        let what = format!("standard input is no connection of juniper-act.socket: {error}");
        CommandError::new(Kind::Usage, what).hint("systemd runs this for juniper-watchdog.service")
    })?;
    let allowed = Allowed {
        units: options.units,
        notification: options.notification,
    };
    let line = client
        .line(LONGEST)
        .await
        .map_err(|error| error.to_string());
    let act = line.and_then(|line| {
        Act::parse(&line, &allowed).map_err(|refusal| format!("{refusal}: {line:?}"))
    });
    let done = match act {
        Ok(act) => carried_out(&act, &client, context)
            .await
            .map(|()| act.to_string())
            .map_err(|error| format!("{act}: {error}")),
        Err(refusal) => Err(format!("refused: {refusal}")),
    };
    match done {
        Ok(told) => {
            context.terminal.error(&format!("{told}: {DONE}"));
            client.answer(DONE).await;
            Ok(0)
        }
        Err(told) => {
            client.answer(&told).await;
            Err(CommandError::new(Kind::NotAsAsked, told))
        }
    }
}

async fn carried_out(act: &Act, client: &Client, context: &Context) -> Result<(), String> {
    let limit = act.limit();
    let work = async {
        let systemd = context.systemd().await?;
        // Nothing is done for one who has given up: it may have changed its mind.
        if !client.waits() {
            let gone = "whoever wanted it does not wait for it any more";
            return Err(BusError::Answer(gone.to_owned()));
        }
        match act {
            Act::Abort(unit) => systemd.end(unit, Ending::Abort).await,
            Act::Kill(unit) => systemd.end(unit, Ending::Kill).await,
            Act::Restart(unit) => systemd.restart_running(unit, &ActiveState::Active).await,
            // How it ends is not waited for.
            Act::Notify(_) => systemd.enqueue(Verb::Start, &act.unit()).await.map(drop),
        }
    };
    match clock::within(limit, work).await {
        Some(done) => done.map_err(|error| error.to_string()),
        None => Err(format!(
            "systemd does not answer within {} s",
            limit.as_secs()
        )),
    }
}
