//! Starting what runs a machine so that it can never outlive the program that wanted the machine.
//!
//! The kernel sends the child a signal when its parent *thread* ends, so all children come from one
//! thread that lives as long as the program. Says nothing about what runs in the machine.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

/// Joins the machine's control group, then becomes what the other arguments say.
const IN_GROUP: &str = r#"echo $$ > "$1/cgroup.procs"; shift; exec "$@""#;

/// The same with an overlay mounted first, in a mount namespace that nobody else sees: the mount is
/// gone with the last process that uses it.
const ON_OVERLAY: &str = r#"echo $$ > "$1/cgroup.procs"; mount -t overlay juniper-lab -o "$2" "$3" && shift 3 && exec "$@""#;

/// A root with its changes kept in a directory of its own.
#[derive(Debug)]
pub(crate) struct Overlay<'a> {
    /// The root that stays as it is.
    pub(crate) lower: &'a Path,
    /// A directory with `upper`, `work` and `merged` in it.
    pub(crate) private: &'a Path,
}

/// What to start and where.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    /// The control group to start it in.
    pub(crate) cgroup: &'a Path,
    /// An overlay to mount for it.
    pub(crate) overlay: Option<Overlay<'a>>,
    /// The arguments of systemd-nspawn.
    pub(crate) arguments: Vec<OsString>,
    /// What it is to say when the machine is up.
    pub(crate) notify: Option<String>,
    /// Where its console goes.
    pub(crate) console: File,
}

impl Launch<'_> {
    /// Starts it; the child is systemd-nspawn itself, not a shell around it.
    pub(crate) fn start(self) -> io::Result<Child> {
        let Self {
            cgroup,
            overlay,
            arguments,
            notify,
            console,
        } = self;
        // A signal that systemd-nspawn answers by powering the machine off.
        let signal = "TERM";
        let mut command = match overlay {
            None => in_group(signal, cgroup),
            Some(overlay) => {
                let mut command = ending_by(signal);
                command.args(["unshare", "--mount", "--propagation", "private", "--"]);
                command.args(["sh", "-euc", ON_OVERLAY, "sh"]).arg(cgroup);
                command
                    .arg(overlay_options(&overlay))
                    .arg(overlay.private.join("merged"));
                command
            }
        };
        command.arg("systemd-nspawn").args(arguments);
        command.env("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", "1");
        // Roots are shared and stay as they are; the lab has locks of its own.
        command.env("SYSTEMD_NSPAWN_LOCK", "0");
        match notify {
            Some(address) => command.env("NOTIFY_SOCKET", address),
            None => command.env_remove("NOTIFY_SOCKET"),
        };
        command.stdin(Stdio::null());
        command.stdout(console.try_clone()?).stderr(console);
        spawn(command)
    }
}

/// A command, still without the program itself, that joins the control group and gets the signal
/// when this program ends.
pub(crate) fn in_group(signal: &str, cgroup: &Path) -> Command {
    let mut command = ending_by(signal);
    command.args(["sh", "-euc", IN_GROUP, "sh"]).arg(cgroup);
    command
}

/// A command, still without the program itself, that gets the signal when this program ends.
fn ending_by(signal: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", signal, "--"]);
    // An interrupt at the terminal is for the tests; the machines end when the tests do.
    command.process_group(0);
    command
}

fn overlay_options(overlay: &Overlay<'_>) -> OsString {
    let part = |name: &str, path: &Path| {
        let mut option = OsString::from(name);
        option.push(path);
        option
    };
    [
        part("lowerdir=", overlay.lower),
        part("upperdir=", &overlay.private.join("upper")),
        part("workdir=", &overlay.private.join("work")),
    ]
    .join(OsStr::new(","))
}

/// A command to start, and where to send what came of it.
type Order = (Command, Sender<io::Result<Child>>);

static STARTER: LazyLock<Mutex<Sender<Order>>> = LazyLock::new(|| {
    let (orders, received): (Sender<Order>, Receiver<Order>) = channel();
    thread::spawn(move || {
        for (mut command, reply) in received {
            // Whoever ordered it may have given up; then the child ends with this program.
            drop(reply.send(command.spawn()));
        }
    });
    Mutex::new(orders)
});

/// Starts the command from the thread that lives as long as this program.
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    let (reply, answer) = channel();
    let gone = |_| io::Error::other("the starting thread is gone");
    STARTER
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .send((command, reply))
        .map_err(|_| io::Error::other("the starting thread is gone"))?;
    answer.recv().map_err(gone)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlay_names_its_three_directories() {
        let overlay = Overlay {
            lower: Path::new("/root"),
            private: Path::new("/p"),
        };
        assert_eq!(
            overlay_options(&overlay),
            "lowerdir=/root,upperdir=/p/upper,workdir=/p/work"
        );
    }

    #[test]
    fn a_child_outlives_the_thread_that_asked_for_it() {
        let mut child = thread::spawn(|| {
            let mut command = Command::new("setpriv");
            command.args(["--pdeathsig", "KILL", "--", "sh", "-c", "sleep 0.2; exit 7"]);
            spawn(command).unwrap()
        })
        .join()
        .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(7));
    }
}
