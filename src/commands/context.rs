//! What every command is given: the places, the terminal, the circumstances.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;

use anstream::ColorChoice;

use crate::cli::{Color, Globals};
use crate::error::{CommandError, Kind};
use crate::gpu::{GpuName, Gpus};
use crate::host::clock;
use crate::host::journal::{Journal, Query};
use crate::host::lock::Lock;
use crate::host::remote::Remote;
use crate::host::secrets::{Listing, listing};
use crate::host::switch::{Recovery, Switch};
use crate::host::systemd::{Bus, BusError, Systemd};
use crate::host::terminal::Talk;
use crate::host::{Files, Paths, Terminal, accounts, environment, gpu, nvml};
use crate::ordered::Ordered as _;
use crate::output::user_mode::UserMode;
use crate::plan::{Found, Receipt};
use crate::secrets::{Store, Stored, stored};
use crate::spec::Stack;
use crate::spec::name::SecretName;
use crate::spec::remote::SshTarget;
use crate::spec::stack::Gpu;
use crate::unit::facts::{self, Facts};
use crate::unit::manager::Namespaces;
use crate::unit::notification;

/// What every command is given.
#[derive(Debug)]
pub struct Context {
    /// Where things lie.
    pub paths: Paths,
    /// Where output goes.
    pub terminal: Terminal,
    /// Whether data is printed as JSON.
    pub json: bool,
    /// Whether the configuration file was named by hand, and so must exist.
    pub configuration_named: bool,
    /// Whether the environment says that people rely on this machine's results.
    pub production: bool,
    /// Whether the user's manager makes namespaces, once that was tried.
    pub(super) namespaces: OnceCell<Namespaces>,
    /// The machines that the command is for instead of this one.
    pub hosts: Vec<SshTarget>,
    /// The one of them that this is about.
    pub remote: Option<Remote>,
}

/// The right to change what is installed.
#[derive(Debug)]
pub struct Locked {
    _lock: Option<Lock>,
    /// What was found half done, and ended.
    pub recovery: Recovery,
}

impl Context {
    /// Reads the global options.
    #[must_use]
    pub fn new(globals: Globals) -> Self {
        let colour = match globals.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        let talk = match (globals.quiet, globals.verbose) {
            (true, _) => Talk::Quiet,
            (_, true) => Talk::Verbose,
            _ => Talk::Normal,
        };
        let configuration_named = globals.config.is_some();
        let paths = if globals.user {
            Paths::of_user(environment::user_directories(), globals.config)
        } else {
            Paths::new(globals.root, globals.config)
        };
        let words = globals.user.then(|| UserMode {
            configuration: paths.configuration().display().to_string(),
        });
        Self {
            configuration_named,
            paths,
            terminal: Terminal::new(colour, talk, words),
            json: globals.json,
            production: environment::is_production(),
            namespaces: OnceCell::new(),
            hosts: globals.hosts,
            remote: None,
        }
    }

    /// Whether this is one user's own.
    #[must_use]
    pub fn is_user(&self) -> bool {
        self.paths.user().is_some()
    }

    /// Whether what is installed may be changed: the machine's by root, a user's own by that user.
    #[must_use]
    pub fn may_change(&self) -> bool {
        self.is_user() || accounts::is_root()
    }

    /// The way to this machine's systemd that is worked with.
    #[must_use]
    pub fn bus(&self) -> Bus {
        match self.paths.user() {
            None => Bus::System,
            Some(user) => Bus::User(user.runtime.clone()),
        }
    }

    /// The systemd that this is about: this machine's, the user's own, or another machine's.
    ///
    /// # Errors
    /// There is no bus, or nobody who may use it.
    pub async fn systemd(&self) -> Result<Systemd, BusError> {
        match &self.remote {
            None => Systemd::connect(&self.bus()).await,
            Some(remote) => remote.systemd().await,
        }
    }

    /// Makes sure that the machine that this is about can still be reached.
    ///
    /// # Errors
    /// The connection to it is lost.
    pub async fn still_there(&self) -> Result<(), CommandError> {
        match &self.remote {
            None => Ok(()),
            Some(remote) => Ok(remote.still_there().await?),
        }
    }

