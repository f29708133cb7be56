//! A Procfile: one line for each process, each a command of a POSIX shell.
//!
//! A line makes the directories, sets the variables of this process alone, and becomes the gate, which becomes the
//! service; so the order holds though honcho starts all at once. Nothing here is expanded but `$PWD`, the directory
//! of the Procfile.

use std::fmt::Write as _;

use crate::spec::stack::{Managed, Output, Service};

use super::directories::{Directories, Value};
use super::target::Target;
use super::{File, Group, Loss, Refusal, environment, gate, managed, readme, shell};

/// The longest word that the kernel hands to a program, which a whole line is to the shell (execve(2)).
const LONGEST: usize = 131_071;

pub(super) fn files(group: Group<'_>, losses: &[Loss]) -> Result<Vec<File>, Vec<Refusal>> {
    let mut text = readme::head(Target::Procfile, losses);
    let mut refusals = Vec::new();
    for (service, managed) in managed(group) {
        for member in service.members() {
            let instance = member.instance.unwrap_or(1);
            let name = member.label().replace('@', "-");
            let command = command(service, managed, group, instance);
            if command.len() > LONGEST {
                refusals.push(Refusal {
                    service: service.name.clone(),
                    key: "command",
                    why: format!(
                        "with its variables it makes a line of {} bytes; a shell takes {LONGEST}",
                        command.len()
                    ),
                });
                break;
            }
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}: {command}");
        }
    }
    if refusals.is_empty() {
        Ok(vec![File {
            name: "Procfile".to_owned(),
            text,
        }])
    } else {
        Err(refusals)
    }
}

fn command(service: &Service, managed: &Managed, group: Group<'_>, instance: u32) -> String {
    let directories = Directories::of(service, managed, Target::Procfile, instance);
    let wanted = directories.wanted(managed).join(" ");
    let mut line = format!("umask 077; mkdir -p {wanted}; ");
    let mut assignments = String::new();
    for (name, value) in environment::variables(service, managed, group, Target::Procfile, instance)
    {
        let _ = write!(assignments, "{name}={} ", word(&value));
    }
    let exec = gate::exec(service, managed, group, Target::Procfile, instance);
    let working = word(&directories.working(managed));
    let _ = write!(
        line,
        "exec env {assignments}sh -c 'cd \"$0\" && exec \"$@\"' {working} {}",
        shell::words(&exec)
    );
    if managed.standard_output == Output::Discard {
        line.push_str(" >/dev/null");
    }
    line
}

fn word(value: &Value) -> String {
    match value {
        Value::Plain(text) => shell::word(text),
        // The path below is letters, digits and a few more.
        Value::Here(path) => format!("\"$PWD\"/{path}"),
    }
}
