//! `watchdog`: the daemon behind juniper-watchdog.service. One thread that asks, listens and carries
//! out what `crate::watchdog` decides.
//!
//! systemd is told that it is alive only after a step that was really made. Nothing in the loop waits
//! for anybody: questions, looks and signals run beside it, each with its own time limit.

use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::cli::Watch;
use crate::error::{CommandError, Kind};
use crate::host::signals::HangUps;
use crate::host::{clock, environment, notify, process};
use crate::spec::Stack;
use crate::watchdog::act::Act;
use crate::watchdog::{Action, Event, Watchdog, Watched};

use super::{Context, configuration};

mod actor;
mod board;
mod bus;
mod endpoints;
mod gpus;
mod records;

pub(super) use records::Records;

use actor::Actor;
use board::Board;
use bus::Bus;
use endpoints::Endpoints;
use gpus::FaultsFile;

/// The longest time without a step.
const TICK: Duration = Duration::from_secs(1);

/// systemd is told this often that the loop makes progress.
const ALIVE: Duration = Duration::from_secs(2);

/// What is to be told of a failure; nothing where it was told before.
type Told = Option<String>;

/// Something done beside the loop: what it brings, or what there is to tell.
type Work = Pin<Box<dyn Future<Output = Result<Option<Event>, Told>>>>;

pub(super) async fn run(options: &Watch, context: &Context) -> Result<u8, CommandError> {
    context.online("the watchdog")?;
    if options.reload {
        return hang_up();
    }
    // Before anything else: without a handler this signal would end the process.
    let hang_ups = HangUps::new().map_err(|error| {
        CommandError::new(Kind::Machine, format!("cannot take signals: {error}"))
    })?;
    // A refused configuration is told, and read again when it has been corrected: a watchdog that
    // ended over it would be started for ever.
    let stack = match configuration::installed_stack(context) {
        Ok(stack) => Some(stack),
        Err(error) => {
            context.terminal.error(&format!("error: {}", error.message));
            None
        }
    };
    let daemon = Daemon::new(stack.as_ref(), context)?;
    // The daemon has what it needs of it; the rest would be kept for as long as it runs.
    drop(stack);
    daemon.go_on(hang_ups).await
}

/// Has the watchdog that runs read the configuration again: what `ExecReload=` runs, as the same user.
fn hang_up() -> Result<u8, CommandError> {
    let Some(main) = environment::main_process() else {
        return Err(CommandError::new(
            Kind::Usage,
            "$MAINPID does not tell which process the watchdog is",
        )
        .hint("sudo systemctl reload juniper-watchdog"));
    };
    process::hang_up(main).map_err(|error| {
        let what = format!("cannot send SIGHUP to the watchdog, process {main}: {error}");
        CommandError::new(Kind::Machine, what).hint("sudo systemctl restart juniper-watchdog")
    })?;
    Ok(0)
}

/// How long trouble lasts before somebody is told of it.
fn tell_after(stack: &Stack) -> Option<Duration> {
    stack
        .notification
        .as_ref()
        .map(|notification| notification.after)
}

/// The daemon.
struct Daemon<'c> {
    watchdog: Watchdog,
    endpoints: Rc<Endpoints>,
    bus: Rc<Bus>,
    actor: Rc<Actor>,
    records: Records,
    faults: FaultsFile,
    board: Board,
    work: FuturesUnordered<Work>,
    units_due: Duration,
    alive_at: Duration,
    told: String,
    context: &'c Context,
}

impl<'c> Daemon<'c> {
    fn new(stack: Option<&Stack>, context: &'c Context) -> Result<Self, CommandError> {
        let (records, memory, incidents) = Records::open(context)?;
        let history = records.history(clock::wall_microseconds());
        let board = Board::new(stack, &incidents, history, context);
        Ok(Self {
            watchdog: Watchdog::new(
                stack.map(Watched::of).unwrap_or_default(),
                stack.map(|stack| stack.restraint).unwrap_or_default(),
                &memory,
                incidents,
                clock::wall_microseconds(),
            )
            .telling(stack.and_then(tell_after)),
            endpoints: Rc::new(stack.map(Endpoints::of).unwrap_or_default()),
            bus: Rc::new(Bus::new(context.bus())),
            actor: Rc::new(Actor::new(context)),
            records,
            faults: FaultsFile::new(context),
            board,
            work: FuturesUnordered::new(),
            units_due: Duration::ZERO,
            alive_at: Duration::ZERO,
            told: String::new(),
            context,
        })
    }

    /// Goes on until systemd ends it.
    async fn go_on(mut self, mut hang_ups: HangUps) -> Result<u8, CommandError> {
        notify::ready("looking at the group for the first time");
        loop {
            let pause = self.pause();
            let event = tokio::select! {
                Some(done) = self.work.next(), if !self.work.is_empty() => self.done(done),
                () = clock::pause(pause) => Event::Tick,
                () = hang_ups.next() => self.configured(),
                asked = self.board.next() => {
                    let (blind, now) = (self.bus.trouble(), clock::moment());
                    self.board.answer(asked, &self.watchdog, blind.as_deref(), now);
                    Event::Tick
                }
            };
            self.step(event);
            let now = clock::moment();
            if let Some(orders) = self.records.new_orders(now, self.context) {
                self.step(Event::Orders(orders));
            }
            if let Some(faults) = self.faults.new_faults(now) {
                self.step(Event::Gpus(faults));
            }
            self.look_at_units(now.steady);
            self.board
                .tend(&self.watchdog, &self.records, now, self.context);
            self.tell_systemd(now.steady);
        }
    }

