//! Whole trees of unit files, compared with the ones that were read and accepted by a person.
//!
//! Each folder `NN-name` holds a configuration, the options of `render` in `args` where there are
//! any, a tree of the machine in `root` where one matters, and everything that must come out in
//! `expected`. `SNAPSHOTS=overwrite cargo test --test golden` accepts what comes out now.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests may fail loudly, and look at this computer"
)]

mod case;
mod exposure;
#[path = "../cli/needs.rs"]
mod needs;
mod page;
#[path = "../cli/program.rs"]
mod program;
mod reference;
mod schema;
mod tree;
mod verify;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let cases = case::all();
    let mut trials: Vec<Trial> = cases
        .iter()
        .cloned()
        .map(|case| {
            Trial::test(format!("{}_renders_as_accepted", case.name), move || {
                case.compare()
            })
        })
        .collect();
    trials.extend(exposure::trials(&cases));
    // systemd-analyze verifies no tree for a user: an install of a user's has it verify the units themselves.
    let of_system = cases.into_iter().filter(|case| !case.is_user());
    trials.extend(of_system.map(verify::trial));
    trials.extend(reference::trials());
    trials.extend(schema::trials());
    trials.extend(page::trials());
    libtest_mimic::run(&arguments, trials).exit();
}
