//! Everything that can be asked about members at one moment: endpoints and units, side by side.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;

use crate::error::{CommandError, Kind};
use crate::host::http::Prober;
use crate::host::systemd::BusError;
use crate::readiness::unit_state::{ActiveState, UnitState};
use crate::readiness::{Answer, Finding, Judgement, Verdict, judged};
use crate::spec::stack::{Kind as ServiceKind, Member};
use crate::spec::text::for_terminal;
use crate::unit::network::socket_of_member;

use super::Context;

/// What was found, by member.
pub(super) struct Survey {
    /// One finding for each member that was asked.
    pub(super) findings: Vec<Finding>,
    /// Unit states by unit name; empty where the bus cannot be reached.
    pub(super) states: BTreeMap<String, UnitState>,
    /// Why the bus could not be reached.
    pub(super) bus: Option<BusError>,
}

impl Survey {
    /// The units that run and are ready, as far as systemd goes.
    pub(super) fn running(&self) -> Vec<String> {
        self.states
            .iter()
            .filter(|(_, state)| state.active == ActiveState::Active)
            .map(|(unit, _)| unit.clone())
            .collect()
    }
}

/// Asks all members at once: each endpoint one question, the bus one question for all. Without a
/// prober nobody can be asked, and so nobody answers.
pub(super) async fn taken(
    members: &[Member<'_>],
    prober: Option<&Prober>,
    context: &Context,
) -> Survey {
    let units: Vec<String> = members.iter().map(Member::unit).collect();
    let sockets: Vec<String> = members.iter().filter_map(socket_of_member).collect();
    let asked = join_all(members.iter().map(|member| asked(*member, prober)));
    let (answers, states) =
        futures_util::future::join(asked, unit_states(&units, &sockets, context)).await;
    let ((states, sockets), bus) = match states {
        Ok(states) => (states, None),
        Err(error) => (<(States, States)>::default(), Some(error)),
    };
    let findings = members
        .iter()
        .zip(answers)
        .filter_map(|(member, answer)| {
            let judgement = |judgement| shut_in(*member, judgement, &sockets);
            let answer = answer.map(|(judged, latency)| (judgement(judged), latency));
            finding(*member, answer, states.get(&member.unit()))
        })
        .collect();
    Survey {
        findings,
        states,
        bus,
    }
}

/// A prober, or the error that tells why there is none.
pub(super) fn prober() -> Result<Prober, CommandError> {
    Prober::new()
        .map_err(|error| CommandError::new(Kind::Machine, format!("cannot set up HTTP: {error}")))
}

/// Unit states by unit name.
type States = BTreeMap<String, UnitState>;

/// The states of services, with details where they matter, and those of sockets.
async fn unit_states(
    units: &[String],
    sockets: &[String],
    context: &Context,
) -> Result<(States, States), BusError> {
    let systemd = context.systemd().await?;
    let mut states = systemd.states(units).await?;
    for state in states
        .values_mut()
        .filter(|state| state.active == ActiveState::Failed || state.is_coming())
    {
        systemd.detail(state).await?;
    }
    let sockets = if sockets.is_empty() {
        States::new()
    } else {
        systemd.states(sockets).await?
    };
    Ok((states, sockets))
}

async fn asked(member: Member<'_>, prober: Option<&Prober>) -> Option<(Judgement, Duration)> {
    let managed = member.service.managed()?;
    let probe = managed.readiness.as_ref().or(managed.liveness.as_ref())?;
    let url = member.readiness_url().or_else(|| member.liveness_url())?;
    let (answer, latency) = match prober {
        Some(prober) => prober.ask(&url, probe.timeout).await,
        None => (Answer::Refused, Duration::ZERO),
    };
    Some((judged(&answer, &managed.expectations), latency))
}

fn finding(
    member: Member<'_>,
    answer: Option<(Judgement, Duration)>,
    state: Option<&UnitState>,
) -> Option<Finding> {
    let optional = matches!(member.service.kind, ServiceKind::Foreign(_));
    let (judgement, latency) = match answer {
        Some((judgement, _)) if is_of_a_stranger(&judgement, state) => {
            (stranger(member, state), None)
        }
        Some((judgement, latency)) => (judgement, Some(latency).filter(|_| !is_unheard(state))),
        // Nothing can be asked of it: its unit's state is all there is.
        None => (by_state(state?, optional)?, None),
    };
    let answers = matches!(
        judgement.verdict,
        Verdict::Ready | Verdict::Degraded | Verdict::NotReady
    );
    let waiting = state.is_some_and(UnitState::is_coming);
    let explanation = state
        .filter(|_| judgement.verdict == Verdict::Down)
        .and_then(UnitState::explanation);
    let cause = match (judgement.cause, explanation) {
        // A stranger's answer has been explained already.
        (Some(cause), Some(explanation)) if cause.starts_with(&explanation) => Some(cause),
        (Some(_), Some(explanation)) => Some(explanation),
        (Some(_), None) if waiting && judgement.verdict == Verdict::Down => {
            Some(waiting_words(state))
        }
        (cause, _) => cause,
    };
    Some(Finding {
        label: member.label(),
        service: member.service.name.clone(),
        depends_on: member
            .service
            .depends_on
            .iter()
            .map(|edge| edge.on.clone())
            .collect(),
        verdict: judgement.verdict,
        latency,
        cause,
        dependencies: judgement.dependencies,
        explicable: (answers && !judgement.own_fault) || waiting,
        optional,
    })
}

/// One that answers inside of the group's network while its socket outside is shut is of no use to
/// those for whom it was let out.
fn shut_in(member: Member<'_>, judgement: Judgement, sockets: &States) -> Judgement {
    let well = matches!(judgement.verdict, Verdict::Ready | Verdict::Degraded);
    let Some(socket) = socket_of_member(&member).filter(|_| well) else {
        return judgement;
    };
    let shut = sockets
        .get(&socket)
        .is_some_and(|state| state.found && !state.has_job && state.active != ActiveState::Active);
    if !shut {
        return judgement;
    }
    Judgement {
        verdict: Verdict::NotReady,
        cause: Some(format!(
            "it answers inside of the group's network, but {socket} is shut (`systemctl status {socket}` tells why)"
        )),
        own_fault: true,
        ..judgement
    }
}

/// Whether somebody answers who is not the service: its unit does not run.
fn is_of_a_stranger(judgement: &Judgement, state: Option<&UnitState>) -> bool {
    judgement.verdict != Verdict::Down
        && state.is_some_and(|state| is_unheard(Some(state)) && !state.is_coming())
}

/// What to say of a service whose port somebody else has.
fn stranger(member: Member<'_>, state: Option<&UnitState>) -> Judgement {
    let why = state.and_then(UnitState::explanation).unwrap_or_default();
    let port = member
        .service
        .managed()
        .and_then(|managed| managed.endpoint)
        .map_or(0, |endpoint| endpoint.port_of(member.instance.unwrap_or(1)));
    Judgement {
        verdict: Verdict::Down,
        cause: Some(format!(
            "{why}; another process answers on its port (`ss -ltnp 'sport = :{port}'` names it)"
        )),
        own_fault: true,
        dependencies: BTreeMap::new(),
    }
}

/// A refused connection has no latency worth showing.
fn is_unheard(state: Option<&UnitState>) -> bool {
    state.is_some_and(|state| matches!(state.active, ActiveState::Inactive | ActiveState::Failed))
}

/// What it waits for, as its gate says it.
fn waiting_words(state: Option<&UnitState>) -> String {
    match state {
        Some(state) if state.sub.starts_with("auto-restart") => {
            "it failed and is about to be tried again".to_owned()
        }
        Some(state) if state.is_starting() && !state.status_text.is_empty() => {
            for_terminal(&state.status_text, 200)
        }
        _ => "it is starting, or waits for what it depends on".to_owned(),
    }
}

/// The verdict on a service without endpoints; `None` for an optional one that is not installed.
fn by_state(state: &UnitState, optional: bool) -> Option<Judgement> {
    if optional && !state.found {
        return None;
    }
    let (verdict, cause) = match state.active {
        ActiveState::Active => (Verdict::Ready, None),
        ActiveState::Activating => (Verdict::NotReady, Some("it is starting".to_owned())),
        _ => (Verdict::Down, Some("it does not run".to_owned())),
    };
    Some(Judgement {
        verdict,
        cause,
        own_fault: true,
        dependencies: BTreeMap::new(),
    })
}
