//! Instance counts that `juniperctl scale` remembers: a configuration text of its own, read as the
//! last of the drop-ins.
//!
//! Text in, text out. A file that somebody has changed by hand is theirs and is refused.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::name::ServiceName;

/// The drop-in's file name: after all others that are named as drop-ins usually are.
pub const FILE: &str = "99-scale.toml";

/// How the file begins.
const MARK: &str = "# Written by `juniperctl scale`, which replaces it as a whole.\n";

/// How many instances of each service are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scale {
    counts: BTreeMap<ServiceName, u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    services: BTreeMap<String, Instances>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Instances {
    instances: u32,
}

impl Scale {
    /// Reads the file; `None` where it holds what `scale` does not write.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let document: Document = toml::from_str(text.strip_prefix(MARK)?).ok()?;
        let counts = document
            .services
            .into_iter()
            .map(|(name, Instances { instances })| {
                Some((ServiceName::parse(&name).ok()?, instances))
            })
            .collect::<Option<_>>()?;
        Some(Self { counts })
    }

    /// The same with another count for one service.
    #[must_use]
    pub fn with(mut self, service: ServiceName, count: u32) -> Self {
        self.counts.insert(service, count);
        self
    }

    /// The file's text.
    #[must_use]
    pub fn written(&self) -> String {
        let mut text = MARK.to_owned();
        for (service, count) in &self.counts {
            text.push_str("\n[services.");
            text.push_str(service.as_str());
            text.push_str("]\ninstances = ");
            text.push_str(&count.to_string());
            text.push('\n');
        }
        text
    }
}

/// Whether `scale` wrote a file.
#[must_use]
pub fn is_ours(text: &str) -> bool {
    Scale::parse(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::Scale;
    use crate::spec::ServiceName;

    #[test]
    fn counts_survive_and_hand_made_files_are_not_taken() {
        let name = |text: &str| ServiceName::parse(text).unwrap();
        let scale = Scale::default()
            .with(name("worker"), 1)
            .with(name("report"), 3)
            .with(name("worker"), 4);
        let text = scale.written();
        assert_eq!(Scale::parse(&text), Some(scale));
        assert!(
            text.ends_with("[services.worker]\ninstances = 4\n"),
            "{text}"
        );
        for other in [
            "[services.worker]\ninstances = 4\n".to_owned(),
            format!("{text}\ngpu = true\n"),
            format!("{text}\n[services.\"a b\"]\ninstances = 1\n"),
        ] {
            assert_eq!(Scale::parse(&other), None, "{other}");
        }
    }
}
