//! The watching itself: the kernel's records, the journal and the kernel's audit side by side, until the
//! time is over or somebody has seen enough.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::error::CommandError;
use crate::host::journal::{Journal, Query};
use crate::host::systemd::Systemd;
use crate::host::trace::{self, Trace};
use crate::host::{accounts, clock, signals, sockets};
use crate::learn::address_filter::AddressFilter;
use crate::learn::kernel::Record;
use crate::learn::{Denial, Source, Tally, call, journal};
use crate::output::journal_line;
use crate::readiness::unit_state::ActiveState;
use crate::socket_table::Socket;
use crate::unit::SystemdVersion;

use super::super::Context;

/// The user of all services.
const USER: &str = "juniper";

/// The program that waits in a service's place and beside it: what it is denied is not the service's.
const OWN: &str = "juniperctl";

/// How long between two looks at what the units are and whom they call.
const LOOK: Duration = Duration::from_secs(1);

/// What was seen.
pub(super) struct Seen {
    pub(super) tally: Tally,
    /// How long it was watched.
    pub(super) span: Duration,
    /// What could not be seen, and why.
    pub(super) blind: Vec<String>,
    /// Whether any of the units ran at the end.
    pub(super) is_running: bool,
    pub(super) version: SystemdVersion,
}

/// Watches the units of a service.
pub(super) async fn watch(
    service: &str,
    units: &[String],
    span: Duration,
    context: &Context,
) -> Result<Seen, CommandError> {
    let systemd = context.systemd().await?;
    let version = systemd.version().await?;
    let mut blind = Vec::new();
    let mut trace = match accounts::user_id(USER) {
        Some(user) => Trace::of_user(user),
        None => Err(format!("there is no user {USER}")),
    }
    .map_err(|error| {
        blind.push(format!(
            "the kernel does not let denied system calls be traced ({error}): only what the service says of \
             them in its journal was seen"
        ));
    })
    .ok();
    let begun = clock::now();
    let now = Some(format!("@{}", clock::wall_microseconds() / 1_000_000));
    let follow = |units: Vec<String>, kernel| {
        Journal::open(&Query {
            units,
            since: now.clone(),
            follow: true,
            kernel,
            ..Query::default()
        })
    };
    let mut said = Some(follow(units.to_vec(), false)?);
    let mut audit = Some(follow(Vec::new(), true)?);
    let mut watched = Watched {
        service,
        units,
        systemd: &systemd,
        ours: BTreeSet::new(),
        strangers: BTreeSet::new(),
        calling: BTreeSet::new(),
        processes: BTreeSet::new(),
        tally: Tally::default(),
    };
    watched.look().await?;
    context.terminal.say(&format!(
        "watching {service} for {}s; nothing is changed, Ctrl-C ends it early",
        span.as_secs()
    ));
    let mut end = std::pin::pin!(clock::pause(span));
    let mut interrupted = std::pin::pin!(signals::interrupted());
    // Not begun anew with each record: a service that is denied much is looked at, too.
    let mut look = std::pin::pin!(clock::pause(LOOK));
    loop {
        tokio::select! {
            () = &mut end => break,
            () = &mut interrupted => break,
            records = records(&mut trace) => watched.take_records(records).await?,
            line = line(&mut said) => watched.take_line(&line?),
            line = line(&mut audit) => watched.take_audit(&line?),
            () = &mut look => {
                watched.look().await?;
                look.set(clock::pause(LOOK));
            }
        }
    }
    watched.look().await?;
    let is_running = watched.is_running().await?;
    Ok(Seen {
        tally: watched.tally,
        span: clock::now().saturating_duration_since(begun),
        blind,
        is_running,
        version,
    })
}

/// What the kernel tells next; nothing ever where it is not asked, or tells no more.
async fn records(trace: &mut Option<Trace>) -> Vec<Record> {
    if let Some(open) = trace {
        match open.next().await {
            Ok(records) => return records,
            Err(_) => *trace = None,
        }
    }
    std::future::pending().await
}

/// The next line of the journal; nothing ever once journalctl has ended.
async fn line(journal: &mut Option<Journal>) -> Result<String, CommandError> {
    if let Some(open) = journal {
        if let Some(line) = open.next().await? {
            return Ok(line);
        }
        *journal = None;
    }
    std::future::pending().await
}

