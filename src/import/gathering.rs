//! What was found so far, in all sources together.
//!
//! Messages pass through here so that none of them carries a secret or a control character.

use std::collections::{BTreeMap, BTreeSet};

use crate::spec::text::for_terminal;

use super::draft::{Draft, ProfileDraft};
use super::known::Known;
use super::variable::looks_secret;
use super::{FoundSecret, Loss, Place, dotenv};

/// How much of a value a message shows.
const SHOWN: usize = 80;

/// What was found so far.
pub(super) struct Gathering {
    pub(super) known: Known,
    pub(super) services: BTreeMap<String, Draft>,
    /// The profile to be installed, where a source says so.
    pub(super) profile: Option<String>,
    pub(super) profiles: BTreeMap<String, ProfileDraft>,
    /// Services that run in whatever profile is installed.
    pub(super) always: BTreeSet<String>,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) losses: BTreeSet<Loss>,
    pub(super) secrets: BTreeSet<FoundSecret>,
    values: BTreeSet<String>,
}

impl Gathering {
    pub(super) fn new() -> Self {
        Self {
            known: Known::read(),
            services: BTreeMap::new(),
            profile: None,
            profiles: BTreeMap::new(),
            always: BTreeSet::new(),
            environment: BTreeMap::new(),
            losses: BTreeSet::new(),
            secrets: BTreeSet::new(),
            values: BTreeSet::new(),
        }
    }

    /// Remembers the secrets in a text of variables, to know them again wherever they are put in.
    pub(super) fn remember_secrets(&mut self, text: &str) {
        for one in dotenv::read(text).0 {
            self.remember(&one.name, &one.value);
        }
    }

    /// Remembers the value of a variable if it is a secret.
    pub(super) fn remember(&mut self, name: &str, value: &str) {
        // What is shorter stands in every second text by chance, and protects nothing.
        if looks_secret(name, value) && value.len() >= 6 && !name.ends_with("_FILE") {
            self.values.insert(value.to_owned());
        }
    }

    /// Whether a text has one of the secrets in it.
    pub(super) fn is_tainted(&self, text: &str) -> bool {
        self.values
            .iter()
            .any(|value| text.contains(value.as_str()))
    }

    pub(super) fn loss(&mut self, place: &Place, what: &str, why: &str) {
        let fit = |text: &str, limit| {
            if self.is_tainted(text) {
                "(not shown: it holds a secret)".to_owned()
            } else {
                for_terminal(text, limit)
            }
        };
        let loss = Loss {
            place: place.clone(),
            what: fit(what, SHOWN),
            why: fit(why, 400),
        };
        self.losses.insert(loss);
    }

    pub(super) fn draft(&mut self, service: &str) -> &mut Draft {
        self.services.entry(service.to_owned()).or_default()
    }

    /// Has a service run whatever profile is chosen.
    pub(super) fn takes_part(&mut self, service: &str) {
        self.always.insert(service.to_owned());
    }
}
