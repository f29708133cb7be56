//! What a change of a secret meets: the stack, what is stored, the units, the running systemd.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::commands::install::{change, pending};
use crate::commands::{Context, configuration};
use crate::error::{CommandError, Kind};
use crate::host::systemd::Systemd;
use crate::plan::{Plan, Receipt};
use crate::secrets::{Store, Stored};
use crate::spec::Stack;
use crate::spec::name::SecretName;
use crate::spec::stack::Member;
use crate::unit::{Facts, SystemdVersion};

use super::consumers;

/// The running machine.
pub(super) struct Running {
    pub(super) systemd: Systemd,
    pub(super) version: SystemdVersion,
}

/// What there is.
pub(super) struct Site {
    pub(super) stack: Stack,
    pub(super) stored: BTreeMap<SecretName, Stored>,
    pub(super) receipt: Option<Receipt>,
    /// Nothing where a directory tree is worked on.
    pub(super) running: Option<Running>,
}

impl Site {
    /// Looks at all of it.
    pub(super) async fn look(context: &Context) -> Result<Self, CommandError> {
        let stack = configuration::installed_stack(context)?;
        let stored = context.secrets(&stack)?.ok_or_else(|| {
            let directory = context.paths.secrets();
            CommandError::new(
                Kind::Machine,
                format!("{} cannot be looked at", directory.display()),
            )
        })?;
        let running = if context.paths.is_offline() {
            None
        } else {
            let systemd = context.systemd().await?;
            let version = systemd.version().await?;
            context.try_namespaces(&systemd).await?;
            Some(Running { systemd, version })
        };
        Ok(Self {
            stack,
            stored,
            receipt: context.receipt()?,
            running,
        })
    }

    /// What changes in the installed units once a secret is stored so, or not at all. `None` where no
    /// units are installed, or none of this machine.
    ///
    /// # Errors
    /// An install would do more than that.
    pub(super) async fn plan(
        &self,
        name: &SecretName,
        after: Option<Store>,
        context: &Context,
    ) -> Result<Option<Plan>, CommandError> {
        let (Some(receipt), Some(Running { systemd, .. })) = (&self.receipt, &self.running) else {
            return Ok(None);
        };
        let before = context.facts(&self.stack)?;
        // A secret that was lost is no change of the configuration, but what is to be mended here.
        let installed = Facts {
            secrets: context.handed_over()?,
            ..before.clone()
        };
        pending::refuse(&self.stack, &installed, receipt, systemd, context).await?;
        let mut facts: Facts = before;
        match after {
            Some(store) => facts.secrets.insert(name.clone(), store),
            None => facts.secrets.remove(name),
        };
        pending::planned(&self.stack, &facts, receipt, systemd, context)
            .await
            .map(Some)
    }

    /// Those that run with a secret, after it was said what becomes of them.
    pub(super) async fn holders(
        &self,
        name: &SecretName,
        restarts: bool,
        context: &Context,
    ) -> Result<Vec<Member<'_>>, CommandError> {
        let Some(Running { systemd, .. }) = &self.running else {
            return Ok(Vec::new());
        };
        let consumers = consumers::of(name, &self.stack, systemd).await?;
        let running = consumers::running(&consumers);
        consumers::tell(&running, restarts, context).await?;
        Ok(running)
    }

    /// Restarts those, or tells how to.
    pub(super) async fn renew(
        &self,
        holders: &[Member<'_>],
        restarts: bool,
        context: &Context,
    ) -> Result<u8, CommandError> {
        match &self.running {
            Some(Running { systemd, .. }) => {
                consumers::restart(holders, restarts, systemd, context).await
            }
            None => Ok(0),
        }
    }

    /// Writes the units that [`Site::plan`] found, all of them or none on an error, writes down the
    /// directories that were made, and tells systemd.
    pub(super) async fn rewrite(
        &self,
        plan: Option<&Plan>,
        made: &[PathBuf],
        context: &Context,
    ) -> Result<(), CommandError> {
        match (plan, &self.receipt, &self.running) {
            (Some(plan), Some(receipt), Some(Running { systemd, .. })) => {
                change::carry_out("secret", plan, receipt, made, systemd, context).await
            }
            _ => Ok(()),
        }
    }
}

/// Tells what happens to the units.
pub(super) fn show(plan: Option<&Plan>, context: &Context) {
    for change in plan.iter().flat_map(|plan| &plan.changes) {
        context.terminal.say(&change.line());
        let difference = change.difference();
        if !difference.is_empty() {
            context.terminal.say(difference.trim_end());
        }
    }
}