struct Watched<'w> {
    service: &'w str,
    units: &'w [String],
    systemd: &'w Systemd,
    /// Control groups of the units, those of earlier runs included.
    ours: BTreeSet<u64>,
    /// Control groups that are none of theirs.
    strangers: BTreeSet<u64>,
    /// Sockets by which the units call somebody who does not answer, each counted once.
    calling: BTreeSet<u64>,
    /// Processes of the units that were met.
    processes: BTreeSet<u64>,
    tally: Tally,
}

impl Watched<'_> {
    /// Which control groups the units have by now, and which main processes; and whom these call in vain.
    async fn look(&mut self) -> Result<(), CommandError> {
        for (_, mut state) in self.systemd.states(self.units).await? {
            if !state.found {
                continue;
            }
            self.systemd.detail(&mut state).await?;
            self.processes.insert(state.main_pid);
            let path = self.systemd.control_group(&state).await?;
            if !path.is_empty() {
                self.ours.extend(trace::control_group(&path));
                let calling = sockets::unanswered(&path, OWN);
                if !calling.is_empty() {
                    let filter = self.systemd.address_filter(&state).await?;
                    self.take_unanswered(calling, &filter);
                }
            }
        }
        Ok(())
    }

    /// Whoever may be called and does not answer is no matter of the sandbox.
    fn take_unanswered(&mut self, sockets: Vec<Socket>, filter: &AddressFilter) {
        for socket in sockets {
            if filter.denies(socket.address.ip()) && self.calling.insert(socket.inode) {
                let denial = Denial::Unanswered(socket.address);
                let at = clock::wall_microseconds();
                self.tally.take(denial, Source::Kernel, at, None, None);
            }
        }
    }

    async fn is_running(&self) -> Result<bool, CommandError> {
        let states = self.systemd.states(self.units).await?;
        Ok(states
            .values()
            .any(|state| matches!(state.active, ActiveState::Active | ActiveState::Activating)))
    }

    async fn take_records(&mut self, records: Vec<Record>) -> Result<(), CommandError> {
        for record in records {
            let group = record.control_group;
            if self.strangers.contains(&group) {
                continue;
            }
            if !self.ours.contains(&group) {
                self.look().await?;
                if !self.ours.contains(&group) {
                    self.strangers.insert(group);
                    continue;
                }
            }
            self.take_record(&record);
        }
        Ok(())
    }

    fn take_record(&mut self, record: &Record) {
        // In brackets it is systemd, on its way to become the program.
        if record.program == OWN || record.program.starts_with('(') {
            return;
        }
        self.processes.insert(record.process.into());
        let Some(name) = trace::name_of_call(record.number) else {
            return;
        };
        let directory = call::begins(name, record)
            .and_then(|begins| trace::directory_of(record.process, begins));
        let Some((denial, example)) =
            call::denied(name, record, self.service, directory.as_deref())
        else {
            return;
        };
        let program = crate::spec::text::for_terminal(&record.program, 16);
        let at = clock::wall_microseconds();
        let example = example.as_deref();
        self.tally
            .take(denial, Source::Kernel, at, Some(&program), example);
    }

    fn take_line(&mut self, line: &str) {
        let Some(entry) = journal_line::parse(line) else {
            return;
        };
        let at = entry.microseconds.unwrap_or_else(clock::wall_microseconds);
        for line in &entry.lines {
            let (told, source) = if entry.by_systemd {
                (
                    journal::of_systemd(line).map(|denial| (denial, None)),
                    Source::Systemd,
                )
            } else {
                (journal::denied(line, self.service), Source::Journal)
            };
            if let Some((denial, example)) = told {
                self.tally
                    .take(denial, source, at, None, example.as_deref());
            }
        }
    }

    fn take_audit(&mut self, line: &str) {
        let told = journal_line::message(line);
        let Some(audited) = told.as_deref().and_then(journal::audited) else {
            return;
        };
        if !self.processes.contains(&audited.process) {
            return;
        }
        let at = clock::wall_microseconds();
        let denial = match trace::name_of_call(audited.number) {
            Some(name) => Denial::SystemCall(name.to_owned()),
            None => Denial::Killed,
        };
        self.tally.take(denial, Source::Audit, at, None, None);
    }
}
