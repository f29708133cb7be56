//! API keys as the real services keep them: files named by variables; whoever has one demands it on
//! every path but those of health and the dashboard's page. It reads its files once, at the start.

use std::fs;
use std::path::PathBuf;

use crate::contract::Answer;
use crate::failure::Failure;

/// Which files, and whether there must be a key; pure, read from the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyFiles {
    /// The file with the keys that are accepted, separated by commas.
    pub(crate) accepted: Option<PathBuf>,
    /// Whether it refuses to start without one.
    pub(crate) required: bool,
    /// The file with the key that is sent to the training service.
    pub(crate) sent: Option<PathBuf>,
}

/// The keys themselves.
#[derive(Clone, Default)]
pub(crate) struct Keys {
    accepted: Vec<String>,
    sent: Option<String>,
}

impl Keys {
    /// Reads the files; one that is not there counts for nothing, as in the real services.
    pub(crate) fn read(files: &KeyFiles) -> Result<Self, Failure> {
        let text = |path: &Option<PathBuf>| {
            let text = fs::read_to_string(path.as_ref()?).ok()?;
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let accepted: Vec<String> = text(&files.accepted)
            .map(|keys| keys.split(',').map(|key| key.trim().to_owned()).collect())
            .unwrap_or_default();
        if files.required && accepted.is_empty() {
            return Err(Failure::start_up(
                "authentication is required, and no API key is configured",
            ));
        }
        Ok(Self {
            accepted,
            sent: text(&files.sent),
        })
    }

    /// The line of a request's head that sends the key; nothing where there is none.
    pub(crate) fn header(&self) -> String {
        self.sent
            .as_ref()
            .map(|key| format!("x-api-key: {key}\r\n"))
            .unwrap_or_default()
    }

    /// What is said instead of an answer to a request without the right key.
    pub(crate) fn refusal(&self, path: &str, key: Option<&str>) -> Option<Answer> {
        let open = path.starts_with("/v1/health") || path.starts_with("/dashboard");
        if self.accepted.is_empty() || open {
            return None;
        }
        match key {
            None => Some(Answer::detail(
                401,
                "Missing API key. Provide X-API-Key header.",
            )),
            Some(key) if self.accepted.iter().any(|accepted| accepted == key) => None,
            Some(_) => Some(Answer::detail(401, "Invalid API key.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyFiles, Keys};

    #[test]
    fn a_key_is_demanded_everywhere_but_on_health() {
        let keys = Keys {
            accepted: vec!["one".to_owned(), "two".to_owned()],
            sent: Some("two".to_owned()),
        };
        let status = |path, key| keys.refusal(path, key).map(|answer| answer.status);
        assert_eq!(status("/v1/training/status", None), Some(401));
        assert_eq!(status("/v1/training/status", Some("three")), Some(401));
        assert_eq!(status("/v1/training/status", Some("two")), None);
        assert_eq!(status("/v1/health/ready", None), None);
        assert_eq!(keys.header(), "x-api-key: two\r\n");
        assert!(
            Keys::default()
                .refusal("/v1/training/status", None)
                .is_none()
        );
    }

    #[test]
    fn without_the_key_that_it_requires_it_does_not_start() {
        let files = KeyFiles {
            accepted: Some("/nonexistent".into()),
            required: true,
            sent: None,
        };
        assert_eq!(
            Keys::read(&files).err().map(|failure| failure.status),
            Some(3)
        );
    }
}
