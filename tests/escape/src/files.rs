//! Attempts on files: other people's, other services', the kernel's and devices.
//! What is made is removed again.

use std::env;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::{chown, geteuid};

use crate::refusal::{Refusal, Result};

/// The unit's own state directory, where it may write.
pub(crate) fn own() -> PathBuf {
    let listed = env::var("STATE_DIRECTORY").unwrap_or_default();
    PathBuf::from(listed.split(':').next().unwrap_or_default())
}

/// Where services have their directories: those of the system, and those of the user whose manager runs
/// this one.
fn bases() -> Vec<String> {
    let mut bases = ["/var/lib", "/var/log", "/var/cache", "/run"]
        .map(str::to_owned)
        .to_vec();
    for variable in ["STATE", "LOGS", "CACHE", "RUNTIME"] {
        let listed = env::var(format!("{variable}_DIRECTORY")).unwrap_or_default();
        bases.extend(
            listed
                .split_once("/juniper/")
                .map(|(base, _)| base.to_owned()),
        );
    }
    bases
}

/// Reads a file of the system's, or the one of this name below the user's own directory.
pub(crate) fn read_or_own(path: &str, variable: &str, below: &str) -> Result {
    let own = env::var(variable).unwrap_or_default();
    read(path).or_else(|refused| read(&format!("{own}/{below}")).map_err(|_| refused))
}

/// Reads a file that has something in it.
pub(crate) fn read(path: &str) -> Result {
    let mut first = [0; 1];
    match File::open(path)?.read(&mut first)? {
        0 => Err(Refusal::SILENT),
        _ => Ok(()),
    }
}

/// Opens a device for reading and writing.
pub(crate) fn open(path: &str) -> Result {
    OpenOptions::new().read(true).write(true).open(path)?;
    Ok(())
}

/// A directory in which everybody may write.
pub(crate) fn write_elsewhere() -> Result {
    make(Path::new("/srv/open/escape"))?;
    Ok(())
}

/// Any of the directories of another service of the same user.
pub(crate) fn touch_other_service() -> Result {
    let mut refused = Err(Refusal::SILENT);
    for base in bases() {
        let file = format!("{base}/juniper/other/file");
        match read(&file) {
            Ok(()) => return Ok(()),
            Err(refusal) => refused = Err(refusal),
        }
        if make(Path::new(&format!("{base}/juniper/other/escape"))).is_ok()
            || make(Path::new(&format!("{base}/juniper/escape"))).is_ok()
        {
            return Ok(());
        }
    }
    refused
}

/// Writes what is there already.
pub(crate) fn write_back(path: &str) -> Result {
    let same = fs::read(path)?;
    OpenOptions::new()
        .write(true)
        .open(path)?
        .write_all(&same)?;
    Ok(())
}

/// The kernel's own journal.
pub(crate) fn read_kernel_log() -> Result {
    let mut log = OpenOptions::new()
        .read(true)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open("/dev/kmsg")?;
    let mut record = vec![0; 8192];
    match log.read(&mut record)? {
        0 => Err(Refusal::SILENT),
        _ => Ok(()),
    }
}

/// A control group beside those of systemd.
pub(crate) fn make_control_group() -> Result {
    let group = "/sys/fs/cgroup/escape";
    fs::create_dir(group)?;
    fs::remove_dir(group)?;
    Ok(())
}

/// A file that others may read, made without care.
pub(crate) fn leave_readable() -> Result {
    let file = make(&own().join("readable"))?;
    match file.metadata()?.mode() & 0o077 {
        0 => Err(Refusal::SILENT),
        _ => Ok(()),
    }
}

/// A file that runs as its owner whoever runs it.
pub(crate) fn make_set_uid() -> Result {
    let file = make(&own().join("set-uid"))?;
    file.set_permissions(Permissions::from_mode(0o4755))?;
    Ok(())
}

/// To its owner, which is as much as anybody may without rights.
pub(crate) fn give_away() -> Result {
    let path = own().join("own");
    File::create(&path)?;
    let given = chown(&path, Some(geteuid()), None);
    fs::remove_file(&path)?;
    given?;
    Ok(())
}

/// A device node of its own.
pub(crate) fn make_device() -> Result {
    let path = own().join("device");
    mknod(&path, SFlag::S_IFCHR, Mode::S_IRUSR, makedev(1, 3))?;
    fs::remove_file(&path)?;
    Ok(())
}

/// A new file, whose name is gone when it is returned.
fn make(path: &Path) -> io::Result<File> {
    let file = File::create_new(path)?;
    fs::remove_file(path)?;
    Ok(file)
}
