//! The terminal: data to standard output, talk to standard error, colour where it is wanted.
//!
//! A reader that went away (`| head`) is no error: output just ends.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::io::{self, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};

use crate::output::user_mode::UserMode;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Talk {
    /// Errors only.
    Quiet,
    /// What people need.
    Normal,
    /// Every step.
    Verbose,
}

/// Where output goes.
#[derive(Debug)]
pub struct Terminal {
    colour: ColorChoice,
    talk: Talk,
    words: Option<UserMode>,
    failure: OnceCell<io::Error>,
    voice: Option<Voice>,
}

/// One of several that speak side by side: every line of its talk has its name in front.
#[derive(Debug)]
struct Voice {
    name: String,
    kept: RefCell<String>,
    data: VoiceData,
}

/// What becomes of the data of one of several that speak side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoiceData {
    /// It is kept until somebody takes it.
    Kept,
    /// It is shown as it comes, with the name in front of each line.
    Named,
    /// It is shown as it comes; its lines say whose they are.
    AsItIs,
}

impl Terminal {
    /// A terminal with these habits; `words` are those for who works with their own manager.
    #[must_use]
    pub fn new(colour: ColorChoice, talk: Talk, words: Option<UserMode>) -> Self {
        Self {
            colour,
            talk,
            words,
            failure: OnceCell::new(),
            voice: None,
        }
    }

    /// The same for one of several that speak side by side, by name.
    #[must_use]
    pub fn voice(&self, name: &str, data: VoiceData) -> Self {
        Self {
            colour: self.colour,
            talk: self.talk,
            words: self.words.clone(),
            failure: OnceCell::new(),
            voice: Some(Voice {
                name: name.to_owned(),
                kept: RefCell::default(),
                data,
            }),
        }
    }

    /// The data that was kept so far.
    #[must_use]
    pub fn taken(&self) -> String {
        let voice = self.voice.as_ref();
        voice.map(|voice| voice.kept.take()).unwrap_or_default()
    }

    /// Writes data.
    pub fn data(&self, text: &str) {
        let named_text;
        let text = match &self.voice {
            Some(voice) if voice.data == VoiceData::Kept => {
                voice.kept.borrow_mut().push_str(text);
                return;
            }
            Some(voice) if voice.data == VoiceData::Named => {
                named_text = named(&voice.name, text) + "\n";
                &named_text
            }
            _ => text,
        };
        let mut stream = AutoStream::new(
            io::stdout().lock(),
            self.choice(AutoStream::choice(&io::stdout())),
        );
        let written = stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush());
        if let Err(error) = written {
            // Only the first failure is told.
            let _ = self.failure.set(error);
        }
    }

    /// Writes data that speaks to the person.
    pub fn report(&self, text: &str) {
        self.data(&self.worded(text));
    }

    /// Whether data cannot be written any more; what would go on for ever ends then.
    #[must_use]
    pub fn reader_left(&self) -> bool {
        self.failure.get().is_some()
    }

    /// Why data was lost; a reader that went away by itself is no loss.
    #[must_use]
    pub fn lost(&self) -> Option<&io::Error> {
        self.failure
            .get()
            .filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
    }

    /// Writes one line of data.
    pub fn line(&self, text: &str) {
        self.data(&format!("{text}\n"));
    }

    /// Says something to the person, unless they want quiet.
    pub fn say(&self, text: &str) {
        if self.talk >= Talk::Normal {
            self.error(text);
        }
    }

    /// Says something only those want to know who asked for it.
    pub fn detail(&self, text: &str) {
        if self.talk >= Talk::Verbose {
            self.error(text);
        }
    }

    /// Says something that must be heard.
    pub fn error(&self, text: &str) {
        let text = self.worded(text);
        let mut stream = AutoStream::new(
            io::stderr().lock(),
            self.choice(AutoStream::choice(&io::stderr())),
        );
        let text = match &self.voice {
            None => text,
            Some(voice) => Cow::Owned(named(&voice.name, &text)),
        };
        let _ = writeln!(stream, "{text}");
    }

    /// A text of ours as this person is told it.
    #[must_use]
    pub fn worded<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match &self.words {
            None => Cow::Borrowed(text),
            Some(words) => Cow::Owned(words.said(text)),
        }
    }

    /// Whether reports drawn by others should carry colour on standard error.
    #[must_use]
    pub fn colours_errors(&self) -> bool {
        match self.colour {
            ColorChoice::Always | ColorChoice::AlwaysAnsi => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => AutoStream::choice(&io::stderr()) != ColorChoice::Never,
        }
    }

    /// Asks a yes-or-no question; `None` where nobody sits there to answer.
    #[must_use]
    pub fn asks(&self, question: &str) -> Option<bool> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        let mut stream = io::stderr().lock();
        let _ = write!(stream, "{question} [y/N] ").and_then(|()| stream.flush());
        drop(stream);
        let mut answer = String::new();
        let _ = io::stdin().read_line(&mut answer);
        Some(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    /// What was asked for, or what suits the stream.
    fn choice(&self, suits: ColorChoice) -> ColorChoice {
        match self.colour {
            ColorChoice::Auto => suits,
            chosen => chosen,
        }
    }
}

/// Each line with a name in front.
fn named(name: &str, text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("{name}: {line}")).collect();
    lines.join("\n")
}
