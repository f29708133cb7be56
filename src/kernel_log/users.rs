//! Which services a fault of a GPU concerns: the one place where that is decided.

use crate::spec::stack::Gpu;

use super::address::GpuAddress;

/// Whether a service may use a GPU, by what the configuration lets it open. Which number or name a GPU
/// has the kernel's lines do not tell, so whoever may open any of them may use this one.
#[must_use]
pub fn may_use(gpu: &Gpu, _address: Option<&GpuAddress>) -> bool {
    *gpu != Gpu::None
}
