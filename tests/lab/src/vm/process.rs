//! The emulator: what it is told, and starting it so that it cannot outlive the program.
//!
//! The machine gets one disk, a console that only prints, and a port for the shell on the
//! emulator's own standard streams. It has no network.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use super::accelerator::Accelerator;
use super::disk::Disk;
use super::guest::PORT;
use crate::architecture::Architecture;
use crate::supervisor;

/// What every kernel is told, beside where its console is. A panic ends the emulator, as the machine is told not to reboot. Whether the
/// timer ticks is not checked: the check counts turns of a loop, and on a busy computer the emulator is late
/// with its interrupts, of which the kernel dies (seen: "IO-APIC + timer doesn't work").
const KERNEL_ARGUMENTS: &str = "root=/dev/vda rw quiet panic=-1 no_timer_check";

/// A machine with nothing in it but a processor and memory, powered off instead of rebooted.
const BARE: [&str; 11] = [
    "-nodefaults",
    "-no-user-config",
    // Two boot in half the time, but emulated ones may miss each other's changes to the kernel's
    // own code: Linux 7.2 was seen to panic of it.
    "-smp",
    "1",
    "-m",
    "1024",
    "-display",
    "none",
    "-nic",
    "none",
    "-no-reboot",
];

/// Starts the emulator on a disk; its standard input and output lead to the shell.
pub(super) fn start(disk: &Disk, accelerator: Accelerator) -> io::Result<Child> {
    let private = disk.private();
    // Killing it is what cutting the power is, and nobody needs the disk once this program is gone.
    let mut command = supervisor::in_group("KILL", private.cgroup().path());
    let architecture = disk.image().architecture();
    command.arg(architecture.emulator());
    command.args(bare(architecture, accelerator));
    command.args(arguments(disk, &console_path(disk)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(console_file(disk)?);
    supervisor::spawn(command)
}

/// What the machine has printed so far, in all its boots.
pub(super) fn console(disk: &Disk) -> String {
    let bytes = fs::read(console_path(disk)).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The arguments that every machine begins with.
pub(super) fn bare(architecture: Architecture, accelerator: Accelerator) -> Vec<OsString> {
    let common = BARE.into_iter();
    common
        .chain(architecture.machine())
        .chain(["-accel", accelerator.argument()])
        .map(OsString::from)
        .collect()
}

fn arguments(disk: &Disk, console: &Path) -> Vec<OsString> {
    let image = disk.image();
    vec![
        "-kernel".into(),
        image.kernel().into(),
        "-initrd".into(),
        image.initrd().into(),
        "-append".into(),
        format!(
            "{KERNEL_ARGUMENTS} console={}",
            image.architecture().console()
        )
        .into(),
        "-drive".into(),
        with_path("if=virtio,format=raw,cache=writeback,file=", &disk.path()),
        "-chardev".into(),
        with_path("file,id=console,append=on,path=", console),
        "-serial".into(),
        "chardev:console".into(),
        "-chardev".into(),
        "stdio,id=shell,signal=off".into(),
        "-device".into(),
        "virtio-serial-pci".into(),
        "-device".into(),
        format!("virtserialport,chardev=shell,name={PORT}").into(),
    ]
}

/// An option whose last value is a path; a comma in it would begin the next value.
fn with_path(option: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(option);
    match path.to_str() {
        Some(text) => argument.push(text.replace(',', ",,")),
        None => argument.push(path),
    }
    argument
}

fn console_path(disk: &Disk) -> PathBuf {
    disk.private().path().join("console")
}

/// Appended to by each boot, so that the whole story is kept.
fn console_file(disk: &Disk) -> io::Result<File> {
    File::options()
        .create(true)
        .append(true)
        .open(console_path(disk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_in_a_path_does_not_end_it() {
        let argument = with_path("file=", Path::new("/a,b/disk"));
        assert_eq!(argument, "file=/a,,b/disk");
    }
}
