//! README.md as a new user follows it: every command of it, in order, on a fresh machine with nothing but the packages.
//!
//! Commands stand in blocks of `sh`. A remark above one says what is different about it:
//! `<!-- trial: skipped: WHY -->`, `<!-- trial: stops after SECONDS -->`, `<!-- trial: once: CONDITION -->`.
//! Other blocks are no commands; a block of `toml` is a configuration, and is checked.

use std::path::Path;
use std::time::Duration;

use juniper_lab::{BootOptions, Machine, Root, Suite};

use super::super::lab::{Outcome, claim, exits, package, run};

/// Where the user has put the packages.
const HOME: &str = "/root/first-hour";

/// How long a condition may take: a hang is noticed within 15 seconds, and a computer may be busy.
const AWAITED: Duration = Duration::from_mins(2);

/// What is remarked of a block.
#[derive(Debug, Default)]
struct Remark {
    skipped: Option<String>,
    stops_after: Option<String>,
    once: Option<String>,
}

/// A block of the page.
#[derive(Debug)]
enum Block {
    Commands(Remark, Vec<String>),
    Configuration(String),
}

pub(super) fn is_true() -> Outcome {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let blocks = blocks(&std::fs::read_to_string(page)?)?;
    let machine = Machine::boot(&Root::prepare(Suite::Trixie)?, BootOptions::default())?;
    machine.write("/usr/local/bin/sudo", "#!/bin/sh\nexec \"$@\"\n", 0o755)?;
    for name in ["juniperctl", "juniper-standin"] {
        let package = package(name);
        let inside = Path::new(HOME).join(package.file_name().unwrap());
        machine.write(inside, std::fs::read(&package)?, 0o644)?;
    }
    let mut count = 0;
    let mut configurations = Vec::new();
    for block in blocks {
        match block {
            Block::Configuration(text) => configurations.push(text),
            Block::Commands(
                Remark {
                    skipped: Some(why), ..
                },
                lines,
            ) => {
                println!("SKIPPED of README.md: {}: {why}", lines.join("; "));
            }
            Block::Commands(remark, lines) => {
                if let Some(condition) = &remark.once {
                    machine.wait_until(condition, AWAITED, || {
                        run(&machine, condition).is_ok_and(|said| said.success())
                    })?;
                }
                for line in lines {
                    count += 1;
                    follow(&machine, &remark, &line)?;
                }
            }
        }
    }
    claim(count > 20, format!("only {count} commands"))?;
    println!("README.md: {count} commands were run");
    // The package has been purged by now; what it says of configurations is asked of it once more.
    machine.install_deb(&package("juniperctl"))?;
    for text in configurations {
        machine.write("/root/page.toml", text, 0o644)?;
        exits(&machine, "juniperctl --config /root/page.toml check", 0)?;
    }
    Ok(())
}

/// Types one line; what follows a stream is stopped as by Ctrl-C.
fn follow(machine: &Machine, remark: &Remark, line: &str) -> Outcome {
    machine.write("/root/line", format!("cd {HOME}\n{line}\n"), 0o644)?;
    match &remark.stops_after {
        None => exits(machine, "sh -e /root/line </dev/null", 0)
            .map_err(|error| format!("README.md: `{line}`: {}", error.message().unwrap_or("?")))?,
        Some(seconds) => exits(
            machine,
            &format!("timeout -s INT {seconds} sh -e /root/line </dev/null; test $? -ge 124"),
            0,
        )?,
    };
    Ok(())
}

/// All blocks in order; an indented one would escape the trial.
fn blocks(page: &str) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    let mut remark = Remark::default();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(said) = line
            .strip_prefix("<!-- trial: ")
            .and_then(|rest| rest.strip_suffix(" -->"))
        {
            remark = read(said)?;
        } else if let Some(language) = line.strip_prefix("```") {
            let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let remark = std::mem::take(&mut remark);
            match language {
                "sh" => blocks.push(Block::Commands(remark, commands(&inside))),
                "toml" => blocks.push(Block::Configuration(inside.join("\n"))),
                "text" => {}
                other => return Err(format!("a block of {other:?}")),
            }
        } else if line.starts_with("    ") {
            return Err(format!("an indented block is not run: {line}"));
        }
    }
    Ok(blocks)
}

fn read(said: &str) -> Result<Remark, String> {
    let mut remark = Remark::default();
    let place = if let Some(why) = said.strip_prefix("skipped: ") {
        (&mut remark.skipped, why)
    } else if let Some(seconds) = said.strip_prefix("stops after ") {
        (&mut remark.stops_after, seconds)
    } else if let Some(condition) = said.strip_prefix("once: ") {
        (&mut remark.once, condition)
    } else {
        return Err(format!("a remark that nobody understands: {said}"));
    };
    *place.0 = Some(place.1.to_owned());
    Ok(remark)
}

/// Lines that end in a backslash go on in the next one.
fn commands(lines: &[&str]) -> Vec<String> {
    let joined = lines.join("\n").replace("\\\n", "");
    joined
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}
