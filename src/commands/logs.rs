//! `logs`: the journal of all services as one stream, each line with its service in front.

use serde_json::json;

use crate::cli::Logs;
use crate::error::CommandError;
use crate::host::journal::{Query, is_hidden, is_hidden_from_user};
use crate::output::journal_line::{self, Entry};
use crate::output::style::{of_service, painted};
use crate::spec::stack::Member;

use super::{Context, configuration, failure};

/// How many entries are shown where nobody says how many.
const LINES: u32 = 100;

pub(super) async fn run(options: &Logs, context: &Context) -> Result<u8, CommandError> {
    context.online("logs")?;
    let stack = configuration::installed_stack(context)?;
    let members = failure::selected(&stack, &options.services)?;
    let width = members
        .iter()
        .map(|member| member.label().len())
        .max()
        .unwrap_or(0);
    let query = Query {
        units: members.iter().map(Member::unit).collect(),
        last: options
            .lines
            .or_else(|| options.since.is_none().then_some(LINES)),
        since: options.since.clone(),
        follow: options.follow,
        kernel: false,
        of_user: context.is_user(),
    };
    explain_hidden(context);
    let mut journal = context.journal(&query)?;
    while let Some(line) = journal.next().await? {
        let Some(entry) = journal_line::parse(&line) else {
            continue;
        };
        let Some(index) = members
            .iter()
            .position(|member| member.unit() == entry.unit)
        else {
            continue;
        };
        let label = members.get(index).map(Member::label).unwrap_or_default();
        show(&entry, &label, index, width, context);
        if context.terminal.reader_left() {
            return Ok(0);
        }
    }
    journal.finished().await?;
    Ok(0)
}

/// Says so where this user may not read what the services have written: an empty journal is no quiet group.
pub(super) fn explain_hidden(context: &Context) {
    if context.remote.is_some() {
        return;
    }
    if context.is_user() {
        if is_hidden_from_user() {
            context.terminal.say(
                "note: entries may be hidden from you: this machine keeps no journal of your own\n\
                 hint: sudo mkdir -p /var/log/journal, then sudo systemctl restart systemd-journald: kept on disk, \
                 the journal has a part for each user",
            );
        }
    } else if is_hidden() {
        context.terminal.say(
            "note: entries may be hidden from you: the system's journal is for root and for the groups \
             systemd-journal and adm\n\
             hint: sudo usermod --append --groups systemd-journal \"$USER\", then log in again",
        );
    }
}

fn show(entry: &Entry, label: &str, index: usize, width: usize, context: &Context) {
    if context.json {
        let mut record = json!({
            "version": 1,
            "service": label,
            "unit": entry.unit,
            "time_us": entry.microseconds,
            "priority": entry.priority,
            "message": entry.lines.join("\n"),
        });
        if let (Some(remote), Some(record)) = (&context.remote, record.as_object_mut()) {
            record.insert("host".to_owned(), remote.name().into());
        }
        context.terminal.line(&record.to_string());
        return;
    }
    let host = context
        .remote
        .as_ref()
        .map_or_else(String::new, |remote| format!("{} ", remote.name()));
    let prefix = painted(&format!("{host}{label:width$} |"), of_service(index));
    for line in &entry.lines {
        context.terminal.line(&format!("{prefix} {line}"));
    }
}
