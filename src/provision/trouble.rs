//! Why pip or venv failed, in words for people, with what to do now.
//!
//! Their own last lines are shown where nothing better is known.

use crate::error::{CommandError, Kind};
use crate::spec::text::for_terminal;

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Making the empty environment.
    Preparing,
    /// Fetching wheels from the index.
    Downloading,
    /// Fetching torch for the processor from the index that it alone lies in.
    DownloadingTorch,
    /// Installing wheels from a directory of the site.
    FromWheelhouse,
    /// Installing wheels that were downloaded.
    Installing,
}

/// Signs that the index is out of reach.
const UNREACHABLE: [&str; 8] = [
    "Temporary failure in name resolution",
    "Name or service not known",
    "NewConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "Network is unreachable",
    "Could not fetch URL",
];

/// How much of what it said is shown.
const SHOWN: usize = 8;

/// The error to tell; `service` is whose environment was being made.
#[must_use]
pub fn trouble(service: &str, doing: Doing, said: &str) -> CommandError {
    // Not with this service's name: others may be missing, too.
    let again = "then the same command again, which keeps what is finished";
    let said_any = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
    if said_any(&["No space left on device", "Errno 28"]) {
        return CommandError::new(
            Kind::Machine,
            format!("the disk is full: the new environment of {service} was not finished"),
        )
        .hint(format!(
            "make room below /opt/juniper and /var/cache, {again}"
        ));
    }
    if said.contains("DO NOT MATCH THE HASHES") {
        let package = after(said, "    ").filter(|line| line.contains("=="));
        let which = package.map_or_else(String::new, |line| format!(" of {line}"));
        return CommandError::new(
            Kind::NotAsAsked,
            format!("wrong hash: the file{which} for {service} is not the one that the lock file names; it was not installed"),
        )
        .hint("it was damaged on its way, or the index or the wheelhouse holds another file under this name: find out which before you go on")
        .hint(format!("take that file away from the wheelhouse or the cache in between, {again}"));
    }
    if said.contains("ensurepip") {
        return CommandError::new(
            Kind::Machine,
            format!(
                "this Python cannot make an environment for {service}: its ensurepip is missing"
            ),
        )
        .hint(format!("sudo apt install python3-venv, {again}"));
    }
    let missing = after(said, "No matching distribution found for ");
    if doing == Doing::FromWheelhouse
        && let Some(package) = missing
    {
        return CommandError::new(
            Kind::NotAsAsked,
            format!("the wheelhouse has no wheel of {package} for this Python and processor, which {service} needs"),
        )
        .hint("fill it on a machine with network and the same Python: pip download --require-hashes --no-deps --only-binary :all: -d DIR -r /usr/share/juniperctl/locks/FILE");
    }
    // An index that knows no version at all of what is published is none.
    let is_unreachable = said_any(&UNREACHABLE) || said.contains("(from versions: none)");
    if doing == Doing::DownloadingTorch && is_unreachable {
        return CommandError::new(
            Kind::Machine,
            format!("the index of torch for the processor cannot be reached: nothing was installed for {service}"),
        )
        .hint("the torch for NVIDIA GPUs computes on the processor, too, comes from the index of all others, and takes 3 GB: sudo juniperctl provision --torch cuda")
        .hint(format!("or let the machine reach https://download.pytorch.org, or name a mirror of it by --torch-index URL, {again}"));
    }
    if doing == Doing::Downloading && is_unreachable {
        return CommandError::new(
            Kind::Machine,
            format!("the package index cannot be reached: nothing was installed for {service}"),
        )
        .hint(format!("look at the network, and at a proxy or an index of your own in /etc/pip.conf, {again}, downloads of other services included"))
        .hint("without network: sudo juniperctl provision --wheelhouse DIR");
    }
    if let Some(package) = missing {
        return CommandError::new(
            Kind::NotAsAsked,
            format!("there is no wheel of {package} for this Python and processor, which {service} needs"),
        )
        .hint("another Python may do: sudo juniperctl provision --python PATH");
    }
    let verb = match doing {
        Doing::Preparing => "make an empty environment",
        Doing::Downloading | Doing::DownloadingTorch => "download the packages",
        Doing::FromWheelhouse | Doing::Installing => "install the packages",
    };
    CommandError::new(
        Kind::NotAsAsked,
        format!("cannot {verb} of {service}:\n{}", last_lines(said)),
    )
}

/// The rest of the first line that begins like this.
fn after<'s>(said: &'s str, begins: &str) -> Option<&'s str> {
    let place = said.lines().find_map(|line| {
        let at = line.find(begins)?;
        line.get(at + begins.len()..)
    })?;
    let word = place.split_whitespace().next()?;
    (word.len() <= 100 && !word.chars().any(char::is_control)).then_some(word)
}

fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let from = lines.len().saturating_sub(SHOWN);
    let shown = lines.get(from..).unwrap_or_default();
    let shown: Vec<String> = shown
        .iter()
        .map(|line| format!("    {}", for_terminal(line, 300)))
        .collect();
    if shown.is_empty() {
        "    it ended without a word".to_owned()
    } else {
        shown.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::{Doing, trouble};

    fn told(doing: Doing, said: &str) -> String {
        let error = trouble("data", doing, said);
        let code = error.kind.exit_code();
        format!("{code} {}\n{}", error.message, error.hints.join("\n"))
    }

    #[test]
    fn each_trouble_is_told_from_the_others() {
        for (doing, said, code, part, advice) in [
            (
                Doing::FromWheelhouse,
                "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If\n    tiny==1.0 from file:///w/tiny-1.0-py3-none-any.whl:\n        Expected sha256 00",
                1,
                "wrong hash: the file of tiny==1.0",
                "find out which",
            ),
            (
                Doing::FromWheelhouse,
                "ERROR: Could not find a version that satisfies the requirement tiny==1.0 (from versions: none)\nERROR: No matching distribution found for tiny==1.0",
                1,
                "the wheelhouse has no wheel of tiny==1.0",
                "pip download",
            ),
            (
                Doing::Downloading,
                "WARNING: Retrying ... NewConnectionError('...: [Errno -3] Temporary failure in name resolution')",
                4,
                "index cannot be reached",
                "--wheelhouse DIR",
            ),
            (
                Doing::DownloadingTorch,
                "ERROR: Could not find a version that satisfies the requirement torch==2.13.0+cpu (from versions: none)",
                4,
                "the index of torch for the processor cannot be reached",
                "provision --torch cuda",
            ),
            (
                Doing::Downloading,
                "ERROR: No matching distribution found for tiny==1.0",
                1,
                "no wheel of tiny==1.0",
                "--python PATH",
            ),
            (
                Doing::Installing,
                "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
                4,
                "the disk is full",
                "make room",
            ),
            (
                Doing::Preparing,
                "The virtual environment was not created successfully because ensurepip is not available.",
                4,
                "ensurepip is missing",
                "apt install python3-venv",
            ),
            (
                Doing::Installing,
                "a\u{1b}[31m\nb\n",
                1,
                "cannot install",
                "",
            ),
        ] {
            let told = told(doing, said);
            assert!(told.starts_with(&code.to_string()), "{told}");
            assert!(told.contains(part) && told.contains(advice), "{told}");
            assert!(!told.contains('\u{1b}'), "{told}");
        }
    }
}
