//! An object file (ELF) around one program and one buffer: the form in which the loader takes them.
//!
//! Writes what the loader reads, and no more. Nothing is compiled, so that no compiler for the kernel's
//! machine is needed to build juniperctl.

/// What it holds.
#[derive(Debug)]
pub(super) struct Content<'c> {
    /// The section of the program, which says what kind of program it is.
    pub(super) section: &'c str,
    /// The program's name.
    pub(super) program: &'c str,
    /// Its instructions.
    pub(super) code: &'c [u8],
    /// The buffer's name.
    pub(super) map: &'c str,
    /// Where in the program the buffer is to be filled in, in bytes.
    pub(super) map_uses: &'c [u64],
    /// The buffer's size.
    pub(super) map_bytes: u32,
}

/// A ring buffer, by the kernel's number.
const RING_BUFFER: u32 = 27;

/// The length of a file header and of a section header.
const HEADER: u64 = 64;

/// The sections, in their order: none, the program, the maps, the uses of the maps, the license, the
/// symbols, the names.
const SECTIONS: u16 = 7;
const PROGRAM: u16 = 1;
const MAPS: u16 = 2;
const SYMBOLS: u32 = 5;
const NAMES: u32 = 6;

struct Section {
    name: u32,
    kind: u32,
    flags: u64,
    link: u32,
    info: u32,
    entry: u64,
    bytes: Vec<u8>,
}

/// Names, each ended by a zero.
struct Names(Vec<u8>);

impl Names {
    fn of(&mut self, name: &str) -> u32 {
        let at = u32::try_from(self.0.len()).unwrap_or_default();
        self.0.extend_from_slice(name.as_bytes());
        self.0.push(0);
        at
    }
}

/// The file.
pub(super) fn written(content: &Content<'_>) -> Vec<u8> {
    let mut names = Names(vec![0]);
    let (map, program) = (names.of(content.map), names.of(content.program));
    let mut maps = Vec::new();
    for number in [RING_BUFFER, 0, 0, content.map_bytes, 0, 0, 0] {
        maps.extend_from_slice(&number.to_le_bytes());
    }
    let mut symbols = symbol(0, 0, 0, 0);
    symbols.extend(symbol(map, OBJECT, MAPS, maps.len() as u64));
    symbols.extend(symbol(
        program,
        FUNCTION,
        PROGRAM,
        content.code.len() as u64,
    ));
    let uses = content.map_uses.iter().flat_map(|at| {
        // A 64 bit value of the first symbol.
        let kind = (1_u64 << 32) | 1;
        [at.to_le_bytes(), kind.to_le_bytes()].concat()
    });
    let uses: Vec<u8> = uses.collect();
    let mut section = |name: &str, kind, flags, link, info, entry, bytes| Section {
        name: names.of(name),
        kind,
        flags,
        link,
        info,
        entry,
        bytes,
    };
    let relocations = format!(".rel{}", content.section);
    let mut sections = vec![
        section("", 0, 0, 0, 0, 0, Vec::new()),
        section(content.section, 1, 0x6, 0, 0, 0, content.code.to_vec()),
        section("maps", 1, 0x3, 0, 0, 0, maps),
        section(&relocations, 9, 0, SYMBOLS, PROGRAM.into(), 16, uses),
        section("license", 1, 0x3, 0, 0, 0, b"GPL\0".to_vec()),
        section(".symtab", 2, 0, NAMES, 1, 24, symbols),
        section(".strtab", 3, 0, 0, 0, 0, Vec::new()),
    ];
    if let Some(last) = sections.last_mut() {
        last.bytes = names.0;
    }
    joined(&sections)
}

const OBJECT: u8 = 0x11;
const FUNCTION: u8 = 0x12;

fn symbol(name: u32, kind: u8, section: u16, size: u64) -> Vec<u8> {
    let mut bytes = name.to_le_bytes().to_vec();
    bytes.extend([kind, 0]);
    bytes.extend(section.to_le_bytes());
    bytes.extend(0_u64.to_le_bytes());
    bytes.extend(size.to_le_bytes());
    bytes
}

/// The header, the sections' content, the sections' headers.
fn joined(sections: &[Section]) -> Vec<u8> {
    let mut bodies = Vec::new();
    let mut headers = Vec::new();
    for section in sections {
        while bodies.len() % 8 != 0 {
            bodies.push(0);
        }
        let offset = HEADER + bodies.len() as u64;
        headers.extend(section.name.to_le_bytes());
        headers.extend(section.kind.to_le_bytes());
        for number in [section.flags, 0, offset, section.bytes.len() as u64] {
            headers.extend(number.to_le_bytes());
        }
        headers.extend(section.link.to_le_bytes());
        headers.extend(section.info.to_le_bytes());
        for number in [8, section.entry] {
            headers.extend(u64::to_le_bytes(number));
        }
        bodies.extend_from_slice(&section.bytes);
    }
    while bodies.len() % 8 != 0 {
        bodies.push(0);
    }
    let mut file = header(HEADER + bodies.len() as u64);
    file.extend(bodies);
    file.extend(headers);
    file
}

fn header(sections_at: u64) -> Vec<u8> {
    // 64 bits, little-endian, version 1.
    let mut bytes = vec![0x7f, b'E', b'L', b'F', 2, 1, 1];
    bytes.resize(16, 0);
    // A relocatable file for BPF.
    for number in [1_u16, 247] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(1_u32.to_le_bytes());
    for number in [0, 0, sections_at] {
        bytes.extend(u64::to_le_bytes(number));
    }
    bytes.extend(0_u32.to_le_bytes());
    for number in [64, 0, 0, 64, SECTIONS, 6] {
        bytes.extend(u16::to_le_bytes(number));
    }
    bytes
}
