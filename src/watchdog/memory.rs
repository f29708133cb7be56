//! What must outlive the watchdog: how much was spent on whom, and which number is next.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::budget::Spent;

/// The version of the form.
const VERSION: u32 = 1;

/// Everything that is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    version: u32,
    /// The boot that times since boot count from.
    pub boot: String,
    /// What was spent, by label.
    pub spent: BTreeMap<String, Spent>,
    /// Up to where the faults of GPUs are known, on the kernel's clock in microseconds since boot.
    #[serde(default)]
    pub gpus_seen_us: u64,
}

impl Memory {
    /// What was spent in a boot.
    #[must_use]
    pub fn new(boot: &str, spent: BTreeMap<String, Spent>) -> Self {
        Self {
            version: VERSION,
            boot: boot.to_owned(),
            spent,
            gpus_seen_us: 0,
        }
    }

    /// The same, knowing the faults of GPUs up to here.
    #[must_use]
    pub fn seen(self, gpus_seen_us: u64) -> Self {
        Self {
            gpus_seen_us,
            ..self
        }
    }

    /// Reads it as the watchdog left it, whichever boot that was.
    #[must_use]
    pub fn left(text: &str) -> Self {
        let read: Option<Self> = serde_json::from_str(text).ok();
        read.filter(|memory| memory.version == VERSION)
            .unwrap_or_else(|| Self::new("", BTreeMap::new()))
    }

    /// Reads it back. What cannot be read counts as nothing: the watchdog must come up. After a
    /// reboot every service has its whole budget again, and only what a person cleared is kept.
    #[must_use]
    pub fn parse(text: &str, boot: &str) -> Self {
        let mut memory = Self::left(text);
        if memory.boot != boot {
            boot.clone_into(&mut memory.boot);
            memory.gpus_seen_us = 0;
            for spent in memory.spent.values_mut() {
                spent.restore();
            }
        }
        memory
    }

    /// It as a text.
    ///
    /// # Errors
    /// None in practice: the type has nothing that JSON cannot hold.
    pub fn written(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string(self)? + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::super::budget::Spent;
    use super::Memory;
    use std::collections::BTreeMap;

    #[test]
    fn it_comes_back_in_the_same_boot_and_is_forgotten_after_another() {
        let spent = Spent {
            actions: 3,
            not_before_us: 7,
            given_up: true,
            cleared_us: 5,
        };
        let memory = Memory::new("a", BTreeMap::from([("data".to_owned(), spent)]));
        let text = memory.written().unwrap();
        assert_eq!(Memory::parse(&text, "a"), memory);
        let after = Memory::parse(&text, "b");
        assert_eq!(
            after.spent.get("data"),
            Some(&Spent {
                cleared_us: 5,
                ..Spent::default()
            })
        );
        for damaged in ["", "{", r#"{"version":9,"boot":"a","spent":{}}"#] {
            assert_eq!(
                Memory::parse(damaged, "a"),
                Memory::new("a", BTreeMap::new())
            );
        }
    }
}
