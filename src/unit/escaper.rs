//! The last fence: what askama writes into a unit may not contain a line break.
//!
//! Every value was checked and encoded before; should one ever slip through, rendering fails
//! instead of adding a directive.

use std::fmt::{self, Write};

/// Passes text through and fails on control characters.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnitText;

impl askama::filters::Escaper for UnitText {
    fn write_escaped_str<W: Write>(&self, mut destination: W, text: &str) -> fmt::Result {
        let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !is_plain && text.chars().any(char::is_control) {
            return Err(fmt::Error);
        }
        destination.write_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::UnitText;
    use askama::filters::Escaper as _;

    #[test]
    fn a_line_break_fails_the_rendering() {
        let mut out = String::new();
        assert!(UnitText.write_escaped_str(&mut out, "a=b").is_ok());
        assert!(
            UnitText
                .write_escaped_str(&mut out, "a\nExecStart=/bin/sh")
                .is_err()
        );
        for control in ["\u{7f}", "\u{85}", "\u{9f}", "\t"] {
            assert!(UnitText.write_escaped_str(&mut out, control).is_err());
        }
        assert!(UnitText.write_escaped_str(&mut out, "é").is_ok());
        assert_eq!(out, "a=bé");
    }
}
