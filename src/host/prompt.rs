//! A value from whoever sits there, without showing it, or from what standard input is connected to.

use std::io::{self, IsTerminal as _, Read as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::secrets::{Typed, Typing};

/// The most that is read: more than any value may have.
const MOST: u64 = 1024 * 1024;

/// Whether a person sits at standard input.
#[must_use]
pub fn is_person() -> bool {
    io::stdin().is_terminal()
}

/// All of standard input.
///
/// # Errors
/// It cannot be read, or is no text.
pub fn piped() -> io::Result<String> {
    let mut text = String::new();
    io::stdin().lock().take(MOST).read_to_string(&mut text)?;
    Ok(text)
}

/// Asks on the terminal, one question after the other, and shows nothing of the answers; `None` where the
/// person gives up.
///
/// # Errors
/// The terminal cannot be kept from showing what is typed, or is gone.
pub fn asked<const N: usize>(questions: [&str; N]) -> io::Result<Option<[String; N]>> {
    // Over all of them: between two questions nothing is shown either.
    let _silence = Silence::of_stdin()?;
    let mut answers = [const { String::new() }; N];
    for (question, answer) in questions.into_iter().zip(&mut answers) {
        match line(question)? {
            Some(line) => *answer = line,
            None => return Ok(None),
        }
    }
    Ok(Some(answers))
}

fn line(question: &str) -> io::Result<Option<String>> {
    let stdin = io::stdin();
    let mut talk = io::stderr().lock();
    write!(talk, "{question}: ")?;
    talk.flush()?;
    let mut typing = Typing::default();
    let mut key = [0];
    let ended = loop {
        // Unbuffered, so that what follows the line is left to the next question.
        if rustix::io::read(&stdin, &mut key)? == 0 {
            break Typed::GivenUp;
        }
        match typing.take(key[0]) {
            Typed::More => {}
            ended => break ended,
        }
    };
    writeln!(talk)?;
    if ended == Typed::GivenUp {
        return Ok(None);
    }
    let not_text = || io::Error::new(io::ErrorKind::InvalidData, "what was typed is no text");
    typing.line().map(Some).ok_or_else(not_text)
}

/// Keeps the terminal from showing what is typed until dropped.
struct Silence(Termios);

impl Silence {
    fn of_stdin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        // Key by key, Ctrl-C included: as a signal it would leave the terminal silent.
        silent.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // Where the terminal is gone there is nothing to restore.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
