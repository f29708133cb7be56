//! Who depends on whom in a stack, in both directions.
//!
//! Only looks up: that names exist and that there is no cycle is the stack's own promise.

use std::collections::BTreeSet;

use super::name::ServiceName;
use super::stack::{Edge, Member, Service, Stack};

impl Stack {
    /// These members with all that they depend on, in start order.
    #[must_use]
    pub fn with_dependencies<'s>(&'s self, members: &[Member<'s>]) -> Vec<Member<'s>> {
        let mut needed: BTreeSet<&ServiceName> = BTreeSet::new();
        // Dependencies stand before their dependents: one walk from the end meets all of them.
        for service in self.services.iter().rev() {
            let chosen = members
                .iter()
                .any(|member| member.service.name == service.name);
            if chosen || needed.contains(&service.name) {
                needed.extend(service.depends_on.iter().map(|edge| &edge.on));
            }
        }
        self.members()
            .into_iter()
            .filter(|member| {
                needed.contains(&member.service.name)
                    || members
                        .iter()
                        .any(|chosen| chosen.label() == member.label())
            })
            .collect()
    }

    /// Who depends on a service, in start order, with the edge that says so.
    pub fn dependents<'s>(
        &'s self,
        on: &'s ServiceName,
    ) -> impl Iterator<Item = (&'s Service, &'s Edge)> {
        self.dependents
            .get(on)
            .into_iter()
            .flatten()
            .filter_map(move |position| {
                let service = self.services.get(*position)?;
                let edge = service.depends_on.iter().find(|edge| edge.on == *on)?;
                Some((service, edge))
            })
    }
}
