//! `lab`: boots throw-away machines by hand and prepares what the tests boot.
//!
//! Reads the command line and reports; all the work is the library's.

mod bench;
mod demo;
mod inside;
mod packages;
mod prepare;
mod requirements;
mod shell;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use juniper_lab::{Error, Suite};

/// Boots real systemd machines for tests, demonstrations and benchmarks.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make the roots, so that no test has to.
    Prepare {
        /// The suites to make; those of Debian if none is named.
        suites: Vec<Suite>,
        /// Also make the images of whole virtual machines.
        #[arg(long = "virtual")]
        images: bool,
        /// Make the images of whole virtual machines with a foreign processor, and nothing else.
        #[arg(long)]
        foreign: bool,
        /// Also make the roots with Debian's sshd.
        #[arg(long)]
        ssh: bool,
        /// Also install the published Juniper services, some gigabytes.
        #[arg(long)]
        real: bool,
    },
    /// Boot a throw-away machine and give a shell in it.
    Shell {
        /// The suite to boot.
        suite: Suite,
        /// Show the published Juniper services to it.
        #[arg(long)]
        real: bool,
    },
    /// Install juniperctl on a throw-away machine and show what it does, a hang included.
    Demo {
        /// Run the published Juniper services instead of the stand-ins.
        #[arg(long)]
        real: bool,
        /// Where the Debian packages are, instead of target/debian.
        #[arg(long, value_name = "DIR")]
        packages: Option<PathBuf>,
    },
    /// Measure juniperctl beside what one would use instead, with stand-ins; takes a quarter of an hour.
    Bench {
        /// Measure this part alone and leave the report's other sections as they are.
        #[arg(long, value_name = "PART")]
        only: Vec<bench::Part>,
        /// Where the Debian packages are, instead of target/debian.
        #[arg(long, value_name = "DIR")]
        packages: Option<PathBuf>,
        /// Also write the report to this file.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// What the benchmark runs in its machine.
    #[command(hide = true)]
    Inside {
        #[command(subcommand)]
        task: inside::Task,
    },
    /// Tell what this computer lacks for booting machines.
    Requirements,
}

fn main() -> ExitCode {
    let Arguments { verb } = Arguments::parse();
    let done = match verb {
        Verb::Prepare {
            suites,
            foreign: true,
            ..
        } => prepare::foreign(&suites),
        Verb::Prepare {
            suites,
            images,
            ssh,
            real,
            ..
        } => prepare::run(&suites, &prepare::Extras { images, ssh, real }),
        Verb::Shell { suite, real } => shell::run(suite, real),
        Verb::Demo { real, packages } => demo::run(real, packages.as_deref()),
        Verb::Bench {
            only,
            packages,
            out,
        } => bench::run(&only, packages.as_deref(), out.as_deref()),
        Verb::Inside { task } => inside::run(task),
        Verb::Requirements => Ok(requirements::run()),
    };
    done.unwrap_or_else(|error| {
        tell(&format!("lab: {error}"));
        if error.is_unavailable() {
            tell("SKIPPED: that is no fault of what is tested, and the trials that need it will say that they did not run");
            return ExitCode::from(UNAVAILABLE);
        }
        ExitCode::FAILURE
    })
}

/// The exit code where the surroundings are to blame (`EX_TEMPFAIL` of sysexits.h).
const UNAVAILABLE: u8 = 75;

/// What a verb comes to.
type Done = Result<ExitCode, Error>;

/// A line for the person at the terminal.
fn tell(line: &str) {
    // Where nobody can be told, nobody can be told that either.
    drop(writeln!(io::stderr().lock(), "{line}"));
}
