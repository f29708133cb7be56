//! `gate exec`: waits, then becomes the program, or says why not with the code that means it.

use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use libtest_mimic::Trial;

use crate::gate_ready::refusal;
use crate::program::{juniperctl, said};
use crate::server::{Server, closed, not_ready, ready};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        arguments_arrive_unchanged,
        the_gate_becomes_the_program,
        the_programs_exit_code_is_the_gates,
        the_program_has_the_gates_environment,
        the_program_starts_when_its_dependencies_are_ready,
        a_free_port_is_left_free,
        a_taken_port_is_98_and_named,
        a_taken_port_of_an_instance_is_98,
        a_taken_port_is_told_before_any_wait,
        a_dependency_that_stays_down_is_75_and_named,
        a_dependency_that_is_not_ready_is_75,
        a_missing_program_is_203_and_named,
        a_program_that_may_not_be_run_is_203,
    ]
}

/// The gate of a service with these options and this command.
fn gate(options: &[&str], program: &[&str]) -> Command {
    let mut command = juniperctl();
    command
        .args(["gate", "exec", "--service", "data"])
        .args(options)
        .arg("--")
        .args(program);
    command
}

fn arguments_arrive_unchanged() {
    let hostile = [
        "",
        " ",
        "two  spaces ",
        "$HOME",
        "${HOME} $$ `id` $(id)",
        "-rf",
        "--service",
        "--",
        "--help",
        "%n %%",
        "a\"b'c",
        "back\\slash\\",
        "; rm",
        "*",
        "~",
        "line\nbreak",
        "äöü 漢字 🦀",
        "",
    ];
    let mut program = vec!["/bin/sh", "-c", "printf '%s\\0' \"$@\"", "sh"];
    program.extend(hostile);
    let said = said(gate(&[], &program).env("HOME", "/wrong"));
    assert_eq!(said.code, Some(0), "{said:#?}");
    let arrived: Vec<&str> = said.stdout.split_terminator('\0').collect();
    assert_eq!(arrived, hostile);
    assert_eq!(said.stderr, "");
}

fn the_gate_becomes_the_program() {
    let child = gate(&[], &["/bin/sh", "-c", "echo $$ $PPID"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let expected = format!("{} {}\n", child.id(), std::process::id());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

fn the_programs_exit_code_is_the_gates() {
    assert_eq!(
        said(&mut gate(&[], &["/bin/sh", "-c", "exit 42"])).code,
        Some(42)
    );
}

fn the_program_has_the_gates_environment() {
    let said = said(
        gate(&[], &["/usr/bin/env"])
            .env("ONE", "1")
            .env("TWO", "a b"),
    );
    let mut lines: Vec<&str> = said.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["ONE=1", "TWO=a b"]);
}

fn the_program_starts_when_its_dependencies_are_ready() {
    let slow = Server::serving(|before, mut stream| {
        let answer = if before < 3 { not_ready() } else { ready() };
        stream.write_all(answer.as_bytes())
    });
    // Ready at first, and not when the other is.
    let quick = Server::serving(|before, mut stream| {
        let answer = if before == 1 { not_ready() } else { ready() };
        stream.write_all(answer.as_bytes())
    });
    let said = said(&mut gate(
        &[
            "--within",
            "20s",
            "--await",
            &format!("slow={}", slow.url()),
            "--await",
            &format!("quick={}", quick.url()),
        ],
        &["/bin/echo", "started"],
    ));
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(said.stdout, "started\n");
    // Until both say yes to the same round.
    assert_eq!((slow.asked(), quick.asked()), (6, 4));
}

fn a_free_port_is_left_free() {
    let address = closed().to_string();
    let said = said(&mut gate(
        &["--listen", &address],
        &["/bin/echo", "started"],
    ));
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(said.stdout, "started\n");
    drop(TcpListener::bind(&address).unwrap());
}

fn a_taken_port_is_98_and_named() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap();
    let said = said(&mut gate(
        &["--listen", &address.to_string()],
        &["/bin/echo", "started"],
    ));
    assert_eq!(said.code, Some(98), "{said:#?}");
    assert_eq!(said.stdout, "");
    assert!(
        said.stderr.contains(&format!(
            "data is not started: port {} on 127.0.0.1 is taken",
            address.port()
        )) && said.stderr.contains("\nhint: "),
        "{said:#?}"
    );
}

fn a_taken_port_of_an_instance_is_98() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut first = holder.local_addr().unwrap();
    first.set_port(first.port() - 1);
    let said = said(&mut gate(
        &["--listen", &first.to_string(), "--instance", "2"],
        &["/bin/echo", "started"],
    ));
    assert_eq!(said.code, Some(98), "{said:#?}");
}

fn a_taken_port_is_told_before_any_wait() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let dependency = Server::replying(ready());
    let said = said(&mut gate(
        &[
            "--listen",
            &holder.local_addr().unwrap().to_string(),
            "--await",
            &format!("cascor={}", dependency.url()),
        ],
        &["/bin/echo", "started"],
    ));
    assert_eq!(said.code, Some(98), "{said:#?}");
    assert_eq!(dependency.asked(), 0);
}

fn a_dependency_that_stays_down_is_75_and_named() {
    let awaited = format!("cascor=http://{}/", closed());
    let said = refusal(
        75,
        " ms cascor is down: nothing listens",
        &mut waiting_for(&awaited),
    );
    assert!(
        said.stderr.starts_with("data is not started: "),
        "{said:#?}"
    );
}

fn a_dependency_that_is_not_ready_is_75() {
    let dependency = Server::replying(not_ready());
    let awaited = format!("cascor={}", dependency.url());
    refusal(
        75,
        "cascor is not ready: disk is unhealthy",
        &mut waiting_for(&awaited),
    );
}

fn waiting_for(dependency: &str) -> Command {
    gate(
        &["--within", "200ms", "--await", dependency],
        &["/bin/echo", "started"],
    )
}

fn a_missing_program_is_203_and_named() {
    let said = said(&mut gate(&[], &["/nonexistent/bin/python", "-m", "data"]));
    assert_eq!(said.code, Some(203), "{said:#?}");
    assert!(
        said.stderr
            .contains("data is not started: cannot run /nonexistent/bin/python")
            && said.stderr.contains("\nhint: "),
        "{said:#?}"
    );
}

fn a_program_that_may_not_be_run_is_203() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program");
    std::fs::write(&program, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o644)).unwrap();
    let said = said(&mut gate(&[], &[program.to_str().unwrap()]));
    assert_eq!(said.code, Some(203), "{said:#?}");
    assert!(said.stderr.contains("Permission denied"), "{said:#?}");
}
