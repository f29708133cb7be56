//! Which addresses a unit may talk to: `IPAddressAllow=` before `IPAddressDeny=` (systemd.resource-control(5)).
//!
//! It is told what systemd has in force, drop-ins included, and asks nobody.

use std::net::IpAddr;

/// A part of all addresses: the kernel's number of the family, the bytes, and how many bits of them count.
pub type Prefix = (i32, Vec<u8>, u32);

/// What a unit has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressFilter {
    /// `IPAddressAllow=`.
    pub allow: Vec<Prefix>,
    /// `IPAddressDeny=`.
    pub deny: Vec<Prefix>,
}

impl AddressFilter {
    /// Whether packets to and from an address are dropped.
    #[must_use]
    pub fn denies(&self, address: IpAddr) -> bool {
        let any = |list: &[Prefix]| list.iter().any(|prefix| covers(prefix, address));
        !any(&self.allow) && any(&self.deny)
    }
}

fn covers((_, bytes, length): &Prefix, address: IpAddr) -> bool {
    let own = match address {
        IpAddr::V4(four) => four.octets().to_vec(),
        IpAddr::V6(six) => six.octets().to_vec(),
    };
    // Families differ in how long their addresses are.
    own.len() == bytes.len()
        && own
            .iter()
            .zip(bytes)
            .zip(0_u32..)
            .all(|((one, other), at)| {
                let counting = length.saturating_sub(at * 8).min(8);
                counting == 0 || (one ^ other) >> (8 - counting) == 0
            })
}

#[cfg(test)]
mod tests {
    use super::{AddressFilter, Prefix};

    fn filter(allow: Vec<Prefix>) -> AddressFilter {
        let any = vec![(2, vec![0; 4], 0), (10, vec![0; 16], 0)];
        AddressFilter { allow, deny: any }
    }

    #[test]
    fn what_is_allowed_is_not_denied() {
        let some = filter(vec![
            (2, vec![127, 0, 0, 0], 8),
            (2, vec![10, 1, 2, 128], 25),
        ]);
        for (address, denied) in [
            ("127.0.0.1", false),
            ("10.1.2.129", false),
            ("10.1.2.127", true),
            ("192.0.2.1", true),
            ("2001:db8::1", true),
        ] {
            assert_eq!(some.denies(address.parse().unwrap()), denied, "{address}");
        }
        assert!(!AddressFilter::default().denies([192, 0, 2, 1].into()));
        let one = filter(vec![(2, vec![192, 0, 2, 1], 32)]);
        assert!(!one.denies([192, 0, 2, 1].into()) && one.denies([192, 0, 2, 0].into()));
    }
}
