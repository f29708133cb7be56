//! What the watchdog keeps on disk and tells the journal: incidents, what was spent, what is ordered.
//!
//! A disk that is full or read-only is told and keeps nobody from being watched.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::CommandError;
use crate::host::{Files, environment, journal_entry};
use crate::ordered::Ordered as _;
use crate::watchdog::incident::{self, compacted, parse_all};
use crate::watchdog::{History, Incident, Memory, Moment, Orders};

use super::super::Context;

/// Of the entry that tells of a new incident. Never to be changed: people search for it.
const OPENED: &str = "8b0f3c5de1a94c7c9d5e6a1f2b7340d1";

/// Of the entries that tell what was done in one.
const ACTED: &str = "c4d2e9176f3b4a0d8e5c7b90a1f6d352";

/// Of the entry that tells that one is over.
const CLOSED: &str = "2e7a91c04b6d4f18a3d5c8e0f9b16a47";

/// syslog's warning and notice.
const WARNING: &str = "4";
const NOTICE: &str = "5";

/// How often what people order is looked for.
const ORDERS: Duration = Duration::from_secs(1);

/// The watchdog's files.
pub(in crate::commands) struct Records {
    directory: PathBuf,
    boot: String,
    /// How many actions of each open incident have been told.
    told: BTreeMap<u64, usize>,
    orders: Option<String>,
    /// When they are to be read next.
    orders_due: Duration,
    lines: usize,
}

impl Records {
    /// The files, and what they hold.
    ///
    /// # Errors
    /// The directory cannot be made, or a file in it cannot be read.
    pub(super) fn open(context: &Context) -> Result<(Self, Memory, Vec<Incident>), CommandError> {
        let mut records = Self::at(context);
        Files::make_directory(&records.directory)?;
        let text = Files::read(&records.incidents())?.unwrap_or_default();
        let (incidents, skipped) = parse_all(&text);
        if skipped > 0 {
            context.terminal.error(&format!(
                "{}: {skipped} lines cannot be read and are passed over",
                records.incidents().display()
            ));
        }
        // A line that was cut off must not spoil the next.
        if !text.is_empty() && !text.ends_with('\n') {
            Files::append(&records.incidents(), "\n")?;
        }
        records.lines = text.lines().count();
        records.told = incidents
            .iter()
            .filter(|incident| incident.closed_us.is_none())
            .map(|incident| (incident.number, incident.actions.len()))
            .ordered();
        let left = Files::read(&records.memory())?.unwrap_or_default();
        let memory = Memory::parse(&left, &records.boot);
        // Whoever reads it must not take what was spent before a reboot for what is spent now.
        records.remember(&memory, context);
        Ok((records, memory, incidents))
    }

    /// The files of this machine, unopened.
    pub(in crate::commands) fn at(context: &Context) -> Self {
        Self {
            directory: context.paths.watchdog(),
            boot: environment::boot(),
            told: BTreeMap::new(),
            orders: None,
            orders_due: Duration::ZERO,
            lines: 0,
        }
    }

    fn incidents(&self) -> PathBuf {
        self.directory.join("incidents.jsonl")
    }

    fn memory(&self) -> PathBuf {
        self.directory.join("spent.json")
    }

    fn chronicled(&self) -> PathBuf {
        self.directory.join("history.json")
    }

    fn orders(&self) -> PathBuf {
        self.directory.join("orders.json")
    }

