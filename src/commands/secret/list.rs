//! `secret list`: which secrets there are and who is handed them; never a value.

use std::collections::BTreeSet;

use crate::commands::{Context, configuration};
use crate::error::CommandError;
use crate::host::Files;
use crate::host::systemd::Systemd;
use crate::ordered::Ordered as _;
use crate::output::secrets::{Consumer, Holding, Row, json, text};
use crate::plan::Found;
use crate::secrets::Stored;
use crate::spec::name::SecretName;
use crate::unit::facts::asked_for;
use crate::unit::file::file_of;

use super::consumers;
use super::site::{Running, Site};

pub(super) async fn run(context: &Context) -> Result<u8, CommandError> {
    let site = Site::look(context).await?;
    let names: BTreeSet<&SecretName> = site
        .stack
        .secrets()
        .into_iter()
        .chain(site.stored.keys())
        .ordered();
    let mut rows = Vec::new();
    for name in names {
        let stored = site.stored.get(name).copied();
        let consumers = match &site.running {
            Some(Running { systemd, .. }) => asked(name, stored, &site, systemd, context).await?,
            None => site
                .stack
                .consumers(name)
                .into_iter()
                .map(|(member, credential)| Consumer::of(&member, credential, None))
                .collect(),
        };
        rows.push(Row {
            name: name.clone(),
            stored,
            consumers,
        });
    }
    if context.json {
        context.terminal.line(&json(&rows).to_string());
    } else {
        context
            .terminal
            .data(&text(&rows, &configuration::install_again(context)));
    }
    Ok(0)
}

async fn asked(
    name: &SecretName,
    stored: Option<Stored>,
    site: &Site,
    systemd: &Systemd,
    context: &Context,
) -> Result<Vec<Consumer>, CommandError> {
    let found = consumers::of(name, &site.stack, systemd).await?;
    let mut listed = Vec::new();
    for consumer in &found {
        let unit = context.paths.units().join(file_of(&consumer.member.unit()));
        let handed = match Files::found(&unit)? {
            Some(Found::File(text)) => asked_for(&text).any(|(asked, _)| asked == *name),
            _ => false,
        };
        let runs = consumer.state.is_started() || consumer.state.is_coming();
        let holding = stored
            .map(|stored| Holding::of(handed, runs, consumer.state.started_at_wall, stored.since));
        listed.push(Consumer::of(&consumer.member, consumer.credential, holding));
    }
    Ok(listed)
}
