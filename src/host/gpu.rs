//! The NVIDIA driver's files below /proc and /dev, read; its nodes made by the program that is made for it.
//!
//! No library is loaded for it, and no node is opened by looking at it, which would wake the GPU. What it
//! all means is `crate::gpu`'s business.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::fs::{Access, AtFlags, CWD, accessat, major};
use rustix::io::Errno;

use crate::gpu::driver::{capability, character_devices, numbered, release};
use crate::gpu::lack::Node;
use crate::gpu::usage::{Process, control_group, shares_memory};
use crate::gpu::{FoundGpu, Gpus, Partition};
use crate::ordered::{self, Ordered as _};
use crate::spec::text::for_terminal;

/// Where the driver tells of itself.
pub const DRIVER: &str = "/proc/driver/nvidia";

/// What loads the driver's modules and makes its nodes; the driver's own libraries run it, too.
const MODPROBE: &str = "/usr/bin/nvidia-modprobe";

/// How long the kernel may take to tell what a process has mapped.
const LONGEST: Duration = Duration::from_secs(1);

/// The node of the driver as a whole.
const CONTROL: u32 = 255;

/// What this machine's driver tells of the GPUs.
#[must_use]
pub fn gpus() -> Gpus {
    gpus_below(Path::new(DRIVER))
}

/// What a driver tells of the GPUs in this directory, its [`DRIVER`].
#[must_use]
pub fn gpus_below(driver: &Path) -> Gpus {
    let mut found: Vec<FoundGpu> = names(&driver.join("gpus"))
        .into_iter()
        .filter_map(|bus| {
            let text = fs::read_to_string(driver.join("gpus").join(&bus).join("information"));
            FoundGpu::parse(&bus, &text.ok()?)
        })
        .collect();
    ordered::sort_by(&mut found, |left, right| left.bus.cmp(&right.bus));
    Gpus {
        driver: fs::read_to_string(driver.join("version"))
            .ok()
            .map(|text| release(&text).unwrap_or_else(|| "of unknown release".to_owned())),
        found,
        partitions: partitions(&driver.join("capabilities")),
        devices: BTreeMap::new(),
    }
}

/// The parts into which GPUs are split: `capabilities/gpuM/mig/giN/ciK/access`.
fn partitions(capabilities: &Path) -> Vec<Partition> {
    let access = |directory: &Path| capability(&fs::read_to_string(directory.join("access")).ok()?);
    let mut partitions = Vec::new();
    for (minor, gpu) in below(capabilities, "gpu") {
        for (gpu_instance, of_gpu) in below(&gpu.join("mig"), "gi") {
            for (compute_instance, own) in below(&of_gpu, "ci") {
                if let (Some(first), Some(second)) = (access(&of_gpu), access(&own)) {
                    partitions.push(Partition {
                        minor,
                        gpu_instance,
                        compute_instance,
                        capabilities: [first, second],
                    });
                }
            }
        }
    }
    ordered::sort(&mut partitions);
    partitions
}

fn below(directory: &Path, begins: &str) -> Vec<(u32, PathBuf)> {
    names(directory)
        .into_iter()
        .filter_map(|name| Some((numbered(&name, begins)?, directory.join(&name))))
        .collect()
}

