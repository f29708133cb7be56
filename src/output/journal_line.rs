//! One line of `journalctl --output=json` to what people want to see of it.
//!
//! Messages can be text, bytes or missing; all of them may be hostile.

use serde_json::Value;

use crate::spec::text::for_terminal;

/// An entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The unit it is about.
    pub unit: String,
    /// Whether systemd speaks about the unit, rather than the unit itself.
    pub by_systemd: bool,
    /// When, in microseconds since 1970.
    pub microseconds: Option<u64>,
    /// syslog's priority, 0 (emergency) to 7 (debug).
    pub priority: u8,
    /// The message, line by line, fit for a terminal.
    pub lines: Vec<String>,
}

/// Reads one line; `None` where it is not a journal entry.
#[must_use]
pub fn parse(line: &str) -> Option<Entry> {
    let fields: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    // systemd's own messages about a unit carry it in UNIT, everything else in _SYSTEMD_UNIT; a user's manager
    // and its units have fields of their own beside that.
    let told = text("UNIT").or_else(|| text("USER_UNIT"));
    let unit = told
        .or_else(|| text("_SYSTEMD_USER_UNIT"))
        .or_else(|| text("_SYSTEMD_UNIT"))?;
    let message = match fields.get("MESSAGE")? {
        Value::String(text) => text.clone(),
        Value::Array(bytes) => {
            let bytes: Vec<u8> = bytes
                .iter()
                .filter_map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok()))
                .collect();
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => return None,
    };
    Some(Entry {
        unit: for_terminal(unit, 256),
        by_systemd: told.is_some(),
        microseconds: text("__REALTIME_TIMESTAMP").and_then(|text| text.parse().ok()),
        priority: text("PRIORITY")
            .and_then(|text| text.parse().ok())
            .unwrap_or(6),
        lines: message
            .lines()
            .map(|line| for_terminal(line, 8_192))
            .collect(),
    })
}

/// The message of an entry that need not be about a unit.
#[must_use]
pub fn message(line: &str) -> Option<String> {
    let fields: Value = serde_json::from_str(line).ok()?;
    fields.get("MESSAGE")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn text_bytes_and_many_lines_are_read() {
        let entry = parse(
            r#"{"_SYSTEMD_UNIT":"juniper-data.service","MESSAGE":"a\nb","PRIORITY":"3","__REALTIME_TIMESTAMP":"17"}"#,
        )
        .unwrap();
        assert_eq!((entry.priority, entry.microseconds), (3, Some(17)));
        assert_eq!(entry.lines, ["a", "b"]);
        let entry =
            parse(r#"{"UNIT":"u","_SYSTEMD_UNIT":"init.scope","MESSAGE":[104,105,27]}"#).unwrap();
        assert_eq!(
            (entry.unit.as_str(), entry.lines.as_slice()),
            ("u", &["hi\\u{1b}".to_owned()][..])
        );
    }

    #[test]
    fn units_of_a_users_manager_are_told_apart() {
        for (line, unit, by_systemd) in [
            (
                r#"{"_SYSTEMD_UNIT":"user@1000.service","_SYSTEMD_USER_UNIT":"juniper-data.service","MESSAGE":"x"}"#,
                "juniper-data.service",
                false,
            ),
            (
                r#"{"_SYSTEMD_UNIT":"user@1000.service","_SYSTEMD_USER_UNIT":"init.scope","USER_UNIT":"juniper-data.service","MESSAGE":"x"}"#,
                "juniper-data.service",
                true,
            ),
        ] {
            let entry = parse(line).unwrap();
            assert_eq!((entry.unit.as_str(), entry.by_systemd), (unit, by_systemd));
        }
    }

    #[test]
    fn what_is_no_entry_is_passed_over() {
        for line in [
            "",
            "{",
            "[]",
            r#"{"MESSAGE":"x"}"#,
            r#"{"UNIT":"u"}"#,
            r#"{"UNIT":"u","MESSAGE":null}"#,
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
