//! The watcher beside a starting program: what systemd is told, and how a start is given up. The
//! test stands in for systemd at the end of the notification socket.

use std::io::Write as _;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Stdio};
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
        readiness_is_told_once_and_the_watcher_leaves,
        a_wait_is_told_in_the_status,
        progress_asks_for_more_time,
        a_program_that_answers_but_is_not_ready_is_terminated,
        a_program_that_says_nothing_is_aborted,
        a_program_without_an_endpoint_is_ready_when_it_starts,
        failures_in_a_row_are_counted_until_one_is_ready,
    ]
}

/// A gate under a service manager.
struct Unit {
    directory: TempDir,
    socket: UnixDatagram,
    child: Child,
}

impl Unit {
    /// Starts a gate whose program sleeps until it is told to end.
    fn start(options: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), options)
    }

    fn start_in(directory: TempDir, options: &[&str]) -> Self {
        let path = directory.path().join("notify");
        drop(std::fs::remove_file(&path));
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        let child = juniperctl()
            .args(["gate", "exec", "--service", "data"])
            .args(options)
            .args(["--", "/bin/sleep", "60"])
            .env("NOTIFY_SOCKET", &path)
            .env("RUNTIME_DIRECTORY", directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            directory,
            socket,
            child,
        }
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

    /// How the program ended, and what gate and watcher had said.
    fn ended(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        let mut said = String::new();
        std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut said).unwrap();
        (status.signal(), said)
    }

    fn stop(mut self) -> TempDir {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.directory
    }

    /// Processes of this start that are not the program itself.
    fn others(&self) -> usize {
        let own = self.child.id().to_string();
        let mark = self.directory.path().join("notify");
        std::fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy() != own)
            .filter_map(|entry| std::fs::read(entry.path().join("environ")).ok())
            .filter(|environment| {
                String::from_utf8_lossy(environment).contains(&mark.display().to_string())
            })
            .count()
    }
}

fn readiness_is_told_once_and_the_watcher_leaves() {
    let server = Server::serving(|before, mut stream| {
        let answer = if before < 3 { not_ready() } else { ready() };
        stream.write_all(answer.as_bytes())
    });
    let unit = Unit::start(&["--ready", &server.url(), "--startup", "20s"]);
    let told = unit.told("READY=1");
    assert!(
        told.last().unwrap().contains("STATUS=ready after "),
        "{told:#?}"
    );
    assert!(
        told.iter()
            .any(|it| it.contains("EXTEND_TIMEOUT_USEC=25000000")),
        "{told:#?}"
    );
    assert!(told.iter().any(|it| it == "STATUS=starting\n"), "{told:#?}");
    // It waits until systemd has read what it sent, and then is gone.
    unit.told("BARRIER=1");
    let end = Instant::now() + SOON;
    while unit.others() > 0 {
        assert!(Instant::now() < end, "the watcher stays");
    }
    // The program itself knows nothing of it.
    let environment = std::fs::read(format!("/proc/{}/environ", unit.child.id())).unwrap();
    assert!(!String::from_utf8_lossy(&environment).contains("NOTIFY_SOCKET"));
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", unit.child.id()));
    assert_eq!(children.unwrap_or_default(), "");
    unit.stop();
}

fn a_wait_is_told_in_the_status() {
    let dependency = Server::serving(|before, mut stream| {
        let answer = if before < 3 { not_ready() } else { ready() };
        stream.write_all(answer.as_bytes())
    });
    let server = Server::replying(ready());
    let awaited = format!("storage={}", dependency.url());
    let unit = Unit::start(&["--await", &awaited, "--ready", &server.url()]);
    let told = unit.told("READY=1");
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
    let unit = Unit::start(&["--ready", &server.url(), "--startup", "600ms"]);
    let told = unit.told("READY=1");
    let asked = told
        .iter()
        .filter(|it| it.contains("EXTEND_TIMEOUT_USEC="))
        .count();
    assert!(asked >= 3, "{told:#?}");
    unit.stop();
}

fn a_program_that_answers_but_is_not_ready_is_terminated() {
    let server = Server::replying(not_ready());
    let unit = Unit::start(&["--ready", &server.url(), "--startup", "300ms"]);
    unit.told("STATUS=not ready after ");
    unit.told("BARRIER=1");
    let (signal, said) = unit.ended();
    assert_eq!(signal, Some(SIGTERM), "{said}");
    assert!(
        said.contains("not ready after 3") && said.contains(": disk is unhealthy: full"),
        "{said}"
    );
}

fn a_program_that_says_nothing_is_aborted() {
    let url = format!("http://{}/", closed());
    let unit = Unit::start(&["--ready", &url, "--startup", "300ms"]);
    unit.told("STATUS=not ready after ");
    unit.told("BARRIER=1");
    let (signal, said) = unit.ended();
    assert_eq!(signal, Some(SIGABRT), "{said}");
    assert!(
        said.contains("not ready after 3") && said.contains(": nothing listens on its port"),
        "{said}"
    );
}

fn a_program_without_an_endpoint_is_ready_when_it_starts() {
    let unit = Unit::start(&[]);
    let told = unit.told("READY=1");
    assert_eq!(told, ["READY=1\nSTATUS=started\n"]);
    unit.stop();
}

fn failures_in_a_row_are_counted_until_one_is_ready() {
    let counted = |directory: &TempDir| {
        std::fs::read_to_string(directory.path().join("unready-starts")).unwrap_or_default()
    };
    let never = format!("http://{}/", closed());
    let mut directory = tempfile::tempdir().unwrap();
    for count in ["1\n", "2\n"] {
        let unit = Unit::start_in(directory, &["--ready", &never, "--startup", "100ms"]);
        unit.told("BARRIER=1");
        directory = unit.stop();
        assert_eq!(counted(&directory), count);
    }
    let server = Server::replying(ready());
    let unit = Unit::start_in(directory, &["--ready", &server.url()]);
    let told = unit.told("READY=1");
    assert!(
        told.iter().any(|it| it
            .contains("STATUS=data did not get ready 2 times in a row: the next try is in 500ms")),
        "{told:#?}"
    );
    // Forgotten after systemd has been told, and before the watcher leaves.
    unit.told("BARRIER=1");
    assert_eq!(counted(&unit.stop()), "");
}
