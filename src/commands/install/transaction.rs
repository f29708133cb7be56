//! One change of what is installed: staged, verified, switched, told to systemd, written down; or nothing of it.
//!
//! Whatever goes wrong on the way, the units are those from before, and the attempt is written down with its
//! reason. It never decides what changes, and stops no service.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::commands::{Context, generations};
use crate::error::{CommandError, Kind};
use crate::host::switch::Switch;
use crate::host::systemd::Systemd;
use crate::host::{Files, clock};
use crate::plan::generation::{self, Outcome, became};
use crate::plan::{Change, Found, Generation, Receipt};
use crate::unit::SystemdVersion;
use crate::unit::file::extended_by;
use crate::unit::group::TARGET;

use super::verify;

/// The program's own version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is wanted.
pub(in crate::commands) struct Wanted<'w> {
    /// The command that wants it.
    pub(in crate::commands) command: &'static str,
    /// What changes.
    pub(in crate::commands) changes: &'w [Change],
    /// The receipt as it will be, but for its generation and what is made on the way.
    pub(in crate::commands) receipt: Receipt,
    /// Directories that have been made for it already.
    pub(in crate::commands) made: &'w [PathBuf],
    /// Whether the target starts at boot from then on.
    pub(in crate::commands) enables: bool,
    /// Files of somebody else that are taken over, with their texts.
    pub(in crate::commands) taken_over: &'w [(String, String)],
}

/// A change that is on disk beside what is installed, and not in its place yet.
pub(in crate::commands) struct Transaction<'c> {
    switch: Switch,
    generation: Generation,
    enables: bool,
    /// The units that systemd is asked for afterwards.
    units: Vec<String>,
    context: &'c Context,
}

impl<'c> Transaction<'c> {
    /// Stages the change and has it verified; nothing has been replaced then.
    ///
    /// # Errors
    /// It cannot be staged, or there is something wrong with the units. That is written down.
    pub(in crate::commands) fn stage(
        wanted: &Wanted<'_>,
        systemd: Option<&Systemd>,
        context: &'c Context,
    ) -> Result<Self, CommandError> {
        let (generation, receipt, made) = described(wanted, context)?;
        let mut records = vec![
            ("receipt.json".to_owned(), written(receipt.written())?),
            (
                format!("generations/{}", generation.file().written()),
                written(generation.written())?,
            ),
        ];
        for (name, text) in wanted.taken_over {
            records.push((format!("replaced/{name}"), text.clone()));
        }
        let transaction = Self {
            switch: context.switch(),
            units: generation
                .units
                .keys()
                .filter(|name| !name.contains("@.") && extended_by(name).is_none())
                .cloned()
                .collect(),
            generation,
            enables: wanted.enables,
            context,
        };
        let staged = transaction.switch.stage(wanted.changes, &records, &made);
        if let Err(error) = staged {
            return Err(transaction.failed(error.into()));
        }
        let written: Vec<&str> = wanted
            .changes
            .iter()
            .filter(|change| change.text().is_some())
            .map(Change::name)
            // Drop-ins are read with the units that they belong to.
            .filter(|name| extended_by(name).is_none())
            .collect();
        if systemd.is_some()
            && let Err(error) = verify::staged(&transaction.switch.staged(), &written, context)
        {
            return Err(transaction.abandon(error));
        }
        Ok(transaction)
    }

    /// Gives it up before anything was replaced, for this reason.
    pub(in crate::commands) fn abandon(self, why: CommandError) -> CommandError {
        match self.switch.undo() {
            Ok(()) => self.failed(why),
            Err(error) => self.failed(why).hint(format!("besides, {error}")),
        }
    }

    /// Puts it in place, tells systemd, and writes it down.
    ///
    /// # Errors
    /// The units are those from before.
    pub(in crate::commands) async fn carry_out(
        self,
        systemd: Option<&Systemd>,
    ) -> Result<(), CommandError> {
        let enabled = Files::found(&self.context.paths.enablement())?.is_some();
        match self.put_in_place(systemd).await {
            Ok(()) => {
                generations::prune(self.context);
                Ok(())
            }
            Err(why) => Err(self.take_back(why, enabled, systemd).await),
        }
    }

    async fn put_in_place(&self, systemd: Option<&Systemd>) -> Result<(), CommandError> {
        if self.enables && self.context.is_user() {
            Files::make_directory(&self.context.paths.watchdog())?;
        }
        self.switch.switch()?;
        match systemd {
            Some(systemd) => {
                if self.enables {
                    // The links of enabling are read by the reload; the other way round systemd would
                    // call its own state outdated.
                    systemd.enable(TARGET).await?;
                }
                systemd.reload().await?;
                self.loaded(systemd).await?;
            }
            None if self.enables => {
                Files::link(
                    &self.context.paths.enablement(),
                    "/etc/systemd/system/juniper.target",
                )?;
            }
            None => {}
        }
        Ok(self.switch.commit()?)
    }

