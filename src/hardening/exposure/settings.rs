//! The settings of a unit file that its exposure depends on.
//!
//! Reads unit files as juniperctl writes them: one assignment a line, continued lines joined. An empty
//! assignment empties a list, as systemd has it. It judges nothing.

use std::collections::BTreeMap;

/// All assignments of a unit, by directive, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    values: BTreeMap<String, Vec<String>>,
}

impl Settings {
    /// Those of a unit of a user's manager, which runs everything as that user.
    #[must_use]
    pub fn of_user(text: &str) -> Self {
        Self::parse(&format!("[Service]\nUser=user\n{text}"))
    }

    /// Those of a unit file's text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut settings = Self::default();
        let joined = text.replace("\\\n", " ");
        let lines = joined
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with(['#', ';', '[']));
        for (name, value) in lines.filter_map(|line| line.split_once('=')) {
            let values = settings.values.entry(name.trim().to_owned()).or_default();
            if value.trim().is_empty() {
                values.clear();
            }
            values.push(value.trim().to_owned());
        }
        settings
    }

    /// The last value, where the directive is there and not empty.
    #[must_use]
    pub fn last(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)?
            .last()
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether the last value is a yes.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.last(name), Some("yes" | "true" | "on" | "1"))
    }

    /// Whether it is there with an empty value alone: a list of nothing.
    #[must_use]
    pub fn is_emptied(&self, name: &str) -> bool {
        self.values
            .get(name)
            .is_some_and(|values| values.iter().all(String::is_empty))
    }

    /// All words of all assignments since the last empty one.
    pub fn words(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values
            .get(name)
            .into_iter()
            .flatten()
            .flat_map(|value| value.split_whitespace())
    }

    /// All assignments since the last empty one.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values
            .get(name)
            .into_iter()
            .flatten()
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn an_empty_assignment_empties_a_list() {
        let settings = Settings::parse(
            "[Service]\n# A=b\nExecStart=:/bin/true one \\\n    two=three\nCapabilityBoundingSet=\n\
             DeviceAllow=char-rtc r\nDeviceAllow=\nDeviceAllow=/dev/null rw\nUMask=0077\nUMask=0022\n",
        );
        assert_eq!(settings.last("UMask"), Some("0022"));
        assert_eq!(
            settings.words("DeviceAllow").collect::<Vec<_>>(),
            ["/dev/null", "rw"]
        );
        assert!(settings.is_emptied("CapabilityBoundingSet"));
        assert!(!settings.is_emptied("A"));
        assert_eq!(
            settings.last("ExecStart"),
            Some(":/bin/true one      two=three")
        );
    }
}
