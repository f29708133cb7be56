//! The watcher beside a starting program: how its leaving and what it says tell systemd that the start is
//! complete, or was in vain. The test stands in for systemd: it makes both processes and hears what they
//! send.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use tempfile::TempDir;

use crate::program::juniperctl;
use crate::server::{Server, closed, not_ready, ready, reply};

/// Nothing here takes longer.
const SOON: Duration = Duration::from_secs(10);

const SIGABRT: i32 = 6;
const SIGTERM: i32 = 15;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        the_watcher_leaves_with_success_once_the_program_is_ready,
        a_gate_that_is_passed_already_is_not_waited_for,
        the_mark_of_an_earlier_start_is_not_believed,
        a_wait_is_told_in_the_status,
        progress_asks_for_more_time,
        a_program_that_answers_but_is_not_ready_is_left_to_systemd,
        a_program_that_says_nothing_is_aborted,
        a_program_that_hangs_on_when_aborted_is_left_to_systemd,
        the_end_of_the_gate_is_noticed_at_once,
        the_end_of_the_program_is_noticed_at_once,
        who_answers_in_a_dead_programs_place_is_not_believed,
        a_program_without_an_endpoint_is_ready_when_it_starts,
        failures_in_a_row_are_counted_until_one_is_ready,
        a_start_that_is_called_off_has_not_failed,
        a_gate_that_cannot_tell_its_watcher_does_not_start_the_program,
        without_a_main_process_nothing_is_watched,
    ]
}

/// A gate and its watcher under a service manager.
struct Unit {
    directory: TempDir,
    socket: UnixDatagram,
    main: Child,
    watcher: Option<Child>,
}

impl Unit {
    /// Starts a gate whose program sleeps until it is told to end, and the watcher beside it.
    fn start(gate: &[&str], watcher: &[&str]) -> Self {
        let mut unit = Self::start_gate(tempfile::tempdir().unwrap(), gate, &SLEEP);
        unit.watch(watcher);
        unit
    }

    fn start_gate(directory: TempDir, options: &[&str], program: &[&str]) -> Self {
        let path = directory.path().join("notify");
        drop(std::fs::remove_file(&path));
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        let main = juniperctl()
            .args(["gate", "exec", "--service", "data"])
            .args(options)
            .arg("--")
            .args(program)
            .env("NOTIFY_SOCKET", &path)
            .env("RUNTIME_DIRECTORY", directory.path())
            .env("INVOCATION_ID", "this")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            directory,
            socket,
            main,
            watcher: None,
        }
    }

    fn watch(&mut self, options: &[&str]) {
        let watcher = juniperctl()
            .args(["gate", "watch", "--service", "data"])
            .args(options)
            .env("NOTIFY_SOCKET", self.directory.path().join("notify"))
            .env("RUNTIME_DIRECTORY", self.directory.path())
            .env("INVOCATION_ID", "this")
            .env("MAINPID", self.main.id().to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        self.watcher = Some(watcher);
    }

    /// The messages up to the first that has this in it.
    fn told(&self, until: &str) -> Vec<String> {
        let mut told = Vec::new();
        let mut buffer = [0; 4096];
        let end = Instant::now() + SOON;
        while Instant::now() < end {
            let length = self.socket.recv(&mut buffer).unwrap();
            let message = String::from_utf8(buffer[..length].to_vec()).unwrap();
            told.push(message);
            if told.last().unwrap().contains(until) {
                return told;
            }
        }
        panic!("{until:?} was not told: {told:#?}");
    }

    /// How the watcher left, and what it had said.
    fn left(&mut self) -> (Option<i32>, String) {
        ended(self.watcher.take().unwrap())
    }

    /// The same of one whose start was in vain: it first waits for systemd to come to its message.
    fn left_in_vain(&mut self) -> (Option<i32>, String) {
        self.told("BARRIER=1");
        self.left()
    }

    /// How the program ended of itself.
    fn ended(&mut self) -> Option<i32> {
        self.main.wait().unwrap().signal()
    }

    fn runs(&mut self) -> bool {
        self.main.try_wait().unwrap().is_none()
    }

    fn stop(mut self) -> TempDir {
        for mut child in self.watcher.take().into_iter().chain([self.main]) {
            drop(child.kill());
            child.wait().unwrap();
        }
        self.directory
    }
}

const SLEEP: [&str; 2] = ["/bin/sleep", "60"];

fn ended(mut child: Child) -> (Option<i32>, String) {
    let mut said = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code(), said)
}

/// An endpoint that is ready from the fourth question on.
fn soon_ready() -> Server {
    Server::serving(|before, mut stream| {
        let answer = if before < 3 { not_ready() } else { ready() };
        stream.write_all(answer.as_bytes())
    })
}

