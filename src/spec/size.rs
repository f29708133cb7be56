//! Sizes as people write them in the configuration, which is as systemd reads them: `512M`, `8G`.
//!
//! Pure text in, bytes out. Who may have how much is not known here.

use super::fault::Problem;

/// The smallest size that is accepted: no service starts with less.
const SMALLEST: u64 = 1 << 20;

/// Reads a whole number and, to base 1024, its suffix.
///
/// # Errors
/// Says what a size looks like.
pub fn parse(text: &str) -> Result<u64, Problem> {
    let problem = || {
        Problem::invalid("a size such as 512M or 8G")
            .help("suffixes are K, M, G and T, to base 1024")
    };
    let (number, shift) = match text.strip_suffix(['K', 'M', 'G', 'T']) {
        Some(number) if text.ends_with('K') => (number, 10),
        Some(number) if text.ends_with('M') => (number, 20),
        Some(number) if text.ends_with('G') => (number, 30),
        Some(number) => (number, 40),
        None => (text, 0),
    };
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(problem());
    }
    let number: u64 = number.parse().map_err(|_| problem())?;
    number
        .checked_mul(1 << shift)
        .filter(|bytes| *bytes >= SMALLEST)
        .ok_or_else(|| Problem::invalid("must be from 1M to 16777215T"))
}
