//! `install` and `uninstall` on other machines: all plans are shown, then somebody is asked once, then all are
//! carried out side by side.

use futures_util::future::join_all;

use crate::cli::{Install, Uninstall};
use crate::commands::{Context, tell};
use crate::error::CommandError;

use super::brought::{Ready, refuse_without_rights};
use super::host::Host;
use super::row::Row;
use super::{Trouble, connected, context_of};

/// Which of the two.
#[derive(Clone, Copy)]
pub(super) enum Change<'o> {
    /// Bring it there.
    Install(&'o Install),
    /// Take it away.
    Uninstall(&'o Uninstall),
}

impl Change<'_> {
    fn is_dry(self) -> bool {
        match self {
            Self::Install(options) => options.dry_run,
            Self::Uninstall(options) => options.dry_run,
        }
    }

    fn is_agreed(self) -> bool {
        match self {
            Self::Install(options) => options.yes,
            Self::Uninstall(options) => options.yes,
        }
    }

    fn question(self) -> &'static str {
        match self {
            Self::Install(_) => "install this on",
            Self::Uninstall(_) => "uninstall this on",
        }
    }

    async fn planned(self, ready: &Ready, there: &Context) -> Result<u8, CommandError> {
        match self {
            Self::Install(options) => ready.plan(options, there).await,
            Self::Uninstall(options) => ready.removal(options, there).await,
        }
    }

    async fn carried_out(
        self,
        ready: &Ready,
        there: &Context,
        context: &Context,
    ) -> Result<u8, CommandError> {
        match self {
            Self::Install(options) => ready.install(options, there, context).await,
            Self::Uninstall(options) => ready.uninstall(options, there).await,
        }
    }
}

/// A machine for which there is a plan.
struct Planned {
    host: Host,
    there: Context,
    ready: Ready,
}

/// Plans for all, asks, and carries out what can be carried out.
pub(super) async fn run(
    change: Change<'_>,
    hosts: &[Host],
    context: &Context,
) -> Result<Vec<Row>, CommandError> {
    let (mut rows, mut planned) = (Vec::new(), Vec::new());
    for outcome in join_all(hosts.iter().map(|host| plan(change, host, context))).await {
        match outcome {
            Ok(ready) => planned.push(ready),
            Err(row) => rows.push(row),
        }
    }
    if change.is_dry() {
        rows.extend(planned.iter().map(|planned| row(&planned.host, 0, None)));
        return Ok(rows);
    }
    if !planned.is_empty() {
        let names: Vec<&str> = planned
            .iter()
            .map(|planned| planned.host.name.as_str())
            .collect();
        let question = format!("{} {}?", change.question(), names.join(", "));
        context.agreed(&question, change.is_agreed())?;
    }
    let work = planned.iter().map(|planned| async {
        let Planned { host, there, ready } = planned;
        match change.carried_out(ready, there, context).await {
            Ok(code) => row(host, code, None),
            Err(error) => {
                tell(&error, there);
                row(host, error.kind.exit_code(), None)
            }
        }
    });
    rows.extend(join_all(work).await);
    Ok(rows)
}

async fn plan(change: Change<'_>, host: &Host, context: &Context) -> Result<Planned, Row> {
    let mut there = context_of(host, crate::host::terminal::VoiceData::Named, context);
    let work = async {
        connected(host, &mut there).await?;
        refuse_without_rights(&there).map_err(Trouble::Other)?;
        let profile = match change {
            Change::Install(options) => options.profile.as_ref(),
            Change::Uninstall(_) => None,
        };
        // What is taken away does not depend on what is configured by now.
        let alone = Host {
            placed: None,
            ..host.clone()
        };
        let meant = match change {
            Change::Install(_) => host,
            Change::Uninstall(_) => &alone,
        };
        let ready = Ready::make(meant, profile, &there, context)
            .await
            .map_err(Trouble::Other)?;
        let code = change
            .planned(&ready, &there)
            .await
            .map_err(Trouble::Other)?;
        Ok::<(Ready, u8), Trouble>((ready, code))
    };
    match work.await {
        Ok((ready, 0)) => Ok(Planned {
            host: host.clone(),
            there,
            ready,
        }),
        Ok((_, code)) => Err(row(host, code, None)),
        Err(Trouble::Other(error) | Trouble::Nothing(error)) => {
            tell(&error, &there);
            Err(row(host, error.kind.exit_code(), None))
        }
        Err(Trouble::Unreachable(error)) => {
            for hint in &error.hints {
                there.terminal.say(&format!("hint: {hint}"));
            }
            Err(row(host, error.kind.exit_code(), Some(error.message)))
        }
    }
}

fn row(host: &Host, code: u8, unreachable: Option<String>) -> Row {
    Row {
        host: host.name.clone(),
        code,
        output: String::new(),
        unreachable,
    }
}