    /// All incidents that are kept, oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(in crate::commands) fn all_incidents(&self) -> Result<Vec<Incident>, CommandError> {
        let text = Files::read(&self.incidents())?.unwrap_or_default();
        Ok(parse_all(&text).0)
    }

    /// What was spent.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(in crate::commands) fn spent(&self) -> Result<Memory, CommandError> {
        let text = Files::read(&self.memory())?.unwrap_or_default();
        Ok(Memory::left(&text))
    }

    /// What is ordered.
    ///
    /// # Errors
    /// The file cannot be read or is damaged.
    pub(in crate::commands) fn ordered(&self, now: Moment) -> Result<Orders, CommandError> {
        let Some(text) = Files::read(&self.orders())? else {
            return Ok(Orders::none(&self.boot));
        };
        Orders::parse(&text, &self.boot, now).map_err(|error| {
            let path = self.orders().display().to_string();
            CommandError::new(
                crate::error::Kind::Machine,
                format!("cannot follow the orders in {path}: {error}"),
            )
            .hint(format!("remove {path}; nothing is paused then"))
        })
    }

    /// Orders something.
    ///
    /// # Errors
    /// No permission, or no room.
    pub(in crate::commands) fn order(&self, orders: &Orders) -> Result<(), CommandError> {
        Files::make_directory(&self.directory)?;
        let text = orders
            .written()
            .map_err(|error| CommandError::new(crate::error::Kind::Machine, error.to_string()))?;
        Ok(Files::replace(&self.orders(), &text)?)
    }

    /// The orders, if they are others than before, looked for once a second. Orders that cannot be read are told, and those
    /// before stay.
    pub(super) fn new_orders(&mut self, now: Moment, context: &Context) -> Option<Orders> {
        if now.steady < self.orders_due {
            return None;
        }
        self.orders_due = now.steady + ORDERS;
        let text = Files::read(&self.orders()).ok()?;
        if text == self.orders {
            return None;
        }
        self.orders = text;
        match self.ordered(now) {
            Ok(orders) => Some(orders),
            Err(error) => {
                context.terminal.error(&error.message);
                None
            }
        }
    }

    /// Writes down what must outlive this process.
    pub(super) fn remember(&self, memory: &Memory, context: &Context) {
        let written = memory
            .written()
            .map_err(|error| error.to_string())
            .and_then(|text| {
                Files::replace(&self.memory(), &text).map_err(|error| error.to_string())
            });
        if let Err(error) = written {
            context.terminal.error(&format!("not remembered: {error}"));
        }
    }

    /// The last day, as an earlier watchdog left it. One that cannot be read is of no consequence.
    pub(super) fn history(&self, now: u64) -> History {
        let text = Files::read(&self.chronicled()).ok().flatten();
        History::parse(&text.unwrap_or_default(), now)
    }

    /// Writes the last day down.
    pub(super) fn chronicle(&self, history: &History, context: &Context) {
        let written = history
            .written()
            .map_err(|error| error.to_string())
            .and_then(|text| {
                Files::replace(&self.chronicled(), &text).map_err(|error| error.to_string())
            });
        if let Err(error) = written {
            context.terminal.error(&format!("not remembered: {error}"));
        }
    }

    /// Writes an incident down and tells the journal what is new in it.
    pub(super) fn keep(&mut self, incident: &Incident, context: &Context) {
        if let Err(error) = self.written(incident) {
            context.terminal.error(&format!(
                "incident {} is not kept: {error}",
                incident.number
            ));
        }
        for (id, priority, message) in self.news(incident) {
            let fields = fields(incident, id, priority, &message);
            if journal_entry::send(&fields).is_err() {
                context.terminal.error(&message);
            }
        }
        match incident.closed_us {
            None => self.told.insert(incident.number, incident.actions.len()),
            Some(_) => self.told.remove(&incident.number),
        };
    }

    fn written(&mut self, incident: &Incident) -> Result<(), String> {
        let line = incident.written().map_err(|error| error.to_string())?;
        Files::append(&self.incidents(), &line).map_err(|error| error.to_string())?;
        self.lines += 1;
        // Now and then the file is made short again.
        if self.lines <= 4 * incident::KEPT {
            return Ok(());
        }
        let text = Files::read(&self.incidents()).map_err(|error| error.to_string())?;
        if let Some(short) = compacted(&text.unwrap_or_default()) {
            Files::replace(&self.incidents(), &short).map_err(|error| error.to_string())?;
            self.lines = short.lines().count();
        }
        Ok(())
    }

    /// What has not been told yet.
    fn news(&self, incident: &Incident) -> Vec<(&'static str, &'static str, String)> {
        let number = incident.number;
        let known = self.told.get(&number);
        let mut news = Vec::new();
        if known.is_none() {
            let message = format!("incident {number}: {}", incident.sentence());
            news.push((OPENED, WARNING, message));
        }
        for taken in incident.actions.iter().skip(known.copied().unwrap_or(0)) {
            let message = format!("incident {number}: {}", taken.words());
            news.push((ACTED, WARNING, message));
        }
        if incident.closed_us.is_some() {
            let message = format!("incident {number} is over: {}", incident.sentence());
            news.push((CLOSED, NOTICE, message));
        }
        news
    }
}

fn fields(
    incident: &Incident,
    id: &str,
    priority: &str,
    message: &str,
) -> Vec<(&'static str, String)> {
    vec![
        ("MESSAGE", message.to_owned()),
        ("MESSAGE_ID", id.to_owned()),
        ("PRIORITY", priority.to_owned()),
        ("SYSLOG_IDENTIFIER", "juniperctl".to_owned()),
        ("JUNIPER_INCIDENT", incident.number.to_string()),
        ("JUNIPER_ROOT", incident.root.clone()),
        ("JUNIPER_CAUSE", incident.cause.clone()),
        ("JUNIPER_CONSEQUENCES", incident.consequences.join(" ")),
    ]
}
