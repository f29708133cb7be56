//! Roots with a kernel, made once and shared by every disk that is made from them.
//!
//! The kernel and its first files are read from here by the emulator itself: no disk has a boot
//! loader. Never written to after it was made.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::Disk;
use crate::architecture::Architecture;
use crate::error::{Doing, Error};
use crate::recipe::Recipe;
use crate::requirements;
use crate::root::Root;
use crate::suite::{Distribution, Suite};

/// Counts up when the way of making images changes.
const RECIPE: u32 = 1;

/// The packages with the kernel for virtual machines, and with what makes it what it is on the distribution's own.
const fn kernel(distribution: Distribution, architecture: Architecture) -> &'static [&'static str] {
    match (distribution, architecture) {
        (Distribution::Debian, Architecture::Amd64) => &["linux-image-cloud-amd64"],
        (Distribution::Debian, Architecture::Arm64) => &["linux-image-cloud-arm64"],
        // It restrains ordinary users' namespaces, by a setting and a profile of that package.
        (Distribution::Ubuntu, _) => &["linux-image-virtual", "apparmor"],
    }
}

/// What a whole machine needs besides it on top of a root.
const PACKAGES: [&str; 3] = [
    // The kernel would take another program for it, too, and that one is told differently.
    "initramfs-tools",
    "udev",
    // Without it nobody looks after the file system when the power comes back.
    "e2fsprogs",
];

/// Leaves out what nobody reads, and has the first files of the kernel hold no more drivers than
/// the lab's own machines need: unpacking them is a good part of the boot.
const OPTIONS: [&str; 6] = [
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    concat!(
        r#"--essential-hook=cd "$1/usr/share" && "#,
        "mkdir -p initramfs-tools/conf.d initramfs-tools/modules.d && ",
        "echo MODULES=list >initramfs-tools/conf.d/juniper-lab && ",
        "printf '%s\\n' virtio_pci virtio_blk virtio_console ext4 crc32c ",
        ">initramfs-tools/modules.d/juniper-lab"
    ),
    // Looks after snapshots, of which there are none, for a tenth of the boot.
    r#"--customize-hook=chroot "$1" systemctl --quiet disable e2scrub_reap.service"#,
    // What is installed by a test is installed whole.
    r#"--customize-hook=rm -f "$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap""#,
];

/// A root with a kernel. Cheap to copy; as long as a copy lives, nobody replaces it.
#[derive(Debug, Clone)]
pub struct Image {
    root: Root,
    architecture: Architecture,
    kernel: PathBuf,
    initrd: PathBuf,
}

impl Image {
    /// Whether the image of a suite is there already.
    pub(crate) fn is_prepared(suite: Suite) -> Result<bool, Error> {
        Ok(Root::present(
            &name(suite, Architecture::Amd64),
            &recipe(suite, Architecture::Amd64),
        )?
        .is_some())
    }

    /// The image of a suite, made now if there is none or if its recipe has changed.
    pub fn prepare(suite: Suite) -> Result<Self, Error> {
        Self::prepare_for(suite, Architecture::Amd64)
    }

    /// The same for a processor. One that is not this computer's takes minutes.
    pub fn prepare_for(suite: Suite, architecture: Architecture) -> Result<Self, Error> {
        requirements::check_virtual(architecture)?;
        let root = Root::ensure(&name(suite, architecture), &recipe(suite, architecture))?;
        let boot = root.path().join("boot");
        Ok(Self {
            kernel: found(&boot, "vmlinuz-")?,
            initrd: found(&boot, "initrd.img-")?,
            root,
            architecture,
        })
    }

    /// The suite that it was made from.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.root.suite()
    }

    /// The processor that it is for.
    #[must_use]
    pub const fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// A disk with a copy of the image on it, which the closure may change before: it gets the
    /// directory that becomes the machine's `/`.
    pub fn disk(&self, prepare: impl FnOnce(&Path) -> Result<(), Error>) -> Result<Disk, Error> {
        Disk::make(self, prepare)
    }

    /// Where its files are. For reading only.
    pub(super) fn path(&self) -> &Path {
        self.root.path()
    }

    /// The kernel.
    pub(super) fn kernel(&self) -> &Path {
        &self.kernel
    }

    /// The kernel's first files.
    pub(super) fn initrd(&self) -> &Path {
        &self.initrd
    }
}

fn name(suite: Suite, architecture: Architecture) -> String {
    match architecture {
        Architecture::Amd64 => format!("{suite}-virtual"),
        Architecture::Arm64 => format!("{suite}-{architecture}-virtual"),
    }
}

fn recipe(suite: Suite, architecture: Architecture) -> Recipe {
    Recipe {
        suite,
        version: RECIPE,
        packages: [
            suite.packages(),
            kernel(suite.distribution(), architecture).to_vec(),
            PACKAGES.into(),
        ]
        .concat(),
        architecture,
        options: &OPTIONS,
    }
}

/// The file whose name begins like this; the last one by name if there are several.
fn found(directory: &Path, beginning: &str) -> Result<PathBuf, Error> {
    let look = || -> io::Result<PathBuf> {
        let mut names = Vec::new();
        for entry in fs::read_dir(directory)? {
            names.push(entry?.file_name());
        }
        names
            .into_iter()
            .filter(|name| name.as_encoded_bytes().starts_with(beginning.as_bytes()))
            .max()
            .map(|name| directory.join(name))
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    };
    look().doing(|| format!("find {beginning}* in {}", directory.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_is_found_by_the_beginning_of_its_name() {
        let scratch = tempfile::tempdir().unwrap();
        let missing = found(scratch.path(), "vmlinuz-").unwrap_err().to_string();
        assert!(missing.contains("vmlinuz-*"), "{missing}");
        for name in ["config-6.1", "vmlinuz-6.1", "vmlinuz-6.2"] {
            fs::write(scratch.path().join(name), "").unwrap();
        }
        let kernel = found(scratch.path(), "vmlinuz-").unwrap();
        assert_eq!(kernel, scratch.path().join("vmlinuz-6.2"));
    }

    #[test]
    fn an_image_is_a_root_and_more() {
        for architecture in Architecture::ALL {
            let packages = recipe(Suite::Trixie, architecture).packages;
            for expected in Suite::Trixie.packages().into_iter().chain(PACKAGES) {
                assert!(packages.contains(&expected));
            }
            assert!(
                packages
                    .iter()
                    .any(|one| one.starts_with("linux-image-cloud-"))
            );
        }
    }
}