fn the_watcher_leaves_with_success_once_the_program_is_ready() {
    let server = soon_ready();
    let mut unit = Unit::start(&[], &["--ready", &server.url(), "--startup", "20s"]);
    let told = unit.told("STATUS=ready after ");
    for message in ["EXTEND_TIMEOUT_USEC=25000000", "STATUS=starting"] {
        assert!(
            told.iter().any(|it| it.trim_end() == message),
            "{message}: {told:#?}"
        );
    }
    // That the start is complete is told by its exit code alone.
    assert!(!told.iter().any(|it| it.contains("READY=")), "{told:#?}");
    assert_eq!(unit.left(), (Some(0), String::new()));
    assert_eq!(server.asked(), 4);
    // The program itself knows nothing of it.
    assert!(unit.runs());
    let environment = std::fs::read(format!("/proc/{}/environ", unit.main.id())).unwrap();
    assert!(!String::from_utf8_lossy(&environment).contains("NOTIFY_SOCKET"));
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", unit.main.id()));
    assert_eq!(children.unwrap_or_default(), "");
    unit.stop();
}

fn a_gate_that_is_passed_already_is_not_waited_for() {
    let server = Server::replying(ready());
    let mut unit = Unit::start_gate(tempfile::tempdir().unwrap(), &[], &SLEEP);
    let comm = format!("/proc/{}/comm", unit.main.id());
    let end = Instant::now() + SOON;
    while std::fs::read_to_string(&comm).unwrap().trim_end() != "sleep" {
        assert!(Instant::now() < end, "the gate is not passed");
    }
    unit.watch(&["--ready", &server.url()]);
    assert_eq!(unit.left(), (Some(0), String::new()));
    unit.stop();
}

fn the_mark_of_an_earlier_start_is_not_believed() {
    let directory = tempfile::tempdir().unwrap();
    symlink("17 earlier", directory.path().join("passed-gate")).unwrap();
    let dependency = Server::replying(not_ready());
    let server = Server::replying(ready());
    let awaited = format!("storage={}", dependency.url());
    let mut unit = Unit::start_gate(
        directory,
        &["--within", "500ms", "--await", &awaited],
        &SLEEP,
    );
    unit.watch(&["--ready", &server.url()]);
    // The gate gives up in the end, and the endpoint was never asked.
    assert_eq!(unit.left_in_vain(), (Some(1), String::new()));
    assert_eq!(server.asked(), 0);
    unit.stop();
}

fn a_wait_is_told_in_the_status() {
    let dependency = soon_ready();
    let server = Server::replying(ready());
    let awaited = format!("storage={}", dependency.url());
    let unit = Unit::start(&["--await", &awaited], &["--ready", &server.url()]);
    let told = unit.told("STATUS=ready after ");
    assert!(
        told.iter()
            .any(|it| it.starts_with("STATUS=waiting: storage is not ready: disk is unhealthy")),
        "{told:#?}"
    );
    unit.stop();
}

fn progress_asks_for_more_time() {
    // Each answer is a new one; the third comes when the plain span would be over.
    let begun = Instant::now();
    let server = Server::serving(move |_, mut stream| {
        let part = begun.elapsed().as_millis() / 400;
        let answer = if part < 4 {
            reply(
                "503 Service Unavailable",
                &format!(r#"{{"status":"not_ready","error":"part {part}"}}"#),
            )
        } else {
            ready()
        };
        stream.write_all(answer.as_bytes())
    });
    let unit = Unit::start(&[], &["--ready", &server.url(), "--startup", "600ms"]);
    let told = unit.told("STATUS=ready after ");
    let asked = told
        .iter()
        .filter(|it| it.contains("EXTEND_TIMEOUT_USEC="))
        .count();
    assert!(asked >= 4, "{told:#?}");
    unit.stop();
}

fn a_program_that_answers_but_is_not_ready_is_left_to_systemd() {
    let server = Server::replying(not_ready());
    let mut unit = Unit::start(&[], &["--ready", &server.url(), "--startup", "300ms"]);
    unit.told("STATUS=not ready after ");
    let (code, said) = unit.left_in_vain();
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("not ready after 3") && said.contains(": disk is unhealthy: full"),
        "{said}"
    );
    assert!(unit.runs());
    unit.stop();
}

fn a_program_that_says_nothing_is_aborted() {
    let url = format!("http://{}/", closed());
    let mut unit = Unit::start(&[], &["--ready", &url, "--startup", "300ms"]);
    unit.told("STATUS=not ready after ");
    assert_eq!(unit.ended(), Some(SIGABRT));
    let (code, said) = unit.left_in_vain();
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("not ready after 3") && said.contains(": nothing listens on its port"),
        "{said}"
    );
}

