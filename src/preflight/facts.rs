//! What was seen of a machine, before anybody judges it. Looked up by `host::examine`.

use std::net::SocketAddr;

use crate::unit::SystemdVersion;

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Who looked: root sees more.
    pub is_root: bool,
    /// The name of whoever looked.
    pub user: String,
    /// Whether units of this user's own manager outlive the session.
    pub lingers: bool,
    /// What user mode hangs on, where it is looked at.
    pub user_mode: Option<UserMode>,
    /// Ports that the stack needs.
    pub ports: Vec<Port>,
    /// Programs that the stack runs.
    pub programs: Vec<Program>,
    /// Users and groups that the units name.
    pub accounts: Vec<Account>,
    /// Directories that must be somebody's.
    pub directories: Vec<Directory>,
    /// systemd, or why it cannot be asked.
    pub systemd: Option<Result<SystemdVersion, String>>,
    /// Whether the unified hierarchy of control groups is mounted.
    pub unified_cgroups: bool,
    /// The GPU driver and its nodes.
    pub gpu: Gpu,
    /// Room on disks.
    pub space: Vec<Space>,
    /// Whether the clock follows others; `None` where nobody tells.
    pub synchronized: Option<bool>,
    /// What is installed.
    pub installation: Installation,
    /// A file of the configuration that the watchdog may not read.
    pub closed: Option<String>,
    /// Units of the platform that lie in a user's own directory.
    pub user_units: Vec<String>,
}

/// What user mode hangs on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserMode {
    /// Whether the user's manager makes namespaces; `None` where it could not be asked.
    pub namespaces: Option<bool>,
    /// Kernel settings that keep it from that.
    pub restrained_by: Vec<String>,
    /// Whether what the services say can be read by this user.
    pub journal: bool,
}

/// Whose the watchdog's own port is, in words.
pub const PAGE: &str = "the watchdog's page";

/// A port of the stack.
#[derive(Debug, Clone)]
pub struct Port {
    /// Whose it is: `data`, `worker@2`, [`PAGE`].
    pub owner: String,
    /// Units that hold it where all is well.
    pub units: Vec<String>,
    /// The address.
    pub address: SocketAddr,
    /// Who holds it.
    pub held: Held,
}

/// Who holds a port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Held {
    /// Nobody.
    #[default]
    Free,
    /// Somebody whom only root may see.
    Unseen,
    /// This process.
    By(Holder),
}

/// A process that listens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// The name of its program.
    pub name: String,
    /// Its command line.
    pub command: String,
    /// The name of its user, or the number.
    pub user: String,
    /// Its control group, from the root of the hierarchy.
    pub control_group: String,
}

/// A program of the stack.
#[derive(Debug, Clone)]
pub struct Program {
    /// The service that runs it.
    pub service: String,
    /// Its path.
    pub path: String,
    /// Whether it is there.
    pub presence: Presence,
    /// Whether it is Python.
    pub python: bool,
    /// The module that Python is to run.
    pub module: Option<String>,
    /// What came of running Python.
    pub trial: Trial,
}

/// Whether a program is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Nothing is at its path.
    Missing,
    /// What is there cannot be executed.
    NotExecutable,
    /// It is.
    There,
}

/// What came of running a service's Python as its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trial {
    /// It was not run, for this reason.
    NotRun(String),
    /// It said its version, and imported the module where there is one.
    Passed {
        /// As whom it ran.
        user: String,
        /// Its version.
        version: String,
    },
    /// It said its version where it got that far, and failed.
    Failed {
        /// As whom it ran.
        user: String,
        /// Its version.
        version: Option<String>,
        /// The last that it said.
        why: String,
    },
    /// It was still at it when its time was over.
    TimedOut {
        /// As whom it ran.
        user: String,
        /// How long it had, in seconds.
        seconds: u64,
    },
}

/// A user with its group.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Whether both exist.
    pub exists: bool,
}

/// A directory.
#[derive(Debug, Clone)]
pub struct Directory {
    /// Its path.
    pub path: String,
    /// Whose it must be.
    pub owner: String,
    /// Bits that its mode must not have.
    pub forbidden: u32,
    /// Owner and mode, where it is there.
    pub found: Option<(String, u32)>,
}

/// What GPUs there are.
#[derive(Debug, Clone, Default)]
pub struct Gpu {
    /// Services that want one.
    pub wanted_by: Vec<String>,
    /// The driver's release, where one is loaded.
    pub driver: Option<String>,
    /// GPUs that the driver lists.
    pub listed: usize,
    /// Nodes that should be there and are not.
    pub missing_nodes: Vec<String>,
}

/// Room on the disk that holds a path.
#[derive(Debug, Clone)]
pub struct Space {
    /// The path.
    pub path: String,
    /// Bytes that are free to others than root.
    pub free: u64,
}

/// What is installed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Installation {
    /// Nothing ever was.
    #[default]
    Never,
    /// It is as it would be installed now.
    AsConfigured {
        /// Of this profile.
        profile: String,
        /// Whether it starts at boot.
        enabled: bool,
    },
    /// These units differ.
    Drifted(Vec<String>),
    /// These files are somebody else's.
    InTheWay(Vec<String>),
    /// It cannot be told.
    Unknown(String),
}
