//! Directories that a service insists on writing to, led to one of its own.
//!
//! Some programs write beside their installed modules or below their working directory, without a
//! setting. systemd can show them one of their own directories there (`BindPaths=`). Only the
//! description: what a pattern matches is looked up by `host::files`.

use super::derived::{Derived, EnvironmentValue};
use super::fault::Problem;
use super::text::AbsolutePath;

/// One such directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// Where the service writes.
    pub target: BindTarget,
    /// Which of its own directories is there instead.
    pub source: EnvironmentValue,
}

/// Where a service writes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum BindTarget {
    /// Below one of its own directories, as `self.state/logs`.
    Own(String),
    /// At a path of the machine.
    Matching(PathPattern),
}

/// An absolute path in which one `*` may stand for part of a name, such as a Python version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathPattern(String);

impl PathPattern {
    /// Takes letters, digits, `.`, `_`, `-`, slashes and at most one `*`.
    ///
    /// # Errors
    /// Says what is allowed.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-*".contains(c);
        AbsolutePath::parse(text)?;
        if text.chars().all(plain) && text.matches('*').count() <= 1 {
            Ok(Self(text.to_owned()))
        } else {
            Err(Problem::invalid(
                "a path of letters, digits, / . _ - and at most one *",
            ))
        }
    }

    /// The pattern as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The directory above the component with the `*`, what the component begins and ends with,
    /// and what follows; `None` where there is no `*`.
    #[must_use]
    pub fn parts(&self) -> Option<(&str, &str, &str, &str)> {
        let (before, after) = self.0.split_once('*')?;
        let (directory, begins) = before.rsplit_once('/')?;
        let (ends, below) = after.split_once('/').unwrap_or((after, ""));
        Some((directory, begins, ends, below))
    }
}

impl BindTarget {
    /// Reads `self.state/DIRECTORY` or an absolute path.
    ///
    /// # Errors
    /// It is neither.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if text.starts_with("self.") {
            own(text).map(|_| Self::Own(text.to_owned()))
        } else {
            PathPattern::parse(text).map(Self::Matching)
        }
    }
}

/// Reads one of a service's own directories.
///
/// # Errors
/// It is something else.
pub fn own(text: &str) -> Result<EnvironmentValue, Problem> {
    match Derived::parse(text) {
        Ok(Derived::OwnState(below)) => Ok(EnvironmentValue::State(below)),
        Ok(Derived::OwnLogs(below)) => Ok(EnvironmentValue::Logs(below)),
        Ok(Derived::OwnCache(below)) => Ok(EnvironmentValue::Cache(below)),
        _ => Err(Problem::invalid(
            "one of its own directories: self.state, self.logs or self.cache, with /DIRECTORY",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{BindTarget, PathPattern};

    #[test]
    fn a_pattern_comes_apart_at_its_star() {
        let pattern = PathPattern::parse("/opt/canopy/lib/python3.*/conf/layouts").unwrap();
        assert_eq!(
            pattern.parts(),
            Some(("/opt/canopy/lib", "python3.", "", "conf/layouts"))
        );
        assert_eq!(PathPattern::parse("/opt/a").unwrap().parts(), None);
    }

    #[test]
    fn targets_are_own_directories_or_paths() {
        for good in ["self.state/logs", "/opt/x/y", "/opt/python3.*"] {
            assert!(BindTarget::parse(good).is_ok(), "{good}");
        }
        for bad in ["logs", "self.port", "/a/*/b/*", "/a:b", "/a b", "../x"] {
            assert!(BindTarget::parse(bad).is_err(), "{bad}");
        }
    }
}
