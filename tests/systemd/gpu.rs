//! GPUs without one: nodes that no driver answers behind, and texts as the driver writes them.
//!
//! What is waited for, told and left behind is played in a container; what may be opened in a virtual
//! machine, whose kernel enforces the device policy.

mod policy;
mod real;
mod told;

use juniper_lab::trial::on_virtual_machine;
use libtest_mimic::Trial;

use super::lab;

/// The first on the bus; its node is the second.
const FIRST: &str = "GPU-4d6a8c1e-7b90-4f21-9c3d-0a1b2c3d4e5f";

/// The second on the bus; its node is the first.
const SECOND: &str = "GPU-9f8e7d6c-5b4a-4c3d-8e2f-1a0b9c8d7e6f";

/// Cascor is given one by its name, the workers take both in turns.
const CONFIGURATION: &str = r#"profile = "mock"
[services.cascor]
gpu = ["GPU-9f8e7d6c-5b4a-4c3d-8e2f-1a0b9c8d7e6f"]
environment.JUNIPER_STANDIN_TRAINING = "2m"
[services.worker]
gpu = 1
instances = 4
"#;

/// What a driver tells of two GPUs, and what the kernel then knows of it. The texts are in the form of driver 535.
pub(crate) const DRIVER: &str = r"set -e
mount -t tmpfs tmpfs /proc/driver
mkdir -p /proc/driver/nvidia/gpus/0000:17:00.0 /proc/driver/nvidia/gpus/0000:65:00.0
cd /proc/driver/nvidia
echo 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024' >version
printf 'Model: \t\t NVIDIA A100-PCIE-40GB\nIRQ:   \t\t 187\nGPU UUID: \t GPU-4d6a8c1e-7b90-4f21-9c3d-0a1b2c3d4e5f\nBus Type: \t PCIe\nBus Location: \t 0000:17:00.0\nDevice Minor: \t 1\n' >gpus/0000:17:00.0/information
printf 'Model: \t\t NVIDIA A100-PCIE-40GB\nIRQ:   \t\t 188\nGPU UUID: \t GPU-9f8e7d6c-5b4a-4c3d-8e2f-1a0b9c8d7e6f\nBus Type: \t PCIe\nBus Location: \t 0000:65:00.0\nDevice Minor: \t 0\n' >gpus/0000:65:00.0/information
sed '/^Character devices:/a 195 nvidia-frontend\n511 nvidia-uvm' /proc/devices >/run/devices
mount --bind /run/devices /proc/devices
";

/// The nodes as nvidia-modprobe(1) makes them.
pub(crate) const NODES: &str = "set -e
mknod -m 666 /dev/nvidiactl c 195 255
mknod -m 666 /dev/nvidia-uvm c 511 0
mknod -m 666 /dev/nvidia-uvm-tools c 511 1
mknod -m 666 /dev/nvidia0 c 195 0
mknod -m 666 /dev/nvidia1 c 195 1
";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        lab::trial(
            "systemd::257::a_gpu_is_waited_for_and_told_of",
            told::waited_for_and_told_of,
        ),
        on_virtual_machine(
            "systemd::257::each_opens_its_own_gpu_and_no_other_one",
            policy::own_gpus,
        ),
        real::trial(),
    ]
}
