//! What a context knows of a user's own manager: whether it makes namespaces, and what its units depend on.

use std::path::Path;

use crate::host::programs;
use crate::host::systemd::{BusError, Systemd};
use crate::ordered::Ordered as _;
use crate::spec::Stack;
use crate::spec::text::{AbsolutePath, Text};
use crate::unit::manager::{Manager, Namespaces, UserManager, is_hidden};

use super::Context;

impl Context {
    /// Tries what a user's manager can do here, so that units ask for no more. Before that it is taken to
    /// be able to do all of it.
    ///
    /// # Errors
    /// It takes no unit at all.
    pub async fn try_namespaces(&self, systemd: &Systemd) -> Result<Namespaces, BusError> {
        if let Some(known) = self.namespaces.get() {
            return Ok(*known);
        }
        let found = if !self.is_user() || systemd.grants_namespaces().await? {
            Namespaces::Allowed
        } else {
            Namespaces::Refused
        };
        Ok(*self.namespaces.get_or_init(|| found))
    }

    /// Whose manager runs the units of a stack.
    pub(super) fn manager(&self, stack: &Stack) -> Manager {
        if !self.is_user() {
            return Manager::System;
        }
        let records = AbsolutePath::parse(&self.paths.records().display().to_string());
        let Ok(records) = records else {
            return Manager::System;
        };
        let hidden = stack
            .services
            .iter()
            .filter_map(|service| service.managed())
            .flat_map(|managed| managed.command.iter().map(Text::as_str))
            .chain([stack.juniperctl.as_str()])
            .filter(|word| is_hidden(word));
        let programs = hidden
            .filter_map(|word| {
                let needed = programs::needed(Path::new(word));
                let needed = needed
                    .iter()
                    .filter_map(|path| AbsolutePath::parse(path.to_str()?).ok())
                    .collect();
                Some((Text::parse(word).ok()?, needed))
            })
            .ordered();
        Manager::User(UserManager {
            namespaces: self
                .namespaces
                .get()
                .copied()
                .unwrap_or(Namespaces::Allowed),
            records,
            programs,
        })
    }
}