    fn done(&self, done: Result<Option<Event>, Told>) -> Event {
        match done {
            Ok(event) => {
                if let Some(Event::Notified {
                    number,
                    taken: Err(why),
                }) = &event
                {
                    self.context
                        .terminal
                        .error(&format!("nobody was told of incident {number} yet: {why}"));
                }
                event.unwrap_or(Event::Tick)
            }
            Err(told) => {
                if let Some(told) = told {
                    self.context.terminal.error(&told);
                }
                Event::Tick
            }
        }
    }

    /// How long nothing is due.
    fn pause(&self) -> Duration {
        let now = clock::moment().steady;
        let due = self.watchdog.next_due().unwrap_or(now + TICK);
        due.min(self.units_due)
            .saturating_sub(now)
            .clamp(Duration::from_millis(1), TICK)
    }

    /// The configuration as it is now; a faulty one changes nothing.
    fn configured(&mut self) -> Event {
        match configuration::installed_stack(self.context) {
            Ok(stack) => {
                self.context
                    .terminal
                    .error("the configuration was read again");
                self.endpoints = Rc::new(Endpoints::of(&stack));
                self.board.configure(&stack);
                Event::Configured {
                    members: Watched::of(&stack),
                    restraint: stack.restraint,
                    tell_after: tell_after(&stack),
                }
            }
            Err(error) => {
                self.context.terminal.error(&format!(
                    "error: {}; the old one still applies",
                    error.message
                ));
                Event::Tick
            }
        }
    }

    fn step(&mut self, event: Event) {
        self.board.heard(&event);
        let actions = self.watchdog.step(event, clock::moment());
        for action in actions {
            self.board.done(&action);
            self.carry_out(action);
        }
    }

    fn carry_out(&mut self, action: Action) {
        let terminal = &self.context.terminal;
        let (bus, actor) = (Rc::clone(&self.bus), Rc::clone(&self.actor));
        let endpoints = Rc::clone(&self.endpoints);
        let unit = |label: &str| endpoints.unit(label).to_owned();
        let work: Work = match action {
            Action::Ask {
                number,
                label,
                question,
                limit,
            } => Box::pin(async move {
                Ok(endpoints
                    .ask(&label, question, limit)
                    .await
                    .map(|heard| Event::Answer { number, heard }))
            }),
            Action::Look { label } => Box::pin(async move {
                let look = bus.look(endpoints.unit(&label)).await?;
                Ok(Some(Event::Looked { label, look }))
            }),
            Action::Abort { label } => {
                terminal.error(&format!(
                    "{label} does not answer: ending it with SIGABRT, so that it says where it is"
                ));
                let act = Act::Abort(unit(&label));
                Box::pin(async move { actor.act(act).await })
            }
            Action::Kill { label } => {
                terminal.error(&format!("{label} did not end on SIGABRT: killing it"));
                let act = Act::Kill(unit(&label));
                Box::pin(async move { actor.act(act).await })
            }
            Action::Restart { label } => {
                terminal.error(&format!(
                    "{label} is in a state that it does not leave by itself: restarting it"
                ));
                let act = Act::Restart(unit(&label));
                Box::pin(async move { actor.act(act).await })
            }
            Action::Notify { number } => {
                Box::pin(async move { Ok(Some(actor.notify(number).await)) })
            }
            Action::Keep(incident) => {
                self.records.keep(&incident, self.context);
                return;
            }
            Action::Remember(memory) => {
                self.records.remember(&memory, self.context);
                return;
            }
        };
        self.work.push(work);
    }

    /// Has systemd asked how all units stand, once a round.
    fn look_at_units(&mut self, now: Duration) {
        if now < self.units_due {
            return;
        }
        self.units_due = now + self.endpoints.round();
        let (bus, endpoints) = (Rc::clone(&self.bus), Rc::clone(&self.endpoints));
        let tally = Rc::clone(self.board.tally());
        self.work.push(Box::pin(async move {
            let whose = tally.borrow_mut().next_look(now);
            let (standings, run) = bus.standings(&endpoints, whose.as_deref()).await?;
            if let Some((label, run)) = whose.zip(run) {
                tally.borrow_mut().ran(&label, run);
            }
            Ok(Some(Event::Units(standings)))
        }));
    }

    fn tell_systemd(&mut self, now: Duration) {
        if now >= self.alive_at {
            notify::alive();
            self.alive_at = now + ALIVE;
        }
        let mut told = match self.bus.trouble() {
            None => self.watchdog.told(clock::moment()),
            Some(trouble) => format!("cannot ask systemd, so nothing is done: {trouble}"),
        };
        if let Some(trouble) = self.board.trouble() {
            told.push_str("; ");
            told.push_str(trouble);
        }
        if told != self.told {
            notify::status(&told);
            self.told = told;
        }
    }
}
