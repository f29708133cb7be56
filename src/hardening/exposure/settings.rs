//! The settings of a unit file that its exposure depends on.
//!
//! Reads unit files as juniperctl writes them: one assignment a line, continued lines joined. An empty
//! assignment empties a list, as systemd has it. It judges nothing.

use std::borrow::Cow;

/// All assignments of a unit, in order, but for those that a later empty one took back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings<'t> {
    assignments: Vec<(&'t str, Cow<'t, str>)>,
}

impl<'t> Settings<'t> {
    /// Those of a unit of a user's manager, which runs everything as that user.
    #[must_use]
    pub fn of_user(text: &'t str) -> Self {
        let mut settings = Self::default();
        settings.assign("User", Cow::Borrowed("user"));
        settings.read(text);
        settings
    }

    /// Those of a unit file's text.
    #[must_use]
    pub fn parse(text: &'t str) -> Self {
        let mut settings = Self::default();
        settings.read(text);
        settings
    }

    fn read(&mut self, text: &'t str) {
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some((name, value)) = assignment(line) else {
                continue;
            };
            let mut value = Cow::Borrowed(value);
            while value.ends_with('\\') {
                let joined = value.to_mut();
                joined.pop();
                joined.push(' ');
                joined.push_str(lines.next().unwrap_or_default().trim_end());
            }
            self.assign(name, value);
        }
    }

    fn assign(&mut self, name: &'t str, value: Cow<'t, str>) {
        if value.is_empty() {
            self.assignments.retain(|(other, _)| *other != name);
        }
        self.assignments.push((name, value));
    }

    /// The last value, where the directive is there and not empty.
    #[must_use]
    pub fn last(&self, name: &str) -> Option<&str> {
        let (_, value) = self.assignments.iter().rfind(|(other, _)| *other == name)?;
        Some(value.as_ref()).filter(|value| !value.is_empty())
    }

    /// Whether the last value is a yes.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.last(name), Some("yes" | "true" | "on" | "1"))
    }

    /// Whether it is there with an empty value alone: a list of nothing.
    #[must_use]
    pub fn is_emptied(&self, name: &str) -> bool {
        let mut values = self.values(name).peekable();
        values.peek().is_some() && values.all(str::is_empty)
    }

    /// All words of all assignments since the last empty one.
    pub fn words(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name).flat_map(str::split_whitespace)
    }

    /// All assignments since the last empty one.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name).filter(|value| !value.is_empty())
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.assignments
            .iter()
            .filter(move |(other, _)| *other == name)
            .map(|(_, value)| value.as_ref())
    }
}

/// The name and what stands behind the equals sign, of a line that assigns.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if line.starts_with(['#', ';', '[']) {
        return None;
    }
    let (name, value) = line.split_once('=')?;
    Some((name.trim_end(), value.trim_start()))
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