    /// The journal that this is about.
    ///
    /// # Errors
    /// journalctl cannot be started.
    pub fn journal(&self, query: &Query) -> Result<Journal, CommandError> {
        match &self.remote {
            None => Journal::open(query),
            Some(remote) => Journal::of_another(query, remote),
        }
    }

    /// Microseconds since 1970 by the clock of the machine that this is about.
    #[must_use]
    pub fn wall_microseconds(&self) -> u64 {
        let here = clock::wall_microseconds();
        self.remote
            .as_ref()
            .map_or(here, |remote| remote.at_its_clock(here))
    }

    /// What is installed, if anything.
    ///
    /// # Errors
    /// The receipt cannot be read, is damaged or from a newer juniperctl.
    pub fn receipt(&self) -> Result<Option<Receipt>, CommandError> {
        let path = self.paths.receipt();
        let Some(text) = Files::read(&path)? else {
            return Ok(None);
        };
        Receipt::parse(&text).map(Some).map_err(|error| {
            CommandError::new(
                Kind::Machine,
                format!("cannot use the receipt {}: {error}", path.display()),
            )
            .hint("move it away; `juniperctl install` knows its own units by their first line")
        })
    }

    /// What the units of a stack need to know of this machine.
    ///
    /// # Errors
    /// Something in the directory of secrets is not fit to be one.
    pub fn facts(&self, stack: &Stack) -> Result<Facts, CommandError> {
        Ok(Facts {
            manager: self.manager(stack),
            secrets: self.known_secrets(stack)?,
            gpus: self.gpus(stack),
            matches: facts::patterns(stack)
                .filter_map(|pattern| {
                    Some((
                        pattern.clone(),
                        Files::matching(pattern, |path| self.paths.at(path))?,
                    ))
                })
                .ordered(),
        })
    }

    /// The GPUs of this machine, where the stack asks for any. The driver's library is loaded for the names
    /// that only it knows, of GPUs that nobody has used yet and of parts of one.
    #[must_use]
    pub fn gpus(&self, stack: &Stack) -> Gpus {
        let mut wishes = stack
            .services
            .iter()
            .filter_map(|service| Some(&service.managed()?.gpu))
            .filter(|gpu| **gpu != Gpu::None)
            .peekable();
        if wishes.peek().is_none() {
            return Gpus::default();
        }
        let mut gpus = gpu::gpus_below(&self.paths.at(gpu::DRIVER));
        let is_device = |name: &GpuName| matches!(name, GpuName::Device(_));
        let takes_library = gpus.found.iter().any(|gpu| gpu.uuid.is_none())
            || wishes.any(|gpu| matches!(gpu, Gpu::Named(names) if names.iter().any(is_device)));
        if takes_library && !self.paths.is_offline() {
            nvml::complete(&mut gpus);
        }
        gpus
    }

    /// Which secrets there are, and how each is stored. Who may not look is told what the installed
    /// units ask for.
    fn known_secrets(&self, stack: &Stack) -> Result<BTreeMap<SecretName, Store>, CommandError> {
        if let Some(stored) = self.secrets(stack)? {
            return Ok(stored
                .into_iter()
                .map(|(name, stored)| (name, stored.store))
                .ordered());
        }
        self.handed_over()
    }

    /// The secrets that the installed units ask for.
    ///
    /// # Errors
    /// The units cannot be read.
    pub fn handed_over(&self) -> Result<BTreeMap<SecretName, Store>, CommandError> {
        let directory = self.paths.units();
        let mut known = BTreeMap::new();
        for name in Files::names(&directory)? {
            // The notification's address is a credential, too, but no service's secret.
            if name.starts_with("juniper")
                && name != notification::TEMPLATE
                && let Some(Found::File(text)) = Files::found(&directory.join(&name))?
            {
                known.extend(facts::asked_for(&text));
            }
        }
        Ok(known)
    }

