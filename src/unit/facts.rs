//! What units need to know of the machine they are for, looked up by `host` and handed in.

use std::collections::BTreeMap;

use crate::gpu::Gpus;
use crate::secrets::Store;
use crate::spec::Stack;
use crate::spec::bind::{BindTarget, PathPattern};
use crate::spec::name::SecretName;
use crate::spec::text::AbsolutePath;

use super::manager::Manager;

/// What was found on a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The directory that each pattern of the stack matches, where one does.
    pub matches: BTreeMap<PathPattern, AbsolutePath>,
    /// The secrets that are stored, and how: a unit asks for no other, so that a group without keys
    /// runs as it did.
    pub secrets: BTreeMap<SecretName, Store>,
    /// The GPUs, where the stack asks for any: who is given which follows from them.
    pub gpus: Gpus,
    /// Whose manager runs the units.
    pub manager: Manager,
}

/// The patterns whose matches a stack's units depend on.
pub fn patterns(stack: &Stack) -> impl Iterator<Item = &PathPattern> {
    stack
        .services
        .iter()
        .filter_map(|service| service.managed())
        .flat_map(|managed| &managed.binds)
        .filter_map(|bind| match &bind.target {
            BindTarget::Matching(pattern) => Some(pattern),
            BindTarget::Own(_) => None,
        })
}

/// The secrets that an installed unit asks for: what who may not look at the secrets themselves can know
/// of them.
pub fn asked_for(unit: &str) -> impl Iterator<Item = (SecretName, Store)> {
    unit.lines().filter_map(|line| {
        let (directive, value) = line.split_once('=')?;
        let store = [Store::Plain, Store::Encrypted]
            .into_iter()
            .find(|store| store.directive() == directive)?;
        let (name, _) = value.split_once(':')?;
        Some((SecretName::parse(name).ok()?, store))
    })
}
