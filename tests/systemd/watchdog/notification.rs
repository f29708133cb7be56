//! Somebody is told of an incident: once, by whoever hangs as well, and without a secret in sight.

use std::time::{Duration, Instant};

use juniper_lab::Suite;
use libtest_mimic::Failed;
use serde_json::Value;

use super::super::lab::{Outcome, claim, has};
use super::stage::{ALL, NOTICED, SLACK, Stage, WATCHDOG};

/// Writes its input, its arguments and who it is into the journal.
pub(super) const COMMAND: &str = r#"
[watchdog.notification]
command = ["/bin/sh", "-c", "cat; for word; do echo \"<$word>\"; done; id -u", "sh", "", "a  b", "%n%%", "$HOME", "\"'\\", ";"]
"#;

/// The arguments of [`COMMAND`], as they must arrive.
const WORDS: [&str; 6] = ["<>", "<a  b>", "<%n%%>", "<$HOME>", "<\"'\\>", "<;>"];

/// Of an address that nobody may see.
const SECRET: &str = "T0pSecretPath";

/// How long the other side may take.
const TIMEOUT: Duration = Duration::from_secs(20);

const WEBHOOK: &str = "[watchdog.notification]\nwebhook_file = \"/etc/juniper/secrets/webhook\"\n\
                       timeout = \"20s\"\n";

const HANGING_COMMAND: &str = "[watchdog.notification]\ncommand = [\"/bin/sleep\", \"infinity\"]\n\
                               timeout = \"2s\"\n";

const FIRST: &str = "juniper-notification@1.service";

const TEST: &str = "juniper-notification@test.service";

/// Notes each request, and answers, redirects or says nothing, as its path has it.
const RECEIVER: &str = r#"
import socket
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 9099))
server.listen(9)
held = []
while True:
    client = server.accept()[0]
    head, body = b"", b""
    while b"\r\n\r\n" not in head:
        head += client.recv(65536)
    head, body = head.split(b"\r\n\r\n", 1)
    length = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while length and len(body) < int(length[0]):
        body += client.recv(65536)
    with open("/run/received", "ab") as received:
        received.write(head.split(b"\r\n")[0] + b"|" + body + b"\n")
    if b"/hang/" in head:
        held.append(client)
        continue
    if b"/moved/" in head:
        client.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9099/elsewhere\r\nContent-Length: 0\r\n\r\n")
    else:
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    client.close()
"#;

/// What the command of [`COMMAND`] wrote, all incidents together.
pub(super) fn written(stage: &Stage) -> Result<Vec<String>, Failed> {
    let line = "journalctl -u 'juniper-notification@*' -t juniperctl -o cat --no-pager";
    let told = stage.exits(line, 0)?;
    Ok(told.lines().map(str::to_owned).collect())
}

/// That [`COMMAND`] was run once, for the only incident, and what it was given.
pub(super) fn told_once(stage: &Stage) -> Outcome {
    let lines = written(stage)?;
    claim(lines.len() == WORDS.len() + 2, format!("{lines:#?}"))?;
    let told: Value = serde_json::from_str(&lines[0])?;
    claim(
        told["version"] == 1
            && told["test"] == false
            && told["number"] == 1
            && told["root_cause"] == "data",
        &told,
    )?;
    claim(lines[1..=WORDS.len()] == WORDS, format!("{lines:#?}"))?;
    // systemd's range for users that exist for a while.
    let user: u32 = lines[WORDS.len() + 1].parse()?;
    claim((61_184..=65_519).contains(&user), format!("user {user}"))?;
    let incident = stage.incident()?;
    claim(incident["notified_us"].is_u64(), &incident)?;
    let handed = "handed to juniper-notification@1.service";
    has(&stage.exits("juniperctl incidents", 0)?, &[handed])?;
    has(&stage.exits("juniperctl why data", 0)?, &[handed])
}

/// That anybody can try it without an incident.
pub(super) fn tried(stage: &Stage) -> Outcome {
    let before = written(stage)?.len();
    stage.exits(&format!("systemctl start {TEST}"), 0)?;
    stage.waits_until("the example to be written", || {
        written(stage).is_ok_and(|lines| lines.len() == before + WORDS.len() + 2)
    })?;
    let told: Value = serde_json::from_str(&written(stage)?[before])?;
    claim(told["test"] == true && told["state"] == "test", &told)
}

