//! Archives as `numpy.load` reads them: arrays of 32-bit floats in a ZIP file without compression, and
//! ZIP files of those. Pure: bytes come out, and nothing is read back.

use super::points::{Point, Points};

/// The arrays of a dataset, under the names of the data contract.
pub(crate) fn of(points: &Points) -> Vec<u8> {
    let parts = [
        ("train", &points.train),
        ("val", &points.validation),
        ("test", &points.test),
    ];
    let members: Vec<(String, Vec<u8>)> = parts
        .into_iter()
        .flat_map(|(name, rows)| {
            let labels = rows.iter().flat_map(|row| hot(row, points.classes));
            let places = rows.iter().flat_map(|row| row.place);
            [
                (format!("X_{name}.npy"), array(rows.len(), 2, places)),
                (
                    format!("y_{name}.npy"),
                    array(rows.len(), points.classes, labels),
                ),
            ]
        })
        .collect();
    archive(&members)
}

/// One where the class is, zeros elsewhere.
pub(crate) fn hot(point: &Point, classes: usize) -> impl Iterator<Item = f32> {
    let class = point.class;
    (0..classes).map(move |it| if it == class { 1.0 } else { 0.0 })
}

/// An array in the `.npy` form, version 1.
fn array(rows: usize, columns: usize, values: impl Iterator<Item = f32>) -> Vec<u8> {
    const BEFORE: usize = 10;
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    // With its line's end, and what comes before it, a multiple of 64.
    while !(BEFORE + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(
        u16::try_from(header.len())
            .unwrap_or_default()
            .to_le_bytes(),
    );
    bytes.extend(header.into_bytes());
    bytes.extend(values.flat_map(f32::to_le_bytes));
    bytes
}

/// A ZIP file with these members, stored as they are.
pub(crate) fn archive(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    // None here comes near the limit of 4 GB.
    let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    let count = |length: usize| u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes();
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for (name, content) in members {
        let place = bytes.len();
        // Version 2.0, no flags, stored, midnight of 1980-01-01.
        let mut common = b"\x14\x00\x00\x00\x00\x00\x00\x00\x21\x00".to_vec();
        common.extend(crc32fast::hash(content).to_le_bytes());
        common.extend(size(content.len()));
        common.extend(size(content.len()));
        common.extend(count(name.len()));
        common.extend([0, 0]);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend(name.as_bytes());
        bytes.extend(content);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        // No comment, first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend(size(place));
        directory.extend(name.as_bytes());
    }
    let begin = bytes.len();
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\x00\x00\x00\x00");
    bytes.extend(count(members.len()));
    bytes.extend(count(members.len()));
    bytes.extend(size(directory.len()));
    bytes.extend(size(begin));
    bytes.extend([0, 0]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_begins_with_a_header_of_whole_blocks() {
        let bytes = array(3, 2, (0_u8..6).map(f32::from));
        let length = usize::from(bytes[8]) + 256 * usize::from(bytes[9]);
        assert!((10 + length).is_multiple_of(64));
        assert_eq!(bytes.len(), 10 + length + 24);
        assert_eq!(&bytes[10 + length + 4..][..4], &1.0_f32.to_le_bytes());
    }

    #[test]
    fn an_archive_ends_with_a_directory_that_points_at_its_members() {
        let members = [
            ("a".to_owned(), b"one".to_vec()),
            ("bc".to_owned(), Vec::new()),
        ];
        let bytes = archive(&members);
        let end = bytes.len() - 22;
        assert_eq!(&bytes[end..end + 4], b"PK\x05\x06");
        assert_eq!(bytes[end + 10], 2);
        let begin = usize::from(bytes[end + 16]);
        assert_eq!(&bytes[begin..begin + 4], b"PK\x01\x02");
        assert_eq!(&bytes[30..34], b"aone");
    }
}
