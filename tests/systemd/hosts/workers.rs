//! Workers on two hosts from nothing to nothing, with one host cut off in between.

use super::super::lab::Outcome;
use super::stage::Stage;

pub(super) fn cut_off() -> Outcome {
    let stage = Stage::set()?;
    let out = super::super::lab::run(
        &stage.head,
        &std::fs::read_to_string("/tmp/hosts-try.sh").unwrap(),
    )?;
    println!("{}\n{}", out.stdout, out.stderr);
    Ok(())
}
