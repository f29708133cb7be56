//! One line of `journalctl --output=json` to an entry of the kernel; an entry of anybody else is none.
//!
//! `_TRANSPORT` is journald's own word for the way by which an entry came: fields that begin with an
//! underscore cannot be written by who logs. `kernel` is what journald read from `/dev/kmsg`, which root
//! alone may write to.

use serde_json::Value;

/// An entry of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What the kernel said; may be hostile.
    pub message: String,
    /// Where it is in the journal.
    pub cursor: String,
    /// When, in microseconds since 1970.
    pub wall_us: u64,
    /// The same on the kernel's clock, in microseconds since the machine's boot.
    pub kernel_us: u64,
}

impl Entry {
    /// Reads one line.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let fields: Value = serde_json::from_str(line).ok()?;
        // Of a field that is there more than once journalctl makes a list, which is no text.
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let number = |name: &str| text(name).and_then(|text| text.parse::<u64>().ok());
        if text("_TRANSPORT") != Some("kernel") {
            return None;
        }
        Some(Self {
            message: text("MESSAGE")?.to_owned(),
            cursor: text("__CURSOR")?.to_owned(),
            wall_us: number("__REALTIME_TIMESTAMP")?,
            kernel_us: number("_SOURCE_MONOTONIC_TIMESTAMP")
                .or_else(|| number("__MONOTONIC_TIMESTAMP"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Entry;

    fn line(transport: &str) -> String {
        format!(
            "{{\"_TRANSPORT\":{transport},\"MESSAGE\":\"NVRM: x\",\"__CURSOR\":\"s=1\",\
             \"__REALTIME_TIMESTAMP\":\"7\",\"__MONOTONIC_TIMESTAMP\":\"6\",\
             \"_SOURCE_MONOTONIC_TIMESTAMP\":\"5\"}}"
        )
    }

    #[test]
    fn only_the_kernel_is_heard() {
        let entry = Entry::parse(&line("\"kernel\"")).unwrap();
        assert_eq!((entry.kernel_us, entry.wall_us), (5, 7));
        for other in [
            "\"syslog\"",
            "\"journal\"",
            "\"stdout\"",
            "\"audit\"",
            "\"Kernel\"",
            "[\"kernel\",\"syslog\"]",
            "null",
        ] {
            assert_eq!(Entry::parse(&line(other)), None, "{other}");
        }
        for broken in ["", "{", "[]", "{\"_TRANSPORT\":\"kernel\"}"] {
            assert_eq!(Entry::parse(broken), None, "{broken:?}");
        }
    }
}
