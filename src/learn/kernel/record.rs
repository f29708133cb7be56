//! One record of the kernel: bytes as `program.rs` lays them out, to a system call that was denied.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::program::{
    ADDRESS, ARGUMENTS, FIRST_TEXT, NAME_OF_PROGRAM, NUMBER, RESULT, SECOND_TEXT, SOCKET, TEXT,
};

/// A system call that was denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The control group of who made it.
    pub control_group: u64,
    /// Its process, as the machine's first process counts.
    pub process: u32,
    /// The error number.
    pub error: i32,
    /// The number of the call.
    pub number: u64,
    /// Its arguments.
    pub arguments: [u64; 6],
    /// The name of the program's thread.
    pub program: String,
    /// The first two arguments as texts, where they point to any; of symlinkat(2) and linkat(2) the path of
    /// the link is the second.
    pub texts: [String; 2],
    /// The address of a socket, where there is one.
    pub address: Option<SocketAddr>,
}

impl Record {
    /// Reads one; `None` where it is too short.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| {
            let bytes = bytes.get(at..at.checked_add(8)?)?;
            Some(u64::from_le_bytes(bytes.try_into().ok()?))
        };
        let argument = |number: usize| word(ARGUMENTS + 8 * number);
        let text = |at: usize, length: usize| {
            let bytes = bytes.get(at..at.checked_add(length)?)?;
            let bytes = bytes.split(|byte| *byte == 0).next()?;
            Some(String::from_utf8_lossy(bytes).into_owned())
        };
        let result = word(RESULT)?.cast_signed();
        Some(Self {
            control_group: word(0)?,
            process: u32::try_from(word(8)? >> 32).ok()?,
            error: i32::try_from(result.checked_neg()?).ok()?,
            // The kernel keeps something else in the upper half on some processors.
            number: word(NUMBER)? & 0xffff_ffff,
            arguments: [
                argument(0)?,
                argument(1)?,
                argument(2)?,
                argument(3)?,
                argument(4)?,
                argument(5)?,
            ],
            program: text(NAME_OF_PROGRAM, 16)?,
            texts: [text(FIRST_TEXT, TEXT)?, text(SECOND_TEXT, TEXT)?],
            address: address(bytes.get(SOCKET..SOCKET.checked_add(ADDRESS)?)?),
        })
    }
}

/// A `sockaddr` of IPv4 or IPv6.
fn address(bytes: &[u8]) -> Option<SocketAddr> {
    let family = u16::from_le_bytes(bytes.get(0..2)?.try_into().ok()?);
    let port = u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?);
    match family {
        2 => {
            let host: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
            Some((Ipv4Addr::from(host), port).into())
        }
        10 => {
            let host: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
            Some((Ipv6Addr::from(host), port).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Record;
    use crate::learn::kernel::processor::{ARM64, X86_64};
    use crate::learn::kernel::program::{RECORD, object_for};

    #[test]
    fn a_record_comes_apart() {
        let mut bytes = vec![0; RECORD];
        bytes[12..16].copy_from_slice(&4711_u32.to_le_bytes());
        bytes[16..24].copy_from_slice(&(-30_i64).to_le_bytes());
        bytes[24..32].copy_from_slice(&(-100_i64).to_le_bytes());
        bytes[64..72].copy_from_slice(&6_u64.to_le_bytes());
        bytes[72..80].copy_from_slice(&0x00e0_0000_0000_0101_u64.to_le_bytes());
        bytes[80..87].copy_from_slice(b"python3");
        bytes[608..613].copy_from_slice(b"/srv\xff");
        bytes[1120..1128].copy_from_slice(&[2, 0, 0, 80, 192, 0, 2, 1]);
        let record = Record::parse(&bytes).unwrap();
        assert_eq!(
            (record.process, record.error, record.number),
            (4711, 30, 257)
        );
        assert_eq!(
            record.arguments,
            [(-100_i64).cast_unsigned(), 0, 0, 0, 0, 6]
        );
        assert_eq!(record.program, "python3");
        assert_eq!(record.texts, [String::new(), "/srv\u{fffd}".to_owned()]);
        assert_eq!(record.address.unwrap().to_string(), "192.0.2.1:80");
        assert_eq!(Record::parse(&bytes[..100]), None);
    }

    #[test]
    fn the_program_is_an_object_file_of_whole_instructions() {
        for processor in [ARM64, X86_64] {
            let object = object_for(&processor, 990).unwrap();
            assert_eq!(&object[..4], b"\x7fELF");
            assert_eq!(object.len() % 8, 0);
            assert_ne!(object_for(&processor, 991).unwrap(), object);
        }
        assert_ne!(object_for(&ARM64, 990), object_for(&X86_64, 990));
    }
}
