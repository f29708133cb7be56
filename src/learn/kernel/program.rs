//! The program that the kernel runs as a system call ends: it keeps those that were denied to one user.
//!
//! A call that ended well costs it a handful of instructions, and it changes nothing. It is only
//! put together here: `host::trace` has the kernel take it.

use super::assembler::{Assembler, Call, Place, Register};
use super::object;
use super::processor::Processor;

/// The program's name.
pub const NAME: &str = "denials";

/// The name of the buffer that it writes to.
pub const RECORDS: &str = "RECORDS";

/// How much of a text argument is kept.
pub const TEXT: usize = 512;

/// How much of a socket's address is kept.
pub const ADDRESS: usize = 28;

/// Where the parts of a record are: the control group, the process, the result, the six arguments, the
/// number of the call, the program's name, its first two arguments as texts (or the second of its two
/// paths), the socket's address. The same for each processor.
pub(super) const RESULT: usize = 16;
pub(super) const ARGUMENTS: usize = 24;
pub(super) const NUMBER: usize = 72;
pub(super) const NAME_OF_PROGRAM: usize = 80;
pub(super) const FIRST_TEXT: usize = 96;
pub(super) const SECOND_TEXT: usize = FIRST_TEXT + TEXT;
pub(super) const SOCKET: usize = SECOND_TEXT + TEXT;
/// The length of a record.
pub const RECORD: usize = SOCKET + 32;

/// The buffer's size: some nine hundred records between two looks.
const BUFFER: u32 = 1 << 20;

/// Files that are not there may be hidden if they are in these; elsewhere every program looks for files
/// that there are not, hundreds a second.
const HIDING: [&[u8; 5]; 3] = [b"/dev/", b"/proc", b"/var/"];

/// The object file with the program for a user, on a processor.
#[must_use]
pub fn object_for(processor: &Processor, user: u32) -> Option<Vec<u8>> {
    let (code, maps) = program(processor, user)?;
    Some(object::written(&object::Content {
        section: "raw_tp/denials",
        program: NAME,
        code: &code,
        map: RECORDS,
        map_uses: &maps,
        map_bytes: BUFFER,
    }))
}

fn program(processor: &Processor, user: u32) -> Option<(Vec<u8>, Vec<u64>)> {
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
    read_kernel(&mut code, -8, processor.number);
    code.load(Eight, Frame, -8);
    code.lower_half(Eight);
    for number in processor.makes_process {
        code.jump_if(Eight, *number, Place::Keep);
    }
    code.jump(Place::Leave);

    code.here_is(Place::File);
    let [_, second, ..] = processor.arguments;
    read_kernel(&mut code, -16, second);
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
    code.store(Nine, place(RESULT)?, Seven);
    let arguments = processor.arguments.into_iter();
    for (register, at) in arguments
        .chain([processor.number])
        .zip((ARGUMENTS..).step_by(8))
    {
        code.copy(One, Nine);
        code.add(One, length(at)?);
        code.set(Two, 8);
        code.copy(Three, Six);
        code.add(Three, register);
        code.call(Call::ReadKernel);
    }
    code.load(Eight, Nine, place(NUMBER)?);
    code.lower_half(Eight);
    code.copy(One, Nine);
    code.add(One, length(NAME_OF_PROGRAM)?);
    code.set(Two, 16);
    code.call(Call::CurrentName);
    code.load(Three, Nine, argument(0)?);
    read_text(&mut code, FIRST_TEXT)?;
    code.load(Three, Nine, argument(1)?);
    code.jump_unless(Eight, processor.symbolic_link, Place::HardLink);
    code.load(Three, Nine, argument(2)?);
    code.here_is(Place::HardLink);
    code.jump_unless(Eight, processor.hard_link, Place::SecondText);
    code.load(Three, Nine, argument(3)?);
    code.here_is(Place::SecondText);
    read_text(&mut code, SECOND_TEXT)?;
    code.load(Three, Nine, argument(1)?);
    code.jump_unless(Eight, processor.send_to, Place::Address);
    code.load(Three, Nine, argument(4)?);
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

/// The text that the third register points to, to its place in the record.
fn read_text(code: &mut Assembler, to: usize) -> Option<()> {
    code.copy(Register::One, Register::Nine);
    code.add(Register::One, length(to)?);
    code.set(Register::Two, length(TEXT)?);
    code.call(Call::ReadUserText);
    Some(())
}

/// Where an argument is in the record.
fn argument(number: usize) -> Option<i16> {
    place(ARGUMENTS + 8 * number)
}

fn place(at: usize) -> Option<i16> {
    i16::try_from(at).ok()
}

fn length(bytes: usize) -> Option<i32> {
    i32::try_from(bytes).ok()
}
