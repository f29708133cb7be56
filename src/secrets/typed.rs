//! A line typed on a terminal that shows nothing: keystrokes to a line, or to giving up.
//!
//! The terminal hands over each key as it is: were Ctrl-C a signal, it would end the program and leave
//! the terminal silent.

/// What has come of the keys so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// More is awaited.
    More,
    /// The line is complete.
    Line,
    /// The person gave up.
    GivenUp,
}

/// A line while it is typed.
#[derive(Default)]
pub struct Typing(Vec<u8>);

impl Typing {
    /// Takes one key.
    pub fn take(&mut self, key: u8) -> Typed {
        match key {
            // Ctrl-C, Ctrl-\ and, on an empty line, Ctrl-D.
            3 | 28 => return Typed::GivenUp,
            4 if self.0.is_empty() => return Typed::GivenUp,
            b'\n' | b'\r' | 4 => return Typed::Line,
            // Backspace takes a whole character, Ctrl-U the whole line.
            8 | 127 => while self.0.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            21 => self.0.clear(),
            other => self.0.push(other),
        }
        Typed::More
    }

    /// The line; `None` where it is not text.
    #[must_use]
    pub fn line(self) -> Option<String> {
        String::from_utf8(self.0).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Typed, Typing};

    fn typed(keys: &[u8]) -> (Typed, String) {
        let mut typing = Typing::default();
        let mut last = Typed::More;
        for key in keys {
            last = typing.take(*key);
        }
        (last, typing.line().unwrap())
    }

    #[test]
    fn keys_become_a_line_or_giving_up() {
        for (keys, what, line) in [
            (&b"abc\n"[..], Typed::Line, "abc"),
            (b"abc\r", Typed::Line, "abc"),
            (b"ab\x7f\x08c\n", Typed::Line, "c"),
            ("aä\u{7f}b\n".as_bytes(), Typed::Line, "ab"),
            (b"\x7fa\x04", Typed::Line, "a"),
            (b"abc\x15d\n", Typed::Line, "d"),
            (b"abc\x03", Typed::GivenUp, "abc"),
            (b"\x04", Typed::GivenUp, ""),
            (b"ab", Typed::More, "ab"),
        ] {
            assert_eq!(typed(keys), (what, line.to_owned()), "{keys:?}");
        }
    }
}
