//! The driver's own library (NVML), loaded at run time by the few commands that need it: free memory,
//! temperatures, which processes compute, and names that /proc does not tell.
//!
//! On a machine without a driver there is no such library, which is no error: nobody answers.

use std::collections::BTreeMap;

use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::TemperatureSensor;
use nvml_wrapper::enums::device::UsedGpuMemory;

use crate::gpu::usage::Measured;
use crate::gpu::{Gpus, Uuid};
use crate::ordered::Ordered as _;

/// What it tells, by the number in `/dev/nvidiaN`; nothing where it is not there.
#[must_use]
pub fn measured() -> BTreeMap<u32, Measured> {
    let Ok(nvml) = Nvml::init() else {
        return BTreeMap::new();
    };
    let mut measured = BTreeMap::new();
    for index in 0..nvml.device_count().unwrap_or(0) {
        let Ok(device) = nvml.device_by_index(index) else {
            continue;
        };
        let Ok(minor) = device.minor_number() else {
            continue;
        };
        let memory = device.memory_info().ok();
        let processes = device.running_compute_processes().unwrap_or_default();
        measured.insert(
            minor,
            Measured {
                free: memory.as_ref().map(|memory| memory.free),
                total: memory.as_ref().map(|memory| memory.total),
                temperature: device.temperature(TemperatureSensor::Gpu).ok(),
                processes: processes
                    .into_iter()
                    .map(|process| (process.pid, used(&process.used_gpu_memory)))
                    .ordered(),
            },
        );
    }
    measured
}

fn used(memory: &UsedGpuMemory) -> Option<u64> {
    match memory {
        UsedGpuMemory::Used(bytes) => Some(*bytes),
        UsedGpuMemory::Unavailable => None,
    }
}

/// Adds the names that /proc does not tell: of GPUs that nobody has used yet, and of MIG devices.
pub fn complete(gpus: &mut Gpus) {
    let Ok(nvml) = Nvml::init() else {
        return;
    };
    for index in 0..nvml.device_count().unwrap_or(0) {
        let Ok(device) = nvml.device_by_index(index) else {
            continue;
        };
        let uuid = device.uuid().ok();
        let uuid = uuid
            .as_deref()
            .and_then(|text| Uuid::parse(text.strip_prefix("GPU-")?));
        let (Ok(minor), Some(uuid)) = (device.minor_number(), uuid) else {
            continue;
        };
        let known = gpus.found.iter_mut().find(|gpu| gpu.minor == minor);
        if let Some(gpu) = known.filter(|gpu| gpu.uuid.is_none()) {
            gpu.uuid = Some(uuid.clone());
        }
        for part in 0..device.mig_device_count().unwrap_or(0) {
            let name = device
                .mig_device_by_index(part)
                .and_then(|part| part.uuid())
                .ok();
            let name = name
                .as_deref()
                .and_then(|text| Uuid::parse(text.strip_prefix("MIG-")?));
            if let Some(name) = name {
                gpus.devices.insert(name, uuid.clone());
            }
        }
    }
}
