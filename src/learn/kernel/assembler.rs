//! Instructions of the kernel's own small machine (BPF), and jumps to places that come later.
//!
//! Just what the one program in `program.rs` needs. It loads nothing.

/// A register.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub(super) enum Register {
    Result = 0,
    One = 1,
    Two = 2,
    Three = 3,
    Six = 6,
    Seven = 7,
    Eight = 8,
    Nine = 9,
    Frame = 10,
}

/// What the kernel does for a program, by the numbers of `bpf-helpers(7)`.
#[derive(Debug, Clone, Copy)]
#[repr(i32)]
pub(super) enum Call {
    CurrentPid = 14,
    CurrentUser = 15,
    CurrentName = 16,
    CurrentControlGroup = 80,
    ReadUser = 112,
    ReadKernel = 113,
    ReadUserText = 114,
    Reserve = 131,
    Submit = 132,
}

/// Where a jump leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Leave,
    Keep,
    Process,
    File,
    HardLink,
    SecondText,
    Address,
}

/// A program that grows.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    words: Vec<u64>,
    jumps: Vec<(usize, Place)>,
    places: Vec<(Place, usize)>,
    maps: Vec<usize>,
}

impl Assembler {
    fn push(&mut self, code: u8, to: u8, from: u8, offset: i16, value: i32) {
        let registers = (from << 4) | to;
        self.words.push(u64::from_le_bytes([
            code,
            registers,
            offset.to_le_bytes()[0],
            offset.to_le_bytes()[1],
            value.to_le_bytes()[0],
            value.to_le_bytes()[1],
            value.to_le_bytes()[2],
            value.to_le_bytes()[3],
        ]));
    }

    /// `to = *(u64 *)(from + offset)`.
    pub(super) fn load(&mut self, to: Register, from: Register, offset: i16) {
        self.push(0x79, to as u8, from as u8, offset, 0);
    }

    /// `*(u64 *)(to + offset) = from`.
    pub(super) fn store(&mut self, to: Register, offset: i16, from: Register) {
        self.push(0x7b, to as u8, from as u8, offset, 0);
    }

    /// `to = from`.
    pub(super) fn copy(&mut self, to: Register, from: Register) {
        self.push(0xbf, to as u8, from as u8, 0, 0);
    }

    /// The lower half of a register alone.
    pub(super) fn lower_half(&mut self, of: Register) {
        self.push(0xbc, of as u8, of as u8, 0, 0);
    }

    /// `to = value`.
    pub(super) fn set(&mut self, to: Register, value: i32) {
        self.push(0xb7, to as u8, 0, 0, value);
    }

    /// `to = value`, of 64 bits.
    pub(super) fn set_wide(&mut self, to: Register, value: u64) {
        self.push(0x18, to as u8, 0, 0, lower_half(value));
        self.push(0, 0, 0, 0, lower_half(value >> 32));
    }

    /// `to` is the one map; its descriptor is filled in by whoever loads the program.
    pub(super) fn set_map(&mut self, to: Register) {
        self.maps.push(self.words.len());
        self.set_wide(to, 0);
    }

    /// `to += value`.
    pub(super) fn add(&mut self, to: Register, value: i32) {
        self.push(0x07, to as u8, 0, 0, value);
    }

    /// `to <<= bits`.
    pub(super) fn shift_left(&mut self, to: Register, bits: i32) {
        self.push(0x67, to as u8, 0, 0, bits);
    }

    /// Has the kernel do something.
    pub(super) fn call(&mut self, what: Call) {
        self.push(0x85, 0, 0, 0, what as i32);
    }

    /// The end.
    pub(super) fn exit(&mut self) {
        self.push(0x95, 0, 0, 0, 0);
    }

    /// Goes elsewhere.
    pub(super) fn jump(&mut self, place: Place) {
        self.jumps.push((self.words.len(), place));
        self.push(0x05, 0, 0, 0, 0);
    }

    /// Goes elsewhere where a register has this value.
    pub(super) fn jump_if(&mut self, register: Register, value: i32, place: Place) {
        self.jumps.push((self.words.len(), place));
        self.push(0x15, register as u8, 0, 0, value);
    }

    /// Goes elsewhere where it has not.
    pub(super) fn jump_unless(&mut self, register: Register, value: i32, place: Place) {
        self.jumps.push((self.words.len(), place));
        self.push(0x55, register as u8, 0, 0, value);
    }

    /// Goes elsewhere where two registers are equal.
    pub(super) fn jump_if_equal(&mut self, one: Register, other: Register, place: Place) {
        self.jumps.push((self.words.len(), place));
        self.push(0x1d, one as u8, other as u8, 0, 0);
    }

    /// Jumps to this place lead here.
    pub(super) fn here_is(&mut self, place: Place) {
        self.places.push((place, self.words.len()));
    }

    /// The instructions, and where in bytes the map is to be filled in; `None` where a jump leads
    /// nowhere.
    pub(super) fn finished(mut self) -> Option<(Vec<u8>, Vec<u64>)> {
        for (from, place) in &self.jumps {
            let (_, to) = self.places.iter().find(|(one, _)| one == place)?;
            let distance = i16::try_from(to.checked_sub(from + 1)?).ok()?;
            let word = self.words.get_mut(*from)?;
            *word |= u64::from(distance.cast_unsigned()) << 16;
        }
        let bytes = self.words.iter().flat_map(|word| word.to_le_bytes());
        let maps = self.maps.iter().map(|word| *word as u64 * 8).collect();
        Some((bytes.collect(), maps))
    }
}

/// The lower 32 bits as the kernel's machine takes them.
fn lower_half(value: u64) -> i32 {
    let [first, second, third, fourth, ..] = value.to_le_bytes();
    i32::from_le_bytes([first, second, third, fourth])
}
