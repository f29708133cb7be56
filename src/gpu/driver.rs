//! What the NVIDIA driver tells of itself below /proc, without any library: which GPUs there are, into
//! which parts they are split, and under which names the kernel knows its devices.
//!
//! Texts in, values out. Last held against drivers 470, 535, 570 and 580: the names of the device groups differ
//! between them, and before a GPU is first used its number reads as question marks, unless the driver is kept
//! awake (persistence mode).

use std::collections::BTreeMap;

use crate::ordered::Ordered as _;
use crate::spec::text::for_terminal;

use super::name::Uuid;

/// The longest model that is shown.
const MODEL: usize = 60;

/// The GPUs of a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gpus {
    /// The driver's release, where one is loaded.
    pub driver: Option<String>,
    /// In the order of the bus, which is CUDA's with `CUDA_DEVICE_ORDER=PCI_BUS_ID`.
    pub found: Vec<FoundGpu>,
    /// The parts into which some of them are split.
    pub partitions: Vec<Partition>,
    /// The numbers of the parts, by the GPU that they are parts of; only where somebody asked NVML.
    pub devices: BTreeMap<Uuid, Uuid>,
}

/// One GPU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundGpu {
    /// Where it is on the bus: `0000:01:00.0`.
    pub bus: String,
    /// The number in `/dev/nvidiaN`.
    pub minor: u32,
    /// What it is.
    pub model: String,
    /// What makes it one of a kind; unknown until somebody has used it.
    pub uuid: Option<Uuid>,
}

impl FoundGpu {
    /// Its device node.
    #[must_use]
    pub fn node(&self) -> String {
        format!("/dev/nvidia{}", self.minor)
    }

    /// Reads `/proc/driver/nvidia/gpus/BUS/information`.
    #[must_use]
    pub fn parse(bus: &str, text: &str) -> Option<Self> {
        let field = |name: &str| {
            text.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                (key.trim() == name).then(|| value.trim())
            })
        };
        let plain = |c: char| c.is_ascii_hexdigit() || c == ':' || c == '.';
        let bus = field("Bus Location").unwrap_or(bus);
        Some(Self {
            bus: bus.chars().filter(|c| plain(*c)).collect(),
            minor: field("Device Minor")?
                .parse()
                .ok()
                .filter(|minor| *minor < 255)?,
            model: for_terminal(field("Model").unwrap_or("unknown"), MODEL),
            uuid: field("GPU UUID")
                .and_then(|text| text.strip_prefix("GPU-"))
                .and_then(Uuid::parse),
        })
    }
}

/// A compute instance: a part of a GPU that is split up (MIG).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Partition {
    /// The number in the `/dev/nvidiaN` of the GPU that it is part of.
    pub minor: u32,
    /// The number of its GPU instance.
    pub gpu_instance: u32,
    /// Its own number within that.
    pub compute_instance: u32,
    /// The numbers N in `/dev/nvidia-caps/nvidia-capN`, of the GPU instance's node and of its own.
    pub capabilities: [u32; 2],
}

impl Partition {
    /// The two nodes that whoever works in it opens.
    #[must_use]
    pub fn nodes(&self) -> [String; 2] {
        self.capabilities.map(capability_node)
    }
}

/// `/dev/nvidia-caps/nvidia-capN`.
fn capability_node(number: u32) -> String {
    format!("/dev/nvidia-caps/nvidia-cap{number}")
}

/// The number of the node that a file of `/proc/driver/nvidia/capabilities` names.
#[must_use]
pub fn capability(text: &str) -> Option<u32> {
    text.lines()
        .find_map(|line| line.strip_prefix("DeviceFileMinor:"))?
        .trim()
        .parse()
        .ok()
}

/// The number in the name of a directory there: `gpu0`, `gi3`, `ci0`.
#[must_use]
pub fn numbered(name: &str, begins: &str) -> Option<u32> {
    name.strip_prefix(begins)?.parse().ok()
}