/// A webhook that never answers holds nobody up, and ends.
pub(super) fn hangs(suite: Suite) -> Outcome {
    let stage = Stage::set(suite, WEBHOOK)?;
    stage.machine.write("/run/receiver.py", RECEIVER, 0o644)?;
    stage.exits("systemd-run -q /usr/bin/python3 /run/receiver.py", 0)?;
    stage.waits_until("the receiver to listen", || {
        stage.exits("ss -ltn | grep -q :9099", 0).is_ok()
    })?;
    address(&stage, "hang")?;
    let watchdog = stage.process(WATCHDOG)?;
    let before = stage.processes()?;
    stage.exits("juniper-standin fault hang data", 0)?;
    stage.waits_until("the webhook to be called", || {
        received(&stage).is_ok_and(|received| received.len() == 1)
    })?;
    let called = Instant::now();
    unseen(&stage)?;
    // The one that was to be told of is cured, and a second time, while curl still waits.
    stage.replaced(ALL[0].1, &before[0])?;
    stage.all_well()?;
    let second = stage.process(ALL[0].1)?;
    stage.exits("juniper-standin fault hang data", 0)?;
    let took = stage.replaced(ALL[0].1, &second)?;
    claim(took <= NOTICED + SLACK, format!("noticed after {took:?}"))?;
    let active = stage.shown(FIRST, "ActiveState")?;
    claim(
        active == "activating",
        format!("{active} after {:?}", called.elapsed()),
    )?;
    stage.waits_until("the notification to be ended", || {
        stage
            .shown(FIRST, "ActiveState")
            .is_ok_and(|state| state == "failed")
    })?;
    let took = called.elapsed();
    claim(took <= TIMEOUT + SLACK, format!("ended after {took:?}"))?;
    let said = stage.exits(&format!("journalctl -u {FIRST} -o cat"), 0)?;
    has(&said, &["curl: (28)", "timed out"])?;
    claim(
        stage.process(WATCHDOG)? == watchdog && received(&stage)?.len() == 1,
        "the watchdog is another one, or somebody was told twice",
    )?;
    claim(stage.incident()?["notified_us"].is_u64(), "not noted")?;
    answers(&stage)?;
    let leaked = stage.exits(
        &format!("journalctl -o export | grep -a {SECRET} || true"),
        0,
    )?;
    claim(leaked.is_empty(), format!("in the journal: {leaked}"))?;
    a_command_hangs(&stage)
}

/// Puts the address into its file: one of the receiver that behaves like this.
fn address(stage: &Stage, manner: &str) -> Outcome {
    let address = format!("http://127.0.0.1:9099/{manner}/{SECRET}?[1-3]={{a}}\n");
    stage
        .machine
        .write("/etc/juniper/secrets/webhook", address, 0o600)?;
    Ok(())
}

fn received(stage: &Stage) -> Result<Vec<String>, Failed> {
    let received = stage.exits("cat /run/received 2>/dev/null || true", 0)?;
    Ok(received.lines().map(str::to_owned).collect())
}

/// Whoever looks at the process that knows the address does not see it.
fn unseen(stage: &Stage) -> Outcome {
    let pid = stage.process(FIRST)?;
    let program = stage.exits(&format!("cat /proc/{pid}/comm"), 0)?;
    claim(program.trim() == "curl", &program)?;
    for file in ["cmdline", "environ"] {
        stage.exits(&format!("grep -a {SECRET} /proc/{pid}/{file}"), 1)?;
    }
    let shown = stage.exits(&format!("systemctl show {FIRST}; systemctl cat {FIRST}"), 0)?;
    claim(!shown.contains(SECRET), "systemd shows it")
}

/// What arrives is what is documented; who sends it elsewhere is not followed.
fn answers(stage: &Stage) -> Outcome {
    address(stage, "fine")?;
    stage.exits(&format!("systemctl start {TEST}"), 0)?;
    let requests = received(stage)?;
    let (request, body) = requests
        .last()
        .and_then(|last| last.split_once('|'))
        .ok_or("nothing was received")?;
    let wanted = format!("POST /fine/{SECRET}?[1-3]={{a}} HTTP/1.1");
    claim(request == wanted, request)?;
    let body: Value = serde_json::from_str(body)?;
    claim(body["version"] == 1 && body["test"] == true, &body)?;
    address(stage, "moved")?;
    stage.exits(&format!("systemctl start {TEST}"), 1)?;
    claim(received(stage)?.len() == 3, "the redirect was followed")
}

/// A command that hangs is ended by systemd; uninstalling forgets what failed.
fn a_command_hangs(stage: &Stage) -> Outcome {
    stage.exits("systemctl reset-failed", 0)?;
    stage.configure(HANGING_COMMAND)?;
    stage.exits("juniperctl install --yes", 0)?;
    let begun = Instant::now();
    stage.exits(&format!("systemctl start {TEST}"), 1)?;
    let took = begun.elapsed();
    claim(took <= Duration::from_secs(2) + SLACK, format!("{took:?}"))?;
    claim(
        stage.shown(TEST, "Result")? == "timeout",
        "not ended by its time limit",
    )?;
    stage.exits("juniperctl uninstall --yes", 0)?;
    let left = stage.exits("systemctl list-units --all --no-legend 'juniper*'", 0)?;
    claim(left.trim().is_empty(), left)
}
