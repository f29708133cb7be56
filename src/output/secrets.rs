//! Secrets as a table and as JSON: names, times and consumers. No value can come here.

use serde_json::{Value, json as value};

use crate::secrets::{Store, Stored};
use crate::spec::credential::Credential;
use crate::spec::name::SecretName;
use crate::spec::stack::Member;

use super::moment::moment;
use super::table::{Cell, aligned};

/// What a consumer has of a stored secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// It runs with the value that is stored.
    Current,
    /// It was started before the value was stored: it runs with an earlier one, or without.
    Earlier,
    /// It does not run.
    Stopped,
    /// Its installed unit does not ask for it.
    NotHanded,
}

impl Holding {
    /// Judges by the unit and by two times in microseconds since 1970.
    #[must_use]
    pub fn of(handed: bool, runs: bool, started: u64, since: u64) -> Self {
        match (handed, runs) {
            (false, _) => Self::NotHanded,
            (true, false) => Self::Stopped,
            (true, true) if started < since => Self::Earlier,
            (true, true) => Self::Current,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Earlier => "earlier",
            Self::Stopped => "stopped",
            Self::NotHanded => "not_handed",
        }
    }

    fn prose(self, install: &str) -> Option<String> {
        match self {
            Self::Current => None,
            Self::Earlier => Some("holds an earlier value or none".to_owned()),
            Self::Stopped => Some("stopped".to_owned()),
            Self::NotHanded => Some(format!("not handed over yet: {install}")),
        }
    }
}

/// One that is handed a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    label: String,
    variable: Option<String>,
    demands: bool,
    holding: Option<Holding>,
}

impl Consumer {
    /// A consumer; what it holds is unknown where nobody can be asked or nothing is stored.
    #[must_use]
    pub fn of(member: &Member<'_>, credential: &Credential, holding: Option<Holding>) -> Self {
        Self {
            label: member.label(),
            variable: credential.file.as_ref().map(ToString::to_string),
            demands: credential.enforce.is_some(),
            holding,
        }
    }
}

/// One secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: SecretName,
    /// How and since when, where it is set.
    pub stored: Option<Stored>,
    /// Who is handed it.
    pub consumers: Vec<Consumer>,
}

/// The table for people. `install` is the command that installs the same again.
#[must_use]
pub fn text(rows: &[Row], install: &str) -> String {
    let mut cells: Vec<Vec<Cell>> = vec![
        ["SECRET", "SINCE", "STORED", "CONSUMERS"]
            .map(Cell::plain)
            .into(),
    ];
    for row in rows {
        let (since, how) = match row.stored {
            None => ("not set".to_owned(), ""),
            Some(stored) => (moment(stored.since), word(stored.store)),
        };
        let consumers: Vec<String> = row
            .consumers
            .iter()
            .map(
                |consumer| match consumer.holding.and_then(|it| it.prose(install)) {
                    None => consumer.label.clone(),
                    Some(prose) => format!("{} ({prose})", consumer.label),
                },
            )
            .collect();
        let consumers = if consumers.is_empty() {
            "nobody in this profile".to_owned()
        } else {
            consumers.join(", ")
        };
        cells.push(vec![
            Cell::plain(row.name.as_str()),
            Cell::plain(since),
            Cell::plain(how),
            Cell::plain(consumers),
        ]);
    }
    aligned(&cells)
}

fn word(store: Store) -> &'static str {
    match store {
        Store::Plain => "plain",
        Store::Encrypted => "encrypted",
    }
}

/// The same for programs.
#[must_use]
pub fn json(rows: &[Row]) -> Value {
    let secrets: Vec<Value> = rows
        .iter()
        .map(|row| {
            let consumers: Vec<Value> = row
                .consumers
                .iter()
                .map(|consumer| {
                    value!({
                        "name": consumer.label,
                        "variable": consumer.variable,
                        "demands": consumer.demands,
                        "holds": consumer.holding.map(Holding::word),
                    })
                })
                .collect();
            value!({
                "name": row.name.as_str(),
                "set": row.stored.is_some(),
                "since_us": row.stored.map(|stored| stored.since),
                "encrypted": row.stored.map(|stored| stored.store == Store::Encrypted),
                "consumers": consumers,
            })
        })
        .collect();
    value!({ "version": 1, "secrets": secrets })
}

#[cfg(test)]
mod tests {
    use super::{Consumer, Holding, Row, json, text};
    use crate::secrets::{Store, Stored};
    use crate::spec::builtin::stack_of;
    use crate::spec::name::SecretName;

    fn rows() -> Vec<Row> {
        let stack = stack_of("", "full");
        let row = |name: &str, stored: Option<Stored>, holdings: &[Option<Holding>]| {
            let name = SecretName::parse(name).unwrap();
            let consumers = stack
                .consumers(&name)
                .iter()
                .zip(holdings)
                .map(|((member, credential), holding)| Consumer::of(member, credential, *holding))
                .collect();
            Row {
                name,
                stored,
                consumers,
            }
        };
        let since = 951_782_400_000_000;
        let holdings = [
            (true, true, since, since),
            (true, true, since - 1, since),
            (true, false, 0, since),
        ]
        .map(|(handed, runs, started, since)| Some(Holding::of(handed, runs, started, since)));
        let store = Store::Encrypted;
        vec![
            row("canopy-api-key", None, &[Some(Holding::NotHanded)]),
            row("data-api-key", Some(Stored { store, since }), &holdings),
            row(
                "orphan",
                Some(Stored {
                    store: Store::Plain,
                    since,
                }),
                &[],
            ),
        ]
    }

    #[test]
    fn people_see_who_has_what() {
        assert_eq!(
            text(&rows(), "sudo juniperctl install"),
            "SECRET          SINCE                    STORED     CONSUMERS\n\
             canopy-api-key  not set                             canopy \
             (not handed over yet: sudo juniperctl install)\n\
             data-api-key    2000-02-29 00:00:00 UTC  encrypted  data, \
             cascor (holds an earlier value or none), canopy (stopped)\n\
             orphan          2000-02-29 00:00:00 UTC  plain      nobody in this profile\n"
        );
    }

    #[test]
    fn programs_see_the_same() {
        let told = json(&rows());
        assert_eq!(told["version"], 1);
        let data = &told["secrets"][1];
        assert_eq!(data["encrypted"], true);
        assert_eq!(data["since_us"], 951_782_400_000_000_u64);
        assert_eq!(data["consumers"][1]["holds"], "earlier");
        assert_eq!(
            data["consumers"][1]["variable"],
            "JUNIPER_DATA_API_KEY_FILE"
        );
        assert_eq!(data["consumers"][0]["demands"], true);
        assert_eq!(told["secrets"][0]["set"], false);
    }
}
