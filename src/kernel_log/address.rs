//! Where a GPU sits on the PCI bus, as the driver writes it: one GPU, one text. Never looks at the bus.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most digits of a domain (`00000000:3b:00.0`).
const DOMAIN: usize = 8;

/// `0000:3b:00`: domain, bus and device, in hexadecimal digits; a function is left out, a GPU is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GpuAddress(String);

impl GpuAddress {
    /// Reads one: `PCI:0000:3b:00`, `0000:3b:00`, `0000:3B:00.0`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("PCI:").unwrap_or(text);
        let mut parts = text.split(':');
        let (domain, bus, device) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let device = match device.split_once('.') {
            Some((device, function)) if is_hex(function, 1..=1) => device,
            Some(_) => return None,
            None => device,
        };
        if !is_hex(domain, 4..=DOMAIN) || !is_hex(bus, 2..=2) || !is_hex(device, 2..=2) {
            return None;
        }
        let domain = u32::from_str_radix(domain, 16).ok()?;
        let lower = format!("{domain:04x}:{bus}:{device}").to_ascii_lowercase();
        Some(Self(lower))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GpuAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<GpuAddress> for String {
    fn from(address: GpuAddress) -> Self {
        address.0
    }
}

impl TryFrom<String> for GpuAddress {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("no address on the PCI bus")
    }
}

fn is_hex(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::GpuAddress;

    #[test]
    fn one_gpu_is_one_text() {
        for text in [
            "0000:3b:00",
            "PCI:0000:3b:00",
            "0000:3B:00.0",
            "00000000:3B:00.0",
            "PCI:00000000:3b:00",
        ] {
            assert_eq!(GpuAddress::parse(text).unwrap().as_str(), "0000:3b:00");
        }
        let other = GpuAddress::parse("PCI:0008:01:00").unwrap();
        assert_eq!(other.as_str(), "0008:01:00");
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "3b:00",
            "0000:3b:00:00",
            "0000:3b:0",
            "000:3b:00",
            "0000:3g:00",
            "0000:3b:00.",
            "0000:3b:00.00",
            "0000:3b:00 ",
            "+000:3b:00",
            "PCI:PCI:0000:3b:00",
            "000000000:3b:00",
            "0000:é:00",
        ] {
            assert_eq!(GpuAddress::parse(text), None, "{text:?}");
        }
    }
}
