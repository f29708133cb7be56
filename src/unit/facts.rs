//! What units need to know of the machine they are for, looked up by `host` and handed in.

use std::collections::BTreeMap;

use crate::spec::Stack;
use crate::spec::bind::{BindTarget, PathPattern};
use crate::spec::text::AbsolutePath;

/// What was found on a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The directory that each pattern of the stack matches, where one does.
    pub matches: BTreeMap<PathPattern, AbsolutePath>,
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
