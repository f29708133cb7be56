//! `lab inside time`: whole-process times of command lines that take turns.

use std::io::{self, Read as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use juniper_lab::Error;

use super::{fact, failed};

/// Stands between command lines that are run one after the other and timed together.
const THEN: &str = ";";

/// A command line: programs with their arguments, run in sequence.
type Case = Vec<Vec<String>>;

/// Prints one line for each round, with the microseconds of each case in the order they were given.
pub(super) fn run(rounds: usize) -> Result<(), Error> {
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .map_err(|source| failed("read the cases", source))?;
    let cases: Vec<Case> = text.lines().map(case).collect();
    // Once for warmth: the first run of anything reads its pages from the disk.
    for case in &cases {
        timed(case)?;
    }
    for round in 0..rounds {
        let mut times = vec![Duration::ZERO; cases.len()];
        // Each round begins with another case, so that none always follows the same one.
        let turns = (0..cases.len()).cycle().skip(round % cases.len().max(1));
        for turn in turns.take(cases.len()) {
            if let (Some(case), Some(time)) = (cases.get(turn), times.get_mut(turn)) {
                *time = timed(case)?;
            }
        }
        let times: Vec<String> = times
            .iter()
            .map(|time| time.as_micros().to_string())
            .collect();
        fact(&times.join(" "))?;
    }
    Ok(())
}

/// Reads a command line; no argument of a benchmark has a space in it.
fn case(line: &str) -> Case {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    words
        .split(|word| word == THEN)
        .map(<[String]>::to_vec)
        .collect()
}

fn timed(case: &Case) -> Result<Duration, Error> {
    let begun = Instant::now();
    for words in case {
        let Some((program, arguments)) = words.split_first() else {
            continue;
        };
        let status = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .map_err(|source| failed(&format!("run {program}"), source))?;
        if !status.success() {
            let source = io::Error::other(status.to_string());
            return Err(failed(&format!("run `{}`", words.join(" ")), source));
        }
    }
    Ok(begun.elapsed())
}

#[cfg(test)]
mod tests {
    use super::case;

    #[test]
    fn a_semicolon_parts_commands() {
        assert_eq!(case("curl -s ; true"), [vec!["curl", "-s"], vec!["true"]]);
    }
}
