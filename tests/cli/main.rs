//! The built program as a user meets it: exit codes, what goes to which stream, what it leaves on
//! a tree, and how the gate behaves with real sockets.
//!
//! No test needs a bus, root or the network; what needs a program that is missing here is reported
//! as ignored.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests may fail loudly, and use this computer's files and loopback"
)]

/// Makes a trial of each function, under its own name.
macro_rules! trials {
    ($($test:path),* $(,)?) => {
        vec![$(libtest_mimic::Trial::test(
            concat!(module_path!(), "::", stringify!($test)),
            || { $test(); Ok(()) },
        )),*]
    };
}

mod completions;
mod configuration;
mod explain;
mod export;
mod gate_exec;
mod gate_ready;
mod gate_watch;
mod graph;
mod health;
mod help;
mod import;
mod incidents;
mod install;
mod installed;
mod machine;
mod needs;
mod notification;
mod output;
mod packagers;
mod program;
mod refusals;
mod secret;
mod server;
mod tree;
mod user;

use libtest_mimic::Arguments;

fn main() {
    let arguments = Arguments::from_args();
    let trials = [
        help::trials(),
        configuration::trials(),
        explain::trials(),
        export::trials(),
        output::trials(),
        completions::trials(),
        packagers::trials(),
        install::trials(),
        installed::trials(),
        import::trials(),
        incidents::trials(),
        notification::trials(),
        refusals::trials(),
        secret::trials(),
        machine::trials(),
        health::trials(),
        graph::trials(),
        gate_ready::trials(),
        gate_exec::trials(),
        gate_watch::trials(),
        user::trials(),
    ];
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit();
}
