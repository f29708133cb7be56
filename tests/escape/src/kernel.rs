//! Attempts on what belongs to the whole machine: namespaces, mounts, modules, its name and its clock.
//! What can be changed is set to what it was.

use nix::mount::{MntFlags, MsFlags, mount as mount_at, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::time::{ClockId, clock_gettime, clock_settime};
use nix::unistd::{gethostname, sethostname};
use nix::{errno::Errno, kmod};

use crate::files::own;
use crate::refusal::Result;

/// One in which it would be root.
pub(crate) fn make_user_namespace() -> Result {
    Ok(unshare(CloneFlags::CLONE_NEWUSER)?)
}

/// One in which it could mount what it likes.
pub(crate) fn make_mount_namespace() -> Result {
    Ok(unshare(CloneFlags::CLONE_NEWNS)?)
}

/// Over its own state.
pub(crate) fn mount() -> Result {
    let place = own();
    let none: Option<&str> = None;
    mount_at(none, &place, Some("tmpfs"), MsFlags::empty(), none)?;
    umount2(&place, MntFlags::MNT_DETACH)?;
    Ok(())
}

/// No module at all: that the kernel looks at it and calls it malformed is as bad as a good one.
pub(crate) fn load_module() -> Result {
    match kmod::init_module(b"not a module", c"") {
        Ok(()) | Err(Errno::ENOEXEC) => Ok(()),
        Err(refused) => Err(refused.into()),
    }
}

/// To what it is.
pub(crate) fn set_host_name() -> Result {
    Ok(sethostname(gethostname()?)?)
}

/// To what it shows.
pub(crate) fn set_clock() -> Result {
    Ok(clock_settime(
        ClockId::CLOCK_REALTIME,
        clock_gettime(ClockId::CLOCK_REALTIME)?,
    )?)
}