fn names(directory: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// The character devices that the kernel knows.
#[must_use]
pub fn groups() -> BTreeMap<String, u32> {
    character_devices(&fs::read_to_string("/proc/devices").unwrap_or_default())
}

/// What lies at a path, as everybody sees it.
#[must_use]
pub fn node(path: &str) -> Node {
    match fs::metadata(path) {
        Ok(metadata) if metadata.file_type().is_char_device() => Node::Usable {
            major: major(metadata.rdev()),
        },
        Ok(_) => Node::Other,
        Err(_) => Node::Missing,
    }
}

/// What lies at a path, as this process may use it. The kernel asks the unit's device policy for that, too,
/// so that the node need not be opened.
#[must_use]
pub fn usable_node(path: &str) -> Node {
    let rights = Access::READ_OK | Access::WRITE_OK;
    match (node(path), accessat(CWD, path, rights, AtFlags::empty())) {
        (Node::Usable { .. }, Err(Errno::PERM)) => Node::NotAllowed,
        (Node::Usable { .. }, Err(_)) => Node::NoPermission,
        (seen, _) => seen,
    }
}

/// What the driver tells while the GPUs that nobody has used yet are held open, as far as this process may:
/// before that they have no number to be known by.
#[must_use]
pub fn woken(gpus: Gpus) -> Gpus {
    let unknown = gpus.found.iter().filter(|gpu| gpu.uuid.is_none());
    let held: Vec<fs::File> = unknown
        .filter_map(|gpu| {
            let mut options = fs::OpenOptions::new();
            options.read(true).write(true).open(gpu.node()).ok()
        })
        .collect();
    if held.is_empty() { gpus } else { self::gpus() }
}

/// Has the driver's modules loaded and its nodes made, where its own program for that is there.
///
/// # Errors
/// The program is there and cannot be run.
pub fn make_nodes() -> io::Result<()> {
    if !Path::new(MODPROBE).exists() {
        return Ok(());
    }
    // This loads the driver, which then tells what there is.
    modprobe(&["-c".to_owned(), CONTROL.to_string()])?;
    let found = gpus();
    let mut own: Vec<String> = Vec::new();
    for gpu in &found.found {
        own.extend(["-c".to_owned(), gpu.minor.to_string()]);
    }
    for part in &found.partitions {
        let instance = format!(
            "{DRIVER}/capabilities/gpu{}/mig/gi{}",
            part.minor, part.gpu_instance
        );
        let compute = format!("{instance}/ci{}/access", part.compute_instance);
        own.extend([
            "-f".to_owned(),
            format!("{instance}/access"),
            "-f".to_owned(),
            compute,
        ]);
    }
    modprobe(&own)?;
    // Both nodes for shared memory come of this one number.
    modprobe(&["-u".to_owned(), "-c".to_owned(), "0".to_owned()])
}

/// It fails where there is no driver to load, and the gate then says what is lacking.
fn modprobe(arguments: &[String]) -> io::Result<()> {
    Command::new(MODPROBE)
        .args(arguments)
        .stdin(Stdio::null())
        .status()
        .map(drop)
}

/// Every process that holds a node of the driver open and that this one may look at.
#[must_use]
pub fn processes() -> Vec<Process> {
    let mut found: Vec<Process> = names(Path::new("/proc"))
        .into_iter()
        .filter_map(|name| process(name.parse().ok()?))
        .collect();
    ordered::sort_by_key(&mut found, |process| process.pid);
    found
}

fn process(pid: u32) -> Option<Process> {
    let directory = PathBuf::from(format!("/proc/{pid}"));
    let descriptors = fs::read_dir(directory.join("fd")).ok()?;
    let nodes: BTreeSet<String> = descriptors
        .flatten()
        .filter_map(|entry| {
            fs::read_link(entry.path())
                .ok()?
                .into_os_string()
                .into_string()
                .ok()
        })
        .filter(|target| target.starts_with("/dev/nvidia"))
        .ordered();
    if nodes.is_empty() {
        return None;
    }
    let text = |name: &str| fs::read_to_string(directory.join(name)).unwrap_or_default();
    Some(Process {
        pid,
        program: for_terminal(text("comm").trim_end(), 20),
        control_group: control_group(&text("cgroup"))
            .unwrap_or_default()
            .to_owned(),
        nodes,
        computes: computes(directory.join("maps")),
    })
}

/// Whether a process computes, by what it has mapped; as nobody knows better, yes where the kernel does not tell: that
/// takes a lock of the process, which one that hangs in the driver may hold for ever.
fn computes(maps: PathBuf) -> bool {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || tell.send(fs::read(maps)));
    match told.recv_timeout(LONGEST) {
        Ok(Ok(maps)) => shares_memory(&String::from_utf8_lossy(&maps)),
        Ok(Err(_)) | Err(_) => true,
    }
}
