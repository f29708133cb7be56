//! The page.
use std::fmt;
use super::reply::Known;
pub(super) const POLICY: &str = "default-src 'none'";
pub(super) fn page(_known: &Known<'_>) -> Result<String, fmt::Error> { Ok(String::new()) }