    /// Whether systemd has taken every unit.
    async fn loaded(&self, systemd: &Systemd) -> Result<(), CommandError> {
        let refused = systemd.not_loaded(&self.units).await?;
        if refused.is_empty() {
            return Ok(());
        }
        for (unit, state) in &refused {
            self.context
                .terminal
                .error(&format!("error: systemd does not load {unit}: {state}"));
        }
        Err(
            CommandError::new(Kind::Machine, "systemd does not take the new units")
                .hint("journalctl -b _PID=1 says why; drop-ins of these units count, too"),
        )
    }

    async fn take_back(
        self,
        why: CommandError,
        enabled: bool,
        systemd: Option<&Systemd>,
    ) -> CommandError {
        let link = self.context.paths.enablement();
        let undone = self.switch.undo().and_then(|()| {
            if enabled || !self.enables {
                return Ok(());
            }
            Files::remove(&link)?;
            if let Some(directory) = link.parent() {
                Files::remove_if_empty(directory);
            }
            Ok(())
        });
        let mut why = why;
        why.message = match undone {
            Ok(()) => format!("{}; the old units are back", why.message),
            Err(error) => format!(
                "{}; and then {error}: the next juniperctl that is run as root ends what is half done",
                why.message
            ),
        };
        if let Some(systemd) = systemd
            && systemd.reload().await.is_err()
        {
            why = why.hint("systemd has not been told: sudo systemctl daemon-reload");
        }
        self.failed(why)
    }

    /// Writes down that it failed, where that can be done.
    fn failed(self, why: CommandError) -> CommandError {
        let generation = Generation {
            outcome: Outcome::Failed(why.message.clone()),
            units: BTreeMap::new(),
            ..self.generation
        };
        if let Err(error) = generations::write(&generation, self.context) {
            self.context.terminal.detail(&error.to_string());
        }
        generations::prune(self.context);
        why
    }
}

/// The generation and the receipt that the change leads to, and the directories that come about.
fn described(
    wanted: &Wanted<'_>,
    context: &Context,
) -> Result<(Generation, Receipt, Vec<PathBuf>), CommandError> {
    let paths = &context.paths;
    let mut directories = vec![paths.units(), paths.generations()];
    if wanted.enables {
        directories.extend(paths.enablement().parent().map(ToOwned::to_owned));
    }
    // What a user's watchdog writes to is not made by systemd.
    if let Some(user) = paths.user().filter(|_| wanted.enables) {
        directories.push(paths.watchdog());
        // Nor are those above what its services keep taken away by anybody.
        let logs_beside_state =
            SystemdVersion::parse(&wanted.receipt.systemd).is_none_or(|version| version.has(254));
        directories.push(if logs_beside_state {
            user.state.join("log")
        } else {
            user.configuration.join("log")
        });
        directories.push(user.cache.clone());
    }
    let mut made: Vec<PathBuf> = Vec::new();
    for directory in directories {
        made.extend(Files::missing(&directory));
    }
    let number = generations::next(context)?;
    let recorded = wanted.made.iter().chain(&made);
    let mut receipt = wanted
        .receipt
        .clone()
        .with_directories(recorded.map(|made| paths.on_machine(made)));
    receipt.generation = number;
    let generation = Generation {
        version: generation::VERSION,
        number,
        at_us: clock::wall_microseconds(),
        juniperctl: VERSION.to_owned(),
        command: wanted.command.to_owned(),
        profile: receipt.profile.clone(),
        systemd: receipt.systemd.clone(),
        outcome: Outcome::Applied,
        changes: became(wanted.changes),
        units: texts(&receipt, wanted.changes, context)?,
    };
    Ok((generation, receipt, made))
}

/// All units with their texts as they will be. A masked one has none.
fn texts(
    receipt: &Receipt,
    changes: &[Change],
    context: &Context,
) -> Result<BTreeMap<String, String>, CommandError> {
    let directory = context.paths.units();
    let mut texts = BTreeMap::new();
    for name in &receipt.units {
        let text = match changes.iter().find(|change| change.name() == name) {
            Some(change) => change.text().map(ToOwned::to_owned),
            None => match Files::found(&directory.join(name))? {
                Some(Found::File(text)) => Some(text),
                _ => None,
            },
        };
        if let Some(text) = text {
            texts.insert(name.clone(), text);
        }
    }
    Ok(texts)
}

fn written(text: Result<String, serde_json::Error>) -> Result<String, CommandError> {
    text.map_err(|error| CommandError::new(Kind::Machine, error.to_string()))
}
