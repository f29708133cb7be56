//! Whole virtual machines: a kernel and a disk of their own, so that the power can be cut for real.
//!
//! A [`Vm`] takes seconds to boot where a [`Machine`](crate::Machine) takes a fraction of one. Use
//! it for what a machine that shares the host's kernel cannot show: what is lost with the memory,
//! limits that the kernel enforces, a boot from the very beginning.
//!
//! An [`Image`] is made once for each suite and cached, a [`Disk`] is made from it for a test, and
//! machines are booted from the disk one after the other.

mod accelerator;
mod channel;
mod chroot;
mod command;
mod cut;
mod disk;
mod guest;
mod image;
mod process;

pub use chroot::chroot;
pub use command::Settled;
pub use cut::unpacked;
pub use disk::Disk;
pub use image::Image;

use std::io;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Doing, Error, last_lines};
use crate::process::ended;

use accelerator::Accelerator;
use channel::{Channel, Silence};
use command::QUESTION;

/// How long an orderly power-off may take before it counts as failed.
const POWER_OFF_DEADLINE: Duration = Duration::from_mins(2);

/// Lines of the console that an error shows.
const CONSOLE_LINES: usize = 60;

/// A running virtual machine. Dropping it pulls its plug; the disk stays as it then is.
#[derive(Debug)]
pub struct Vm {
    emulator: Child,
    channel: Mutex<Channel>,
    boot_time: Duration,
    // Dropped last: what it removes is in use until the emulator has ended.
    disk: Disk,
}

impl Vm {
    /// Boots a machine from the disk and waits until commands can be run in it, which is before
    /// most units have started. A disk can have one machine at a time.
    pub fn boot(disk: &Disk, deadline: Duration) -> Result<Self, Error> {
        let doing = || format!("start virtual machine {}", disk.name());
        let accelerator = Accelerator::best(disk.image());
        let begun = Instant::now();
        let mut emulator = process::start(disk, accelerator).doing(doing)?;
        let (Some(input), Some(output)) = (emulator.stdin.take(), emulator.stdout.take()) else {
            end(&mut emulator);
            return Err(io::Error::other("it has no streams")).doing(doing);
        };
        let mut machine = Self {
            emulator,
            channel: Mutex::new(Channel::over(input, output)),
            boot_time: Duration::ZERO,
            disk: disk.clone(),
        };
        let greeted = machine.channel().greeted(deadline);
        machine.boot_time = begun.elapsed();
        let why = match greeted {
            Ok(()) => return Ok(machine),
            Err(Silence::Late) => format!("no shell after {deadline:?}"),
            Err(Silence::Ended) => "it ended while starting".to_owned(),
        };
        Err(Error::Boot {
            machine: machine.name().to_owned(),
            why,
            console: machine.last_of_console(),
        })
    }

    /// The name it goes by on the host, which is also its host name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.disk.name()
    }

    /// How long it took from the start of the emulator until commands could be run.
    #[must_use]
    pub const fn boot_time(&self) -> Duration {
        self.boot_time
    }

    /// What has been printed on its console, in all the boots of its disk.
    #[must_use]
    pub fn console(&self) -> String {
        process::console(&self.disk)
    }

    /// Powers it off in an orderly way and tells how long that took.
    pub fn power_off(mut self) -> Result<Duration, Error> {
        let begun = Instant::now();
        self.succeed("systemctl --no-wall --no-block poweroff", QUESTION)?;
        let over = ended(&self.emulator, POWER_OFF_DEADLINE)
            .doing(|| format!("wait for {}", self.name()))?;
        if !over {
            return Err(Error::Awaited {
                what: format!("poweroff of {}", self.name()),
                deadline: POWER_OFF_DEADLINE,
                journal: self.last_of_console(),
            });
        }
        end(&mut self.emulator);
        Ok(begun.elapsed())
    }

    /// Cuts its power: nothing in it gets a chance to stop or to write. What it had given to the
    /// disk is there when the disk is booted again, what was only in its memory is lost.
    pub fn pull_the_plug(self) {
        drop(self);
    }

    fn channel(&self) -> MutexGuard<'_, Channel> {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last_of_console(&self) -> String {
        last_lines(&self.console(), CONSOLE_LINES)
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        end(&mut self.emulator);
    }
}

/// Kills the emulator unless it has ended, and takes note of its end: only then can its disk be
/// used again.
fn end(emulator: &mut Child) {
    // Both can only fail because it is gone, which is what is wanted.
    drop(emulator.kill());
    drop(emulator.wait());
}
