//! The version of systemd that units are written for.

use std::fmt;

/// A systemd release by its main number; `255.4-1ubuntu8` and `257~rc1` are 255 and 257.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SystemdVersion(u32);

impl SystemdVersion {
    /// The oldest systemd whose behaviour was measured; older ones are refused.
    pub const OLDEST: Self = Self(247);
    /// The newest systemd that was measured. Reference units are rendered for it.
    pub const NEWEST: Self = Self(262);

    /// Reads a version as systemd's own tools and its D-Bus property `Version` write it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text
            .trim()
            .trim_start_matches("systemd ")
            .trim_start_matches('v');
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|number| *number > 0).map(Self)
    }

    /// Whether something that came with release `since` is there.
    #[must_use]
    pub fn has(self, since: u32) -> bool {
        self.0 >= since
    }
}

impl fmt::Display for SystemdVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::SystemdVersion;

    #[test]
    fn distributions_add_their_own_suffixes() {
        for (text, number) in [
            ("252", 252),
            ("255.4-1ubuntu8.4", 255),
            ("v257~rc1", 257),
            ("systemd 247 (247.3-7+deb11u6)", 247),
            ("262.1-1", 262),
        ] {
            assert_eq!(
                SystemdVersion::parse(text),
                Some(SystemdVersion(number)),
                "{text}"
            );
        }
        for text in ["", "abc", "0", "-1"] {
            assert_eq!(SystemdVersion::parse(text), None, "{text}");
        }
    }
}