fn a_program_that_hangs_on_when_aborted_is_left_to_systemd() {
    let url = format!("http://{}/", closed());
    let deaf = ["/bin/sh", "-c", "trap '' ABRT; exec sleep 60"];
    let mut unit = Unit::start_gate(tempfile::tempdir().unwrap(), &[], &deaf);
    unit.watch(&["--ready", &url, "--startup", "300ms"]);
    let begun = Instant::now();
    let (code, said) = unit.left_in_vain();
    assert_eq!(code, Some(1), "{said}");
    // Before systemd's own time-out, five seconds after the start's.
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(unit.runs());
    unit.stop();
}

fn the_end_of_the_gate_is_noticed_at_once() {
    let url = format!("http://{}/", closed());
    let mut unit = Unit::start(
        &["--within", "300ms", "--await", &format!("storage={url}")],
        &["--ready", &url],
    );
    // Why it ended is the gate's to say.
    assert_eq!(unit.left_in_vain(), (Some(1), String::new()));
    let (code, said) = ended(unit.main);
    assert_eq!(code, Some(75), "{said}");
}

fn the_end_of_the_program_is_noticed_at_once() {
    let url = format!("http://{}/", closed());
    let mut unit = Unit::start(&[], &["--ready", &url]);
    unit.told("STATUS=starting: ");
    unit.main.kill().unwrap();
    // Nobody has collected it yet.
    assert_eq!(unit.left_in_vain(), (Some(1), String::new()));
    unit.stop();
}

fn who_answers_in_a_dead_programs_place_is_not_believed() {
    let mut unit = Unit::start_gate(tempfile::tempdir().unwrap(), &[], &["/bin/true"]);
    unit.main.wait().unwrap();
    let server = Server::replying(ready());
    unit.watch(&["--ready", &server.url()]);
    assert_eq!(unit.left_in_vain(), (Some(1), String::new()));
    unit.stop();
}

fn a_program_without_an_endpoint_is_ready_when_it_starts() {
    let mut unit = Unit::start(&[], &[]);
    unit.told("STATUS=started");
    assert_eq!(unit.left(), (Some(0), String::new()));
    assert!(unit.runs());
    unit.stop();
}

fn failures_in_a_row_are_counted_until_one_is_ready() {
    let counted = |directory: &TempDir| {
        std::fs::read_to_string(directory.path().join("unready-starts")).unwrap_or_default()
    };
    let never = format!("http://{}/", closed());
    let mut directory = tempfile::tempdir().unwrap();
    for count in ["1\n", "2\n"] {
        let mut unit = Unit::start_gate(directory, &[], &SLEEP);
        unit.watch(&["--ready", &never, "--startup", "100ms"]);
        unit.left_in_vain();
        directory = unit.stop();
        assert_eq!(counted(&directory), count);
    }
    let server = Server::replying(ready());
    let mut unit = Unit::start_gate(directory, &[], &SLEEP);
    unit.watch(&["--ready", &server.url()]);
    let told = unit.told("STATUS=ready after ");
    assert!(
        told.iter().any(|it| it
            .contains("STATUS=data did not get ready 2 times in a row: the next try is in 500ms")),
        "{told:#?}"
    );
    // The watcher, too, asks for the time of the pause, should the gate have asked too early.
    assert!(
        told.iter()
            .any(|it| it.contains("EXTEND_TIMEOUT_USEC=5500000")),
        "{told:#?}"
    );
    assert_eq!(unit.left().0, Some(0));
    assert_eq!(counted(&unit.stop()), "");
}

fn a_start_that_is_called_off_has_not_failed() {
    let url = format!("http://{}/", closed());
    let mut unit = Unit::start(&[], &["--ready", &url]);
    unit.told("STATUS=starting: ");
    // As systemd does it: the main process, and then the watcher before systemd reads anything.
    unit.main.kill().unwrap();
    unit.main.wait().unwrap();
    let mut watcher = unit.watcher.take().unwrap();
    let killed = Command::new("kill")
        .args(["-s", "TERM", &watcher.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    assert_eq!(watcher.wait().unwrap().signal(), Some(SIGTERM));
    assert!(!unit.directory.path().join("unready-starts").exists());
    unit.stop();
}

fn a_gate_that_cannot_tell_its_watcher_does_not_start_the_program() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("passed-gate")).unwrap();
    let unit = Unit::start_gate(directory, &[], &SLEEP);
    let (code, said) = ended(unit.main);
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains("error: cannot link ") && said.contains("passed-gate: Is a directory"),
        "{said}"
    );
}

fn without_a_main_process_nothing_is_watched() {
    let said = crate::program::said(juniperctl().args(["gate", "watch", "--service", "data"]));
    assert_eq!(said.code, Some(2), "{said:#?}");
    assert!(said.stderr.contains("there is no MAINPID"), "{said:#?}");
}
