//! The target, the unit behind it that says whether the whole group answers, and the watchdog.
//!
//! The target only wants its services: if it required them, the death of one would restart the
//! others (measured on 247 to 262). So that its start still fails when the group does not answer, it
//! requires `juniper-ready.service`, which asks every member once all of them have been started.

use std::collections::BTreeMap;

use crate::hardening::{Profile, Sandbox};
use crate::spec::ServiceName;
use crate::spec::stack::{Kind, Member, Stack};

use super::act;
use super::budget::{self, Budget};
use super::edges;
use super::facts::Facts;
use super::kernel_log;
use super::manager::Manager;
use super::network::socket_of_member;
use super::sandbox::{own_sandbox, peers};
use super::value::{argument, span};
use super::version::SystemdVersion;

/// The unit that everything is part of.
pub const TARGET: &str = "juniper.target";

/// The unit that asks whether the group answers.
pub const READY: &str = "juniper-ready.service";

/// The unit that looks after all of them.
pub const WATCHDOG: &str = "juniper-watchdog.service";

/// What the templates of the group's own units show.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the directives of the template")]
pub struct GroupUnit {
    pub profile: String,
    pub version: String,
    pub manager: Manager,
    pub isolated: bool,
    pub members: Vec<String>,
    pub foreign: Vec<String>,
    pub ready: &'static str,
    pub watchdog: &'static str,
    pub watchdog_user: &'static str,
    pub watchdog_records: String,
    pub act: &'static str,
    pub kernel_log: Option<&'static str>,
    pub program: String,
    pub exec_start: Vec<String>,
    pub timeout_start: String,
    pub peers: Vec<String>,
    pub sandbox: Sandbox,
}

/// Computes one of the group's own units.
#[must_use]
pub fn unit(
    stack: &Stack,
    budgets: &BTreeMap<ServiceName, Budget>,
    version: SystemdVersion,
    profile: Profile,
    facts: &Facts,
) -> GroupUnit {
    let budget = budget::of_group(budgets);
    let mut exec_start = vec![format!(
        ":{}{} gate group --within {} --profile {}",
        argument(stack.juniperctl.as_str()),
        facts.manager.option(),
        span(budget.ready()),
        stack.profile
    )];
    exec_start.extend(
        stack
            .members()
            .iter()
            .filter(|member| member.service.managed().is_some())
            .map(|member| asked(member, stack)),
    );
    GroupUnit {
        profile: stack.profile.to_string(),
        version: version.to_string(),
        manager: facts.manager.clone(),
        isolated: stack.network.is_isolated(),
        members: members(stack),
        foreign: foreign(stack),
        ready: READY,
        watchdog: WATCHDOG,
        watchdog_user: act::USER,
        watchdog_records: facts.manager.user().map_or_else(String::new, |user| {
            argument(&format!("-{}/watchdog", user.records))
        }),
        act: act::SOCKET,
        kernel_log: (kernel_log::is_needed(stack) && !facts.manager.is_user())
            .then_some(kernel_log::UNIT),
        program: format!(
            "{}{}",
            argument(stack.juniperctl.as_str()),
            facts.manager.option()
        ),
        exec_start,
        timeout_start: span(budget.start_timeout()),
        peers: peers(stack),
        sandbox: own_sandbox(profile, version, stack.network, &facts.manager),
    }
}

/// One member as the gate of the group is told of it, after those that it comes after.
fn asked(member: &Member<'_>, stack: &Stack) -> String {
    let label = member.label();
    let mut words: Vec<String> = edges::of(member.service, stack)
        .flat_map(|(_, other)| other.members())
        .filter(|other| other.service.managed().is_some())
        .map(|other| format!("--after {label}={}", other.label()))
        .collect();
    let url = member.readiness_url().or_else(|| member.liveness_url());
    let endpoint = url.map(|url| format!("={url}")).unwrap_or_default();
    words.extend(
        socket_of_member(member)
            .map(|socket| format!("--let-out {}", argument(&format!("{label}={socket}")))),
    );
    words.push(argument(&format!("{label}:{}{endpoint}", member.unit())));
    words.join(" ")
}

/// The units of others that the target wants.
fn foreign(stack: &Stack) -> Vec<String> {
    stack
        .members()
        .iter()
        .filter(|member| matches!(member.service.kind, Kind::Foreign(_)))
        .map(Member::unit)
        .collect()
}

/// The units that the target wants: ours, one for each instance.
#[must_use]
pub fn members(stack: &Stack) -> Vec<String> {
    stack
        .members()
        .iter()
        .filter(|member| matches!(member.service.kind, Kind::Managed(_)))
        .map(Member::unit)
        .collect()
}
