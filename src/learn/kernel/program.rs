//! The program that the kernel runs as a system call ends: it keeps those that were denied to one user.
//!
//! A call that ended well costs it a handful of instructions, and it changes nothing. It is only
//! put together here: `host::trace` has the kernel take it.

use super::assembler::{Assembler, Call, Place, Register};
use super::object;

/// The program's name.
pub const NAME: &str = "denials";

/// The name of the buffer that it writes to.
pub const RECORDS: &str = "RECORDS";

/// How much of a text argument is kept.
pub const TEXT: usize = 512;

/// How much of a socket's address is kept.
pub const ADDRESS: usize = 28;

/// Where the parts of a record are: the control group, the process, the result, the registers from r10
/// to the number of the call as x86-64 keeps them, the program's name, its first two arguments as
/// texts, the socket's address.
pub(super) const RESULT: usize = 16;
pub(super) const REGISTERS: usize = 24;
pub(super) const NAME_OF_PROGRAM: usize = 96;
pub(super) const FIRST_TEXT: usize = 112;
pub(super) const SECOND_TEXT: usize = FIRST_TEXT + TEXT;
pub(super) const SOCKET: usize = SECOND_TEXT + TEXT;
/// The length of a record.
pub const RECORD: usize = SOCKET + 32;

/// The buffer's size: some nine hundred records between two looks.
const BUFFER: u32 = 1 << 20;

/// In the kernel's `pt_regs` of x86-64.
const FIRST_REGISTER: i32 = 56;
const REGISTERS_LENGTH: i32 = 72;
const SECOND_ARGUMENT: i32 = 104;
const NUMBER: i32 = 120;

/// Registers within a record.
pub(super) const R10: usize = REGISTERS;
pub(super) const R9: usize = REGISTERS + 8;
pub(super) const R8: usize = REGISTERS + 16;
pub(super) const DX: usize = REGISTERS + 40;
pub(super) const SI: usize = REGISTERS + 48;
pub(super) const DI: usize = REGISTERS + 56;
pub(super) const ORIGINAL_AX: usize = REGISTERS + 64;

/// `sendto(2)`, whose address is its fifth argument.
const SEND_TO: i32 = 44;

/// Calls that make a process: clone, fork, vfork, clone3.
const MAKES_PROCESS: [i32; 4] = [56, 57, 58, 435];

/// Files that are not there may be hidden if they are in these; elsewhere every program looks for files
/// that there are not, hundreds a second.
const HIDING: [&[u8; 5]; 3] = [b"/dev/", b"/proc", b"/var/"];

/// The object file with the program for a user.
#[must_use]
pub fn object_for(user: u32) -> Option<Vec<u8>> {
    let (code, maps) = program(user)?;
    Some(object::written(&object::Content {
        section: "raw_tp/denials",
        program: NAME,
        code: &code,
        map: RECORDS,
        map_uses: &maps,
        map_bytes: BUFFER,
    }))
}

fn program(user: u32) -> Option<(Vec<u8>, Vec<u64>)> {
    use Register::{Eight, Frame, Nine, One, Result, Seven, Six, Three, Two};
    let mut code = Assembler::default();
    code.load(Six, One, 0);
    code.load(Seven, One, 8);
    code.call(Call::CurrentUser);
    code.lower_half(Result);
    code.set_wide(One, u64::from(user));
    code.jump_if_equal(Result, One, Place::Process);
    code.jump(Place::Leave);

    code.here_is(Place::Process);
    // EPERM, EACCES, EROFS, EAFNOSUPPORT, ENETUNREACH.
    for error in [1, 13, 30, 97, 101] {
        code.jump_if(Seven, -error, Place::Keep);
    }
    // ENOENT.
    code.jump_if(Seven, -2, Place::File);
    // EAGAIN: no more processes.
    code.jump_unless(Seven, -11, Place::Leave);
    read_kernel(&mut code, -8, NUMBER);
    code.load(Eight, Frame, -8);
    for number in MAKES_PROCESS {
        code.jump_if(Eight, number, Place::Keep);
    }
    code.jump(Place::Leave);

    code.here_is(Place::File);
    read_kernel(&mut code, -16, SECOND_ARGUMENT);
    code.load(Three, Frame, -16);
    code.copy(One, Frame);
    code.add(One, -8);
    code.set(Two, 8);
    code.call(Call::ReadUser);
    code.load(Eight, Frame, -8);
    code.shift_left(Eight, 24);
    for directory in HIDING {
        let mut bytes = [0; 8];
        for (to, from) in bytes.iter_mut().skip(3).zip(directory) {
            *to = *from;
        }
        code.set_wide(One, u64::from_le_bytes(bytes));
        code.jump_if_equal(Eight, One, Place::Keep);
    }
    code.jump(Place::Leave);

    code.here_is(Place::Keep);
    code.set_map(One);
    code.set(Two, length(RECORD)?);
    code.set(Three, 0);
    code.call(Call::Reserve);
    code.jump_if(Result, 0, Place::Leave);
    code.copy(Nine, Result);
    code.call(Call::CurrentControlGroup);
    code.store(Nine, 0, Result);
    code.call(Call::CurrentPid);
    code.store(Nine, 8, Result);
    code.store(Nine, i16::try_from(RESULT).ok()?, Seven);
    code.copy(One, Nine);
    code.add(One, length(REGISTERS)?);
    code.set(Two, REGISTERS_LENGTH);
    code.copy(Three, Six);
    code.add(Three, FIRST_REGISTER);
    code.call(Call::ReadKernel);
    code.copy(One, Nine);
    code.add(One, length(NAME_OF_PROGRAM)?);
    code.set(Two, 16);
    code.call(Call::CurrentName);
    for (argument, text) in [(DI, FIRST_TEXT), (SI, SECOND_TEXT)] {
        code.load(Three, Nine, i16::try_from(argument).ok()?);
        code.copy(One, Nine);
        code.add(One, length(text)?);
        code.set(Two, length(TEXT)?);
        code.call(Call::ReadUserText);
    }
    code.load(Three, Nine, i16::try_from(SI).ok()?);
    code.load(Register::Four, Nine, i16::try_from(ORIGINAL_AX).ok()?);
    code.jump_unless(Register::Four, SEND_TO, Place::Address);
    code.load(Three, Nine, i16::try_from(R8).ok()?);
    code.here_is(Place::Address);
    code.copy(One, Nine);
    code.add(One, length(SOCKET)?);
    code.set(Two, length(ADDRESS)?);
    code.call(Call::ReadUser);
    code.copy(One, Nine);
    code.set(Two, 0);
    code.call(Call::Submit);

    code.here_is(Place::Leave);
    code.set(Result, 0);
    code.exit();
    code.finished()
}

/// Eight bytes of the caller's registers to the stack.
fn read_kernel(code: &mut Assembler, to: i32, offset: i32) {
    code.copy(Register::One, Register::Frame);
    code.add(Register::One, to);
    code.set(Register::Two, 8);
    code.copy(Register::Three, Register::Six);
    code.add(Register::Three, offset);
    code.call(Call::ReadKernel);
}

fn length(bytes: usize) -> Option<i32> {
    i32::try_from(bytes).ok()
}
