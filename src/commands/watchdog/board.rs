//! What the watchdog shows of itself: its doors, its counters, the last day, the answers to requests.
//!
//! Nothing here has any part in the watching: a door that cannot be opened is told once and tried
//! again, and an answer is made from what is known already.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use crate::host::server::{Asked, Place, Server};
use crate::metrics::Tally;
use crate::output::graph::Graph;
use crate::spec::Stack;
use crate::spec::stack::Member;
use crate::watchdog::{Action, Event, History, Incident, Moment, Watchdog};
use crate::web::{self, Known, Reply, Target};

use super::super::Context;
use super::records::Records;

/// Between two attempts to open a door.
const RETRY: Duration = Duration::from_secs(10);

/// Between two looks at how everybody is, for the history.
const LOOK: Duration = Duration::from_secs(1);

/// The history is written down no more often than this.
const WRITE: Duration = Duration::from_secs(30);

/// How many closed incidents the page shows.
const RECENT: usize = 10;

/// What is shown.
pub(super) struct Board {
    server: Server,
    socket: PathBuf,
    places: Vec<Place>,
    /// Why a door could not be opened, if so.
    trouble: Option<String>,
    retry_at: Duration,
    tally: Rc<RefCell<Tally>>,
    history: History,
    look_at: Duration,
    write_at: Duration,
    is_unwritten: bool,
    graph: Option<Graph>,
    recent: VecDeque<Incident>,
}

impl Board {
    /// What is shown of a stack, after what an earlier watchdog kept.
    pub(super) fn new(
        stack: Option<&Stack>,
        incidents: &[Incident],
        history: History,
        context: &Context,
    ) -> Self {
        let closed = incidents
            .iter()
            .filter(|incident| incident.closed_us.is_some());
        let mut board = Self {
            server: Server::default(),
            socket: context.paths.watchdog_socket(),
            places: Vec::new(),
            trouble: None,
            retry_at: Duration::ZERO,
            tally: Rc::new(RefCell::new(Tally::new([], incidents))),
            history,
            look_at: Duration::ZERO,
            write_at: Duration::ZERO,
            is_unwritten: false,
            graph: None,
            recent: closed.rev().take(RECENT).cloned().collect(),
        };
        board.recent.make_contiguous().reverse();
        match stack {
            Some(stack) => board.configure(stack),
            // Without a configuration it is still told that there is none.
            None => board.places = vec![Place::Socket(board.socket.clone())],
        }
        board
    }

    /// Shows another stack from now on.
    pub(super) fn configure(&mut self, stack: &Stack) {
        let port = stack.listen.address().map(Place::Port);
        self.places = port
            .into_iter()
            .chain([Place::Socket(self.socket.clone())])
            .collect();
        self.server.keep(&self.places);
        self.retry_at = Duration::ZERO;
        self.graph = Some(Graph::of(stack, &std::collections::BTreeMap::new()));
        let labels: Vec<String> = stack
            .members()
            .iter()
            .filter(|member| member.service.managed().is_some())
            .map(Member::label)
            .collect();
        let mut tally = self.tally.borrow_mut();
        tally.configure(labels.iter().map(String::as_str));
    }

    /// The counters.
    pub(super) fn tally(&self) -> &Rc<RefCell<Tally>> {
        &self.tally
    }

    /// The next request; to be waited for all the time.
    pub(super) async fn next(&mut self) -> Asked {
        self.server.next().await
    }

    /// Takes in what reaches the watchdog.
    pub(super) fn heard(&self, event: &Event) {
        self.tally.borrow_mut().heard(event);
    }

    /// Takes in what the watchdog does.
    pub(super) fn done(&mut self, action: &Action) {
        self.tally.borrow_mut().done(action);
        if let Action::Keep(incident) = action
            && incident.closed_us.is_some()
        {
            self.recent.push_back(incident.clone());
            if self.recent.len() > RECENT {
                self.recent.pop_front();
            }
        }
    }

    /// Why a door could not be opened, if so.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Does what is due.
    pub(super) fn tend(
        &mut self,
        watchdog: &Watchdog,
        records: &Records,
        now: Moment,
        context: &Context,
    ) {
        if now.steady >= self.retry_at {
            self.retry_at = now.steady + RETRY;
            self.open(context);
        }
        if now.steady >= self.look_at {
            self.look_at = now.steady + LOOK;
            self.is_unwritten |= self.history.see(watchdog.conditions(), now.wall);
        }
        if self.is_unwritten && now.steady >= self.write_at {
            self.is_unwritten = false;
            self.write_at = now.steady + WRITE;
            records.chronicle(&self.history, context);
        }
    }

    fn open(&mut self, context: &Context) {
        let mut troubles = Vec::new();
        for place in &self.places {
            if self.server.is_open(place) {
                continue;
            }
            if let Err(error) = self.server.open(place.clone()) {
                troubles.push(format!("cannot listen on {place}: {error}"));
            }
        }
        let trouble = (!troubles.is_empty()).then(|| troubles.join("; "));
        // Told once; the line of status goes on telling it.
        if let Some(trouble) = &trouble
            && self.trouble.as_ref() != Some(trouble)
        {
            context.terminal.error(&format!(
                "{trouble}; the watching goes on, and this is tried again each {} s",
                RETRY.as_secs()
            ));
        }
        self.trouble = trouble;
    }

    /// Answers a request. `blind` tells why systemd cannot be reached, if so.
    pub(super) fn answer(
        &self,
        asked: Asked,
        watchdog: &Watchdog,
        blind: Option<&str>,
        now: Moment,
    ) {
        let reply = match web::routed(&asked.request) {
            Ok(target) => self.reply(target, watchdog, blind, now),
            Err(refusal) => refusal,
        };
        asked.answer(reply);
    }

    fn reply(
        &self,
        target: Target,
        watchdog: &Watchdog,
        blind: Option<&str>,
        now: Moment,
    ) -> Reply {
        let (view, tally) = (watchdog.view(now), self.tally.borrow());
        let known = Known {
            view: &view,
            tally: &tally,
            history: &self.history,
            graph: self.graph.as_ref(),
            recent: self.recent.iter().rev().collect(),
            blind,
            now: now.wall,
        };
        web::reply(target, &known)
    }
}
