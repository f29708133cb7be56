//! Small files of another machine, copied into a private directory here, so that everything that reads
//! configuration and records reads them as if they were its own.
//!
//! Which files is decided here and not there: a name that was not asked for is refused, and so is what is
//! larger than such a file ever is.

use std::fs;
use std::path::Path;

use super::error::RemoteError;

/// Prints each file with its length and name before it. Files are replaced by renaming, so what is read is
/// one version; the length is that of what was read.
pub(super) const SCRIPT: &str = "LC_ALL=C; export LC_ALL; \
    for f in /etc/juniper/juniper.toml /etc/juniper/juniper.toml.d/*.toml /var/lib/juniperctl/receipt.json \
    /var/lib/juniperctl/watchdog/incidents.jsonl /var/lib/juniperctl/watchdog/spent.json \
    /var/lib/juniperctl/watchdog/orders.json; do \
    [ -f $f ] && [ -r $f ] || continue; t=$(cat $f; printf .); t=${t%.}; \
    printf \"%s %s\\n\" ${#t} $f; printf %s \"$t\"; done; echo end";

/// The largest of them that is taken.
const MAX_FILE: usize = 8 * 1024 * 1024;

/// Where drop-ins lie.
const DROP_INS: &str = "/etc/juniper/juniper.toml.d/";

/// The files that are asked for by name.
const FILES: [&str; 5] = [
    "/etc/juniper/juniper.toml",
    "/var/lib/juniperctl/receipt.json",
    "/var/lib/juniperctl/watchdog/incidents.jsonl",
    "/var/lib/juniperctl/watchdog/spent.json",
    "/var/lib/juniperctl/watchdog/orders.json",
];

/// Takes apart what the script printed: names with contents.
pub(super) fn parse(printed: &[u8]) -> Result<Vec<(String, Vec<u8>)>, RemoteError> {
    let mut rest = printed;
    let mut files = Vec::new();
    loop {
        let unfit = || RemoteError::failed("read its configuration", "it sends something else");
        let end = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or_else(unfit)?;
        let (head, after) = rest.split_at_checked(end).ok_or_else(unfit)?;
        let after = after.get(1..).ok_or_else(unfit)?;
        let head = std::str::from_utf8(head).map_err(|_| unfit())?;
        if head == "end" {
            return Ok(files);
        }
        let (length, name) = head.split_once(' ').ok_or_else(unfit)?;
        let length: usize = length.parse().map_err(|_| unfit())?;
        if !is_asked_for(name) || length > MAX_FILE {
            return Err(unfit());
        }
        let (content, after) = after.split_at_checked(length).ok_or_else(unfit)?;
        files.push((name.to_owned(), content.to_owned()));
        rest = after;
    }
}

/// Only what was asked for may be written here.
fn is_asked_for(name: &str) -> bool {
    let is_drop_in = name.strip_prefix(DROP_INS).is_some_and(|file| {
        file.strip_suffix(".toml")
            .is_some_and(|stem| !stem.is_empty())
            && !file.starts_with('.')
            && file.len() <= 200
            && file
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    });
    is_drop_in || FILES.contains(&name)
}

/// Writes them below a directory.
pub(super) fn write(below: &Path, files: &[(String, Vec<u8>)]) -> std::io::Result<()> {
    fs::create_dir_all(below)?;
    for (name, content) in files {
        let path = below.join(name.trim_start_matches('/'));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{parse, write};

    #[test]
    fn what_was_asked_for_is_taken_and_nothing_else() {
        let printed = b"6 /etc/juniper/juniper.toml\na = 1\n4 /etc/juniper/juniper.toml.d/9-x.toml\nb\nc\nend\n";
        let files = parse(printed).unwrap();
        assert_eq!(files.len(), 2);
        assert_eq!(files[0].1, b"a = 1\n");
        assert_eq!(files[1].1, b"b\nc\n");
        let scratch = tempfile::tempdir().unwrap();
        write(scratch.path(), &files).unwrap();
        let written = scratch.path().join("etc/juniper/juniper.toml.d/9-x.toml");
        assert_eq!(std::fs::read(written).unwrap(), b"b\nc\n");
        assert!(parse(b"end\n").unwrap().is_empty());
        for bad in [
            &b"1 /etc/passwd\nxend\n"[..],
            b"1 /etc/juniper/juniper.toml.d/../../x.toml\nxend\n",
            b"1 /etc/juniper/juniper.toml.d/.toml\nxend\n",
            b"9 /etc/juniper/juniper.toml\nx\nend\n",
            b"99999999999 /etc/juniper/juniper.toml\nx",
            b"-1 /etc/juniper/juniper.toml\nx",
            b"",
            b"\xff\n",
        ] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
