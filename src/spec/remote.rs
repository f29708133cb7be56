//! How another machine is called: its name in the configuration, and what ssh(1) is told.
//!
//! Both are closed sets of characters, so that neither can be taken for an option or for a shell's word.
//! Nothing here connects to anybody.

use std::fmt;

use super::fault::Problem;

/// The longest name that DNS takes.
const MAX_HOST: usize = 253;

/// The longest user name that Linux takes.
const MAX_USER: usize = 32;

/// What ssh(1) connects to: `[user@]host`, where the host may be a name of the user's own ssh
/// configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SshTarget(String);

impl SshTarget {
    /// Takes `[user@]host` if it can be nothing else.
    ///
    /// # Errors
    /// Says the rule that was broken.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let (user, host) = match text.split_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, text),
        };
        let user_is_one = user.is_none_or(|user| is_word(user, MAX_USER, "_.-"));
        if user_is_one && is_word(host, MAX_HOST, "_.:-") {
            Ok(Self(text.to_owned()))
        } else {
            Err(Problem::invalid(
                "a host is [user@]host: letters, digits and . _ - (: in an address), not beginning with . : or -",
            ))
        }
    }

    /// As ssh(1) takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SshTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn is_word(text: &str, longest: usize, besides: &str) -> bool {
    text.len() <= longest
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || besides.contains(c))
}

#[cfg(test)]
mod tests {
    use super::SshTarget;

    #[test]
    fn a_target_is_no_option_and_no_shell_word() {
        for good in [
            "gpu1",
            "root@gpu1.lab.example",
            "10.77.0.11",
            "ada@fe80::1",
            "a_b",
        ] {
            assert!(SshTarget::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "-oProxyCommand=x",
            "root@-l",
            "-x@host",
            "a b",
            "a;b",
            "a@b@c",
            "$(x)",
            "a\n",
            "@a",
            "a@",
            "ä",
            "::1",
            "a/b",
            "a'b",
        ] {
            assert!(SshTarget::parse(bad).is_err(), "{bad:?}");
        }
    }
}
