//! What another machine says of itself when it is reached.

use crate::spec::text::for_terminal;

/// Says it, one fact a line between two marks, and then stays until whoever asked is gone.
pub(super) const SCRIPT: &str = "LC_ALL=C; export LC_ALL; echo juniperctl-begin; id -u; \
    if [ $(id -u) = 0 ] || sudo -n true 2>/dev/null; then echo root; else echo user; fi; \
    uname -m; date +%s; \
    if [ -d /run/systemd/system ]; then echo systemd; else echo other; fi; \
    if [ -x /usr/bin/juniperctl ]; then /usr/bin/juniperctl --version; else echo none; fi; \
    if [ -x /usr/local/lib/juniperctl/juniperctl ]; then \
    sha256sum </usr/local/lib/juniperctl/juniperctl || echo none; else echo none; fi; \
    echo juniperctl-end; exec cat >/dev/null";

/// The line after which the facts come: a login shell may say anything before.
const BEGIN: &str = "juniperctl-begin";

/// The line after them.
const END: &str = "juniperctl-end";

/// As whom commands are run there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// As root, who logs in.
    Root,
    /// As root, by sudo(8) without a password.
    Sudo,
    /// As somebody who is not root and cannot become it.
    User,
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFacts {
    /// As whom commands are run.
    pub rights: Rights,
    /// Its kind of processor, as uname(2) has it.
    pub machine: String,
    /// Seconds since 1970 by its clock.
    pub clock: u64,
    /// Whether systemd runs it.
    pub runs_systemd: bool,
    /// What the packaged juniperctl there says of itself (`juniperctl 0.1.0`).
    pub packaged: Option<String>,
    /// The digest of the juniperctl that was brought there.
    pub brought: Option<String>,
}

/// Whether all has been said.
pub(super) fn is_complete(text: &str) -> bool {
    text.lines().any(|line| line == END)
}

/// Reads it; `None` where it is something else.
pub(super) fn parse(text: &str) -> Option<RemoteFacts> {
    let mut lines = text.lines().skip_while(|line| *line != BEGIN).skip(1);
    let uid: u32 = lines.next()?.parse().ok()?;
    let rights = match (uid, lines.next()?) {
        (0, _) => Rights::Root,
        (_, "root") => Rights::Sudo,
        _ => Rights::User,
    };
    let machine = for_terminal(lines.next()?, 40);
    let clock = lines.next()?.parse().ok()?;
    let runs_systemd = lines.next()? == "systemd";
    let some = |line: &str| (line != "none").then(|| for_terminal(line.trim(), 100));
    let packaged = some(lines.next()?);
    let brought = some(lines.next()?.trim_end_matches(['-', ' ']));
    (lines.next()? == END).then_some(RemoteFacts {
        rights,
        machine,
        clock,
        runs_systemd,
        packaged,
        brought,
    })
}

#[cfg(test)]
mod tests {
    use super::{Rights, is_complete, parse};

    #[test]
    fn a_greeting_is_passed_over_and_nonsense_refused() {
        let said = "Welcome!\njuniperctl-begin\n1000\nroot\nx86_64\n1700000000\nsystemd\njuniperctl 0.1.0\n0123abc  -\njuniperctl-end\n";
        let facts = parse(said).unwrap();
        assert!(is_complete(said));
        assert_eq!(facts.rights, Rights::Sudo);
        assert_eq!((facts.clock, facts.runs_systemd), (1_700_000_000, true));
        assert_eq!(facts.packaged.as_deref(), Some("juniperctl 0.1.0"));
        assert_eq!(facts.brought.as_deref(), Some("0123abc"));
        assert_eq!(
            parse(&said.replace("root", "user")).unwrap().rights,
            Rights::User
        );
        assert_eq!(
            parse(&said.replace("1000", "0")).unwrap().rights,
            Rights::Root
        );
        for bad in ["", "juniperctl-begin\n", "juniperctl-begin\nx\nroot\n"] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
        assert_eq!(parse(&said.replace("juniperctl-end", "more")), None);
    }
}
