//! A disk with a file system on it, in a directory of its own on the host.
//!
//! It is filled while it is still a plain tree of files, so nothing is ever mounted. What a machine
//! does to it stays until the disk goes.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use super::guest;
use super::image::Image;
use crate::cache;
use crate::error::{Doing, Error};
use crate::private::Private;
use crate::tool;

/// How large a disk is. What was never written takes no room on the host.
const SIZE: u64 = 2 << 30;

/// A busy host may take its time for copying.
const DEADLINE: Duration = Duration::from_mins(5);

/// What ext4 had when the oldest suite came out: a newer tool would turn on more, which the kernel
/// and the fsck of an older suite refuse.
const FEATURES: &str = "none,sparse_super,large_file,filetype,resize_inode,dir_index,ext_attr,\
    has_journal,extent,huge_file,flex_bg,metadata_csum,64bit,dir_nlink,extra_isize";

/// A disk that virtual machines boot from, one after the other. Cheap to copy; what is on it is
/// thrown away with the last copy and the last machine that was booted from it.
#[derive(Debug, Clone)]
pub struct Disk {
    image: Image,
    private: Arc<Private>,
}

impl Disk {
    /// Makes a disk of the image, as changed by the closure.
    pub(super) fn make(
        image: &Image,
        prepare: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let disk = Self {
            image: image.clone(),
            private: Arc::new(Private::claim(&cache::directory()?)?),
        };
        let tree = disk.private.path().join("tree");
        let doing = || format!("copy the {} image", image.suite());
        let mut copy = Command::new("cp");
        copy.args(["--archive", "--reflink=auto", "--no-target-directory"]);
        copy.arg(image.path()).arg(&tree);
        tool::run("cp", copy, DEADLINE, doing)?;
        guest::settle_in(&tree, disk.name()).doing(|| "set up a disk".to_owned())?;
        prepare(&tree)?;
        disk.fill(&tree)?;
        cache::remove(&tree)?;
        Ok(disk)
    }

    /// The name that machines booted from it go by on the host, which is also their host name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.private.name()
    }

    /// Where the file system is, as one file. Only to be looked at while no machine runs on it.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.private.path().join("disk")
    }

    /// The image that it was made from.
    #[must_use]
    pub const fn image(&self) -> &Image {
        &self.image
    }

    /// The directory of the disk and its machines on the host.
    pub(super) fn private(&self) -> &Private {
        &self.private
    }

    fn fill(&self, tree: &Path) -> Result<(), Error> {
        let path = self.path();
        let doing = || format!("make the file system {}", path.display());
        let sized = || -> io::Result<()> { File::create_new(&path)?.set_len(SIZE) };
        sized().doing(doing)?;
        let mut make = Command::new("mke2fs");
        make.args(["-q", "-t", "ext4", "-O", FEATURES, "-d"]);
        make.arg(tree).arg(&path);
        tool::run("mke2fs", make, DEADLINE, doing).map(drop)
    }
}
