//! Which services a fault of a GPU concerns: the one place where that is decided.
//!
//! A name that is not known concerns everybody who may open any GPU: better a start too few than one that
//! cannot help. Nothing here looks at the machine.

use crate::gpu::{GpuName, Uuid};
use crate::spec::stack::Gpu;

/// Whether a service may use the GPU of this name (`GPU-...`), by what the configuration lets it open.
/// Which ones a count comes to follows from the machine: its gate knows, here all are meant.
#[must_use]
pub fn may_use(gpu: &Gpu, name: Option<&str>) -> bool {
    match gpu {
        Gpu::None => false,
        Gpu::All | Gpu::Count(_) => true,
        Gpu::Named(names) => concerns(names, name),
    }
}

/// Whether the GPU of this name is one of these, or may be the one that one of these is a part of.
#[must_use]
pub fn concerns(names: &[GpuName], name: Option<&str>) -> bool {
    let number = name.and_then(|name| name.strip_prefix("GPU-"));
    let Some(faulty) = number.and_then(Uuid::parse) else {
        return true;
    };
    names.iter().any(|name| match name {
        GpuName::Whole(gpu) | GpuName::Place { gpu, .. } => *gpu == faulty,
        GpuName::Device(_) => true,
    })
}

#[cfg(test)]
mod tests {
    use super::may_use;
    use crate::gpu::GpuName;
    use crate::spec::stack::Gpu;

    #[test]
    fn a_fault_concerns_whoever_may_open_that_gpu() {
        const ONE: &str = "GPU-11111111-2222-3333-4444-555555555555";
        const OTHER: &str = "GPU-99999999-2222-3333-4444-555555555555";
        let named = |name: &str| Gpu::Named(vec![GpuName::parse(name).unwrap()]);
        let part = format!("MIG-{ONE}/1/0");
        let number = ONE.replace("GPU-", "MIG-");
        for (gpu, name, expected) in [
            (Gpu::None, None, false),
            (Gpu::All, Some(OTHER), true),
            (Gpu::Count(1), Some(OTHER), true),
            (named(ONE), Some(ONE), true),
            (named(ONE), Some(OTHER), false),
            (named(&part), Some(ONE), true),
            (named(&part), Some(OTHER), false),
            // Which GPU it is part of its number does not tell.
            (named(&number), Some(OTHER), true),
            (named(ONE), None, true),
            (named(ONE), Some("GPU-?"), true),
        ] {
            assert_eq!(may_use(&gpu, name), expected, "{gpu:?} {name:?}");
        }
    }
}