    /// The secrets of a stack that are stored; `None` for who may not look at them.
    ///
    /// # Errors
    /// Something in their directory is not fit: all of it is told.
    pub fn secrets(
        &self,
        stack: &Stack,
    ) -> Result<Option<BTreeMap<SecretName, Stored>>, CommandError> {
        // A directory tree is its owner's; on the machine secrets are root's, or the user's own.
        let owner = if self.is_user() {
            Some(accounts::own_id())
        } else {
            (!self.paths.is_offline()).then_some(0)
        };
        let called = |path: &Path| path.display().to_string();
        let found = match listing(&self.paths.secrets(), owner, called)? {
            Listing::Absent => return Ok(Some(BTreeMap::new())),
            Listing::Denied => return Ok(None),
            Listing::Found(directory, entries) => stored(&directory, &entries, &stack.secrets()),
        };
        found.map(Some).map_err(|unfit| {
            let mut told = unfit.into_iter();
            let Some(last) = told.next_back() else {
                return CommandError::told(Kind::Machine);
            };
            for unfit in told {
                self.terminal.error(&format!("error: {}", unfit.what));
                self.terminal.error(&format!("hint: {}", unfit.hint));
            }
            CommandError::new(Kind::Machine, last.what).hint(last.hint)
        })
    }

    /// Where units are switched.
    #[must_use]
    pub fn switch(&self) -> Switch {
        Switch::new(&self.paths.units(), &self.paths.records())
    }

    /// Keeps every other juniperctl from changing this machine or tree until the lock is dropped, and ends
    /// what an interrupted one has left half done. Who is not root changes nothing on the machine.
    ///
    /// # Errors
    /// The lock cannot be had, or what is half done cannot be ended.
    pub fn locked(&self) -> Result<Locked, CommandError> {
        let path = if self.paths.is_offline() {
            self.stays_below_root()?;
            self.paths.at("/")
        } else if self.may_change() {
            self.paths.lock()
        } else {
            return Ok(Locked {
                _lock: None,
                recovery: Recovery::Nothing,
            });
        };
        if let Some(user) = self.paths.user()
            && !Files::exists(&user.runtime)
        {
            return Err(BusError::NoUserManager {
                runtime: user.runtime.display().to_string(),
                answer: "there is no such directory".to_owned(),
                runs: false,
            }
            .into());
        }
        let lock = Lock::take(&path, |who| {
            self.terminal.say(&format!("waiting for {who} to finish"));
        })?;
        let recovery = self.switch().recover()?;
        match recovery {
            Recovery::Nothing => {}
            Recovery::Undone => self
                .terminal
                .say("an earlier juniperctl was interrupted: its change is undone"),
            Recovery::Finished => self
                .terminal
                .say("an earlier juniperctl was interrupted: its change is finished"),
        }
        Ok(Locked {
            _lock: Some(lock),
            recovery,
        })
    }

    /// Refuses a tree whose own links lead out of it: it would be the machine that is written to.
    fn stays_below_root(&self) -> Result<(), CommandError> {
        let Some(root) = Files::really(&self.paths.at("/")) else {
            return Ok(());
        };
        for path in [self.paths.units(), self.paths.generations()] {
            if Files::really(&path).is_some_and(|really| !really.starts_with(&root)) {
                return Err(CommandError::new(
                    Kind::Machine,
                    format!("{} leads out of the tree; nothing was changed", path.display()),
                )
                .hint("a link on its way is absolute: make it relative, or run juniperctl inside the tree"));
            }
        }
        Ok(())
    }

    /// Asks whether to go on, where somebody sits there who has not said so already.
    ///
    /// # Errors
    /// The answer is no.
    pub fn agreed(&self, question: &str, already: bool) -> Result<(), CommandError> {
        if already || self.terminal.asks(question) != Some(false) {
            return Ok(());
        }
        Err(CommandError::new(Kind::NotAsAsked, "nothing was changed"))
    }

    /// Refuses a root that is not there: a mistyped one would look like an empty tree.
    ///
    /// # Errors
    /// `--root` names no directory.
    pub fn root_exists(&self) -> Result<(), CommandError> {
        let root = self.paths.at("/");
        if Files::exists(&root) {
            return Ok(());
        }
        Err(CommandError::new(
            Kind::Machine,
            format!("there is no directory {}", root.display()),
        ))
    }

    /// Refuses what needs the running machine where a tree is worked on.
    ///
    /// # Errors
    /// `--root` was given.
    pub fn online(&self, what: &str) -> Result<(), CommandError> {
        if self.paths.is_offline() {
            return Err(CommandError::new(
                Kind::Usage,
                format!("{what} needs the running machine; leave out --root"),
            ));
        }
        Ok(())
    }
}
