//! System calls that are denied to a user, told by the kernel as they end (`bpf(2)`).
//!
//! The program is `learn::kernel`'s. Nothing is stopped, slowed by a stop, or changed; the kernel forgets
//! the program with the last descriptor of it, so that nothing is left behind however this process ends.

use std::fs;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;

use aya::Ebpf;
use aya::maps::{MapData, RingBuf};
use aya::programs::RawTracePoint;
use tokio::io::unix::AsyncFd;

use super::descriptor;
use crate::learn::call::Begins;
use crate::learn::kernel::program::{NAME, RECORDS, object_for};
use crate::learn::kernel::{Processor, Record};

/// The place in the kernel where each system call ends.
const END_OF_CALL: &str = "sys_exit";

/// A trace under way.
pub struct Trace {
    // Another descriptor of the buffer, to wait with.
    filled: AsyncFd<OwnedFd>,
    records: RingBuf<MapData>,
    // It ends with this.
    _program: Ebpf,
}

impl Trace {
    /// Begins to keep what is denied to a user.
    ///
    /// # Errors
    /// Why it cannot be had: no permission, a kernel without it, another processor.
    pub fn of_user(user: u32) -> Result<Self, String> {
        let processor =
            Processor::own().ok_or("it knows the registers of x86-64 and arm64 only")?;
        let object = object_for(&processor, user).ok_or("the program cannot be put together")?;
        let mut loaded = Ebpf::load(&object).map_err(|error| told(&error))?;
        let program: &mut RawTracePoint = loaded
            .program_mut(NAME)
            .ok_or("the program is not in its object")?
            .try_into()
            .map_err(|error: aya::programs::ProgramError| told(&error))?;
        program.load().map_err(|error| told(&error))?;
        program.attach(END_OF_CALL).map_err(|error| told(&error))?;
        let map = loaded
            .take_map(RECORDS)
            .ok_or("the buffer is not in its object")?;
        let records = RingBuf::try_from(map).map_err(|error| told(&error))?;
        let other = records.as_fd().try_clone_to_owned();
        let filled = other.and_then(descriptor::readable);
        Ok(Self {
            filled: filled.map_err(|error| told(&error))?,
            records,
            _program: loaded,
        })
    }

    /// Waits for records and takes all that are there.
    ///
    /// # Errors
    /// The kernel tells nothing any more.
    pub async fn next(&mut self) -> io::Result<Vec<Record>> {
        let mut ready = self.filled.readable().await?;
        let mut taken = Vec::new();
        while let Some(record) = self.records.next() {
            taken.extend(Record::parse(&record));
        }
        ready.clear_ready();
        Ok(taken)
    }
}

/// An error with all that it comes from.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    // The kernel's verifier may have its say, over pages.
    text.lines().next().unwrap_or_default().to_owned()
}

/// Where the kernel shows a control group.
pub(super) fn directory_of_group(path: &str) -> Option<String> {
    let mount = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"]
        .into_iter()
        .find(|mount| fs::exists(format!("{mount}/cgroup.procs")).unwrap_or(false))?;
    Some(format!("{mount}{path}"))
}

/// The number by which the kernel knows a control group; `None` where it is not there.
#[must_use]
pub fn control_group(path: &str) -> Option<u64> {
    let metadata = fs::metadata(directory_of_group(path)?).ok()?;
    Some(metadata.ino())
}

/// Where a relative path of a process begins, as long as the process is there.
#[must_use]
pub fn directory_of(process: u32, begins: Begins) -> Option<String> {
    let link = match begins {
        Begins::Working => format!("/proc/{process}/cwd"),
        Begins::Descriptor(number) => format!("/proc/{process}/fd/{number}"),
    };
    fs::read_link(link)
        .ok()?
        .into_os_string()
        .into_string()
        .ok()
}

/// The name of a system call.
#[must_use]
pub fn name_of_call(number: u64) -> Option<&'static str> {
    let number = usize::try_from(number).ok()?;
    syscalls::Sysno::new(number).map(|call| call.name())
}
