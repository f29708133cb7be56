//! From a root to a settled systemd.
//!
//! Waits for what systemd-nspawn tells, never for time to pass. Touches nothing in the machine.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::options::BootOptions;
use super::reap;
use crate::cache;
use crate::error::{Doing, Error, last_lines};
use crate::notify::{Event, Listener, Message};
use crate::private::Private;
use crate::root::Root;
use crate::supervisor::{Launch, Overlay};

/// Lines of the console that an error shows.
const CONSOLE_LINES: usize = 60;

/// systemd-nspawn with the machine that it looks after.
#[derive(Debug)]
pub(super) struct Supervisor {
    child: Child,
    leader: i32,
    boot_time: Duration,
}

impl Supervisor {
    pub(super) const fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    pub(super) const fn leader(&self) -> i32 {
        self.leader
    }

    pub(super) const fn boot_time(&self) -> Duration {
        self.boot_time
    }

    /// Kills the machine's first process, and thereby all of its processes. Does nothing once
    /// systemd-nspawn has ended, as the id may then be somebody else's.
    pub(super) fn kill_leader(&mut self) {
        let running = matches!(self.child.try_wait(), Ok(None));
        if let (true, Some(leader)) = (running, Pid::from_raw(self.leader)) {
            // It can only fail because the process is gone, which is what is wanted.
            let _ = kill_process(leader, Signal::KILL);
        }
    }
}

/// Makes room for a machine on the host.
pub(super) fn claim(options: &BootOptions) -> Result<Private, Error> {
    let private = Private::claim(&cache::directory()?)?;
    if options.is_persistent() {
        for part in ["upper", "work", "merged"] {
            let path = private.path().join(part);
            fs::create_dir(&path).doing(|| format!("make {}", path.display()))?;
        }
    }
    Ok(private)
}

/// Where a persistent machine's own files are, as opposed to those of its root.
pub(super) fn written(private: &Private) -> PathBuf {
    private.path().join("upper")
}

/// Boots the machine and waits until its systemd says that it has finished starting.
pub(super) fn start(
    root: &Root,
    options: &BootOptions,
    private: &Private,
) -> Result<Supervisor, Error> {
    let name = private.name();
    let doing = || format!("start machine {name}");
    let begun = Instant::now();
    let listener = Listener::open(name).doing(doing)?;
    let overlay = options.is_persistent().then(|| Overlay {
        lower: root.path(),
        private: private.path(),
    });
    let merged = private.path().join("merged");
    let directory = if overlay.is_some() {
        &merged
    } else {
        root.path()
    };
    let launch = Launch {
        cgroup: private.cgroup().path(),
        overlay,
        arguments: options.arguments(name, directory),
        notify: Some(listener.address()),
        console: console_file(private).doing(doing)?,
    };
    let mut starting = Starting {
        child: Some(launch.start().doing(doing)?),
    };
    match starting
        .settle(&listener, options.deadline())
        .doing(doing)?
    {
        Settled::Up { leader, child } => Ok(Supervisor {
            child,
            leader,
            boot_time: begun.elapsed(),
        }),
        Settled::Failed(why) => Err(Error::Boot {
            machine: name.to_owned(),
            why,
            console: last_lines(&console(private), CONSOLE_LINES),
        }),
    }
}

/// What the machine has printed so far.
pub(super) fn console(private: &Private) -> String {
    let bytes = fs::read(console_path(private)).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn console_path(private: &Private) -> PathBuf {
    private.path().join("console")
}

/// Appended to by each boot, so that the story of a reboot is kept.
fn console_file(private: &Private) -> io::Result<File> {
    File::options()
        .create(true)
        .append(true)
        .open(console_path(private))
}

/// How waiting for a boot ended.
enum Settled {
    Up { leader: i32, child: Child },
    Failed(String),
}

/// A machine that is not up yet; killed unless it gets there.
struct Starting {
    child: Option<Child>,
}

impl Starting {
    fn settle(&mut self, listener: &Listener, deadline: Duration) -> io::Result<Settled> {
        let begun = Instant::now();
        let mut leader = None;
        loop {
            let Some(child) = &self.child else {
                return Err(io::Error::other("the machine was already handed over"));
            };
            let left = deadline.saturating_sub(begun.elapsed());
            let told = match listener.next(child, left)? {
                Event::Told(messages) => messages,
                Event::Ended => return Ok(Settled::Failed("it ended while starting".to_owned())),
                Event::Silence => {
                    return Ok(Settled::Failed(format!("not up after {deadline:?}")));
                }
            };
            for message in told {
                match (message, leader) {
                    (Message::Leader(id), _) => leader = Some(id),
                    (Message::Ready, Some(leader)) => {
                        if let Some(child) = self.child.take() {
                            return Ok(Settled::Up { leader, child });
                        }
                    }
                    (Message::Ready, None) => {
                        return Ok(Settled::Failed("its first process is unknown".to_owned()));
                    }
                }
            }
        }
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // Its machine, if there is one by now, goes with the control group.
            drop(child.kill());
            reap(child);
        }
    }
}