/// The release in `/proc/driver/nvidia/version`: `NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  ...`.
#[must_use]
pub fn release(version: &str) -> Option<String> {
    let line = version.lines().find(|line| line.starts_with("NVRM"))?;
    let is_release =
        |word: &&str| word.contains('.') && word.split('.').all(|part| part.parse::<u32>().is_ok());
    line.split_whitespace()
        .find(is_release)
        .map(|word| for_terminal(word, 20))
}

/// The character devices that the kernel knows (`/proc/devices`), by name.
#[must_use]
pub fn character_devices(text: &str) -> BTreeMap<String, u32> {
    text.lines()
        .skip_while(|line| *line != "Character devices:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let (major, name) = line.trim_start().split_once(' ')?;
            Some((name.to_owned(), major.parse().ok()?))
        })
        .ordered()
}

/// The names that the group of the GPUs themselves has had: the second in older drivers.
pub const GROUPS: [&str; 2] = ["nvidia", "nvidia-frontend"];

impl Gpus {
    /// Whether nothing of a driver was found.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.found.is_empty()
    }

    /// The GPU of this number.
    #[must_use]
    pub fn whole(&self, uuid: &Uuid) -> Option<&FoundGpu> {
        self.found
            .iter()
            .find(|gpu| gpu.uuid.as_ref() == Some(uuid))
    }

    /// The parts of a GPU.
    pub fn parts_of(&self, minor: u32) -> impl Iterator<Item = &Partition> {
        self.partitions
            .iter()
            .filter(move |part| part.minor == minor)
    }

    /// Those that can be handed out whole: what is split up is handed out by the names of its parts.
    pub fn undivided(&self) -> impl Iterator<Item = &FoundGpu> {
        self.found
            .iter()
            .filter(|gpu| gpu.uuid.is_some() && self.parts_of(gpu.minor).next().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::{FoundGpu, capability, character_devices, numbered, release};

    // As the drivers print them: the white space, the fields that came later, and what is not known yet.
    const R470: &str = "Model: \t\t Tesla V100-SXM2-16GB\nIRQ:   \t\t 187\nGPU UUID: \t GPU-1f22a253-c329-dfb7-0db4-e005efb6a4c7\nVideo BIOS: \t 88.00.80.00.01\nBus Type: \t PCIe\nDMA Size: \t 47 bits\nDMA Mask: \t 0x7fffffffffff\nBus Location: \t 0000:00:1e.0\nDevice Minor: \t 0\nBlacklisted:\t No\n";
    const R535: &str = "Model: \t\t NVIDIA A10G\nIRQ:   \t\t 42\nGPU UUID: \t GPU-82523fd8-3897-f599-d088-ccd04ae45ec1\nVideo BIOS: \t 94.04.42.00.01\nBus Type: \t PCIe\nDMA Size: \t 47 bits\nDMA Mask: \t 0x7fffffffffff\nBus Location: \t 0000:00:1e.0\nDevice Minor: \t 3\nGPU Excluded:\t No\n";
    const R570_UNUSED: &str = "Model: \t\t NVIDIA GeForce RTX 4090\nIRQ:   \t\t 0\nGPU UUID: \t GPU-????????-????-????-????-????????????\nVideo BIOS: \t ??.??.??.??.??\nBus Type: \t PCIe\nDMA Size: \t 47 bits\nDMA Mask: \t 0x7fffffffffff\nBus Location: \t 0000:41:00.0\nDevice Minor: \t 1\nGPU Firmware: \t 570.86.15\nGPU Excluded:\t No\n";

    // Seen on a machine with this GPU: text, groups and capabilities, see tests/gpu/SEEN.md.
    const R580: &str = "Model: \t\t NVIDIA H200\nIRQ:   \t\t 41\nGPU UUID: \t GPU-e6d12f87-83d3-60e6-c10b-62f09a5b508d\nVideo BIOS: \t 96.00.a5.00.1a\nBus Type: \t PCIe\nDMA Size: \t 52 bits\nDMA Mask: \t 0xfffffffffffff\nBus Location: \t 0000:00:06.0\nDevice Minor: \t 0\nGPU Firmware: \t 580.159.04\nGPU Excluded:\t No\n";
    const R580_DEVICES: &str = "Character devices:\n  1 mem\n  4 /dev/vc/0\n 10 misc\n195 nvidia\n195 nvidiactl\n203 cpu/cpuid\n231 infiniband_verbs\n238 nvidia-uvm\n239 nvidia-nvswitch\n240 nvidia-nvlink\n241 nvidia-caps\n242 nvidia-caps-imex-channels\n243 hidraw\n\nBlock devices:\n  7 loop\n254 virtblk\n";

    #[test]
    fn a_gpu_is_read_as_each_driver_writes_it() {
        for (text, bus, minor, model, uuid) in [
            (R580, "0000:00:06.0", 0, "NVIDIA H200", true),
            (R470, "0000:00:1e.0", 0, "Tesla V100-SXM2-16GB", true),
            (R535, "0000:00:1e.0", 3, "NVIDIA A10G", true),
            (
                R570_UNUSED,
                "0000:41:00.0",
                1,
                "NVIDIA GeForce RTX 4090",
                false,
            ),
        ] {
            let gpu = FoundGpu::parse("elsewhere", text).unwrap();
            assert_eq!(
                (
                    gpu.bus.as_str(),
                    gpu.minor,
                    gpu.model.as_str(),
                    gpu.uuid.is_some()
                ),
                (bus, minor, model, uuid)
            );
        }
    }

    #[test]
    fn what_is_no_gpu_is_none() {
        for text in [
            "",
            "Model: x\n",
            "Device Minor: \t 255\n",
            "Device Minor: \t many\n",
        ] {
            assert_eq!(FoundGpu::parse("0000:01:00.0", text), None, "{text}");
        }
        let odd = FoundGpu::parse("a\nb", "Model: \u{1b}[31m\nDevice Minor: 0\n").unwrap();
        assert!(!odd.model.contains('\u{1b}') && !odd.bus.contains('\n'));
    }

    #[test]
    fn the_release_is_found() {
        for (text, found) in [
            (
                "NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.256.02  Thu May  2 14:37:44 UTC 2024\nGCC version:  gcc version 10.2.1\n",
                "470.256.02",
            ),
            (
                "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build  (dvs-builder@U16)  Thu Jan 23 22:32:03 UTC 2025\n",
                "570.86.15",
            ),
            (
                "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build  (nixbld@)  \nGCC version:  gcc version 15.3.0 (GCC) \n",
                "580.159.04",
            ),
        ] {
            assert_eq!(release(text).as_deref(), Some(found));
        }
        assert_eq!(release("something else 1.2.3"), None);
    }

    #[test]
    fn groups_have_other_names_in_other_drivers() {
        let old = character_devices(
            "Character devices:\n  1 mem\n195 nvidia-frontend\n234 nvidia-uvm\n506 nvidia-caps\n\nBlock devices:\n259 blkext\n  7 nvidia\n",
        );
        assert_eq!(old.get("nvidia-frontend"), Some(&195));
        assert_eq!(
            (old.get("nvidia"), old.get("nvidia-uvm")),
            (None, Some(&234))
        );
        let new = character_devices(
            "Character devices:\n  1 mem\n  4 /dev/vc/0\n195 nvidia\n195 nvidia-modeset\n195 nvidiactl\n236 nvidia-caps\n511 nvidia-uvm\n",
        );
        assert_eq!(
            (new.get("nvidia"), new.get("nvidiactl")),
            (Some(&195), Some(&195))
        );
        let newest = character_devices(R580_DEVICES);
        assert_eq!(
            (
                newest.get("nvidia"),
                newest.get("nvidia-uvm"),
                newest.get("nvidia-caps")
            ),
            (Some(&195), Some(&238), Some(&241))
        );
        assert!(character_devices("").is_empty());
    }

    #[test]
    fn capabilities_name_their_nodes() {
        assert_eq!(
            capability("DeviceFileMinor: 12\nDeviceFileMode: 292\nDeviceFileModify: 1\n"),
            Some(12)
        );
        assert_eq!(capability("DeviceFileMode: 292\n"), None);
        assert_eq!(
            (numbered("gi7", "gi"), numbered("gpu0", "gi")),
            (Some(7), None)
        );
    }
}
