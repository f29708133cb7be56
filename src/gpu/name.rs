//! What a GPU, or a part of one, is called: `GPU-UUID`, `MIG-UUID`, `MIG-GPU-UUID/GI/CI`.
//!
//! Names only. Whether the machine has such a GPU is not known here. They go into units and environments,
//! and hold nothing but hexadecimal digits, dashes and slashes.

use std::fmt;

use crate::spec::fault::Problem;

/// The lengths of the five groups of digits.
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// What a name looks like, for people.
const FORMS: &str = "a name such as \"GPU-8a56b1d4-5b5f-4d0e-9d35-4c3e0a1b2c3d\" or \"MIG-...\"";

/// The 36 characters that make a GPU, or a MIG device, one of a kind; in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uuid(String);

/// One GPU, or one part of a GPU that is split up (MIG), as CUDA and `nvidia-smi -L` name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum GpuName {
    /// A whole one: `GPU-UUID`.
    Whole(Uuid),
    /// A MIG device by its own number, as drivers from 470 on list it: `MIG-UUID`.
    Device(Uuid),
    /// A MIG device by its place: `MIG-GPU-UUID/GI/CI`.
    Place {
        /// The GPU that it is part of.
        gpu: Uuid,
        /// The number of the GPU instance.
        gpu_instance: u32,
        /// The number of the compute instance within that.
        compute_instance: u32,
    },
}

impl Uuid {
    /// Reads the number alone, without what stands before it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut groups = text.split('-');
        let fits = GROUPS.iter().all(|length| {
            groups.next().is_some_and(|group| {
                group.len() == *length && group.bytes().all(|byte| byte.is_ascii_hexdigit())
            })
        });
        (fits && groups.next().is_none()).then(|| Self(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl GpuName {
    /// Reads a name.
    ///
    /// # Errors
    /// Says what a name looks like.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let problem = || {
            let told = Problem::invalid(FORMS);
            if text.bytes().all(|byte| byte.is_ascii_digit()) {
                told.help("numbers change with each card that is added or removed; `nvidia-smi -L` lists the names")
            } else {
                told.help(
                    "`nvidia-smi -L` lists them; 8, 4, 4, 4 and 12 hexadecimal digits stand in one",
                )
            }
        };
        if let Some(rest) = text.strip_prefix("MIG-GPU-") {
            return Self::place(rest).ok_or_else(problem);
        }
        if let Some(rest) = text.strip_prefix("MIG-") {
            return Uuid::parse(rest).map(Self::Device).ok_or_else(problem);
        }
        text.strip_prefix("GPU-")
            .and_then(Uuid::parse)
            .map(Self::Whole)
            .ok_or_else(problem)
    }

    fn place(text: &str) -> Option<Self> {
        let (gpu, rest) = text.split_once('/')?;
        let (gpu_instance, compute_instance) = rest.split_once('/')?;
        Some(Self::Place {
            gpu: Uuid::parse(gpu)?,
            gpu_instance: small(gpu_instance)?,
            compute_instance: small(compute_instance)?,
        })
    }

    /// Reads several, as `$CUDA_VISIBLE_DEVICES` has them; what is no name is passed over.
    #[must_use]
    pub fn several(text: &str) -> Vec<Self> {
        text.split(',')
            .filter_map(|name| Self::parse(name).ok())
            .collect()
    }

    /// Whether it is part of a GPU.
    #[must_use]
    pub fn is_part(&self) -> bool {
        !matches!(self, Self::Whole(_))
    }
}

/// A number below a hundred, written as it is printed.
fn small(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number < 100 && number.to_string() == text).then_some(number)
}

impl fmt::Display for GpuName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(uuid) => write!(formatter, "GPU-{uuid}"),
            Self::Device(uuid) => write!(formatter, "MIG-{uuid}"),
            Self::Place {
                gpu,
                gpu_instance,
                compute_instance,
            } => write!(formatter, "MIG-GPU-{gpu}/{gpu_instance}/{compute_instance}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::GpuName;
    use proptest::{prop_assert, proptest};

    const UUID: &str = "8a56b1d4-5b5f-4d0e-9d35-4c3e0a1b2c3d";

    #[test]
    fn names_survive() {
        for (text, is_part) in [
            (format!("GPU-{UUID}"), false),
            (format!("MIG-{UUID}"), true),
            (format!("MIG-GPU-{UUID}/7/0"), true),
        ] {
            let name = GpuName::parse(&text).unwrap();
            assert_eq!((name.to_string(), name.is_part()), (text, is_part));
        }
        let upper = GpuName::parse(&format!("GPU-{}", UUID.to_uppercase())).unwrap();
        assert_eq!(upper.to_string(), format!("GPU-{UUID}"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "0",
            "GPU-0",
            "gpu-8a56b1d4-5b5f-4d0e-9d35-4c3e0a1b2c3d",
            "GPU-8a56b1d4-5b5f-4d0e-9d35-4c3e0a1b2c3",
            "GPU-8a56b1d4-5b5f-4d0e-9d35-4c3e0a1b2c3dd",
            "GPU-8a56b1d4-5b5f-4d0e-9d35-4c3e0a1b2c3d-0",
            "GPU-8a56b1d4-5b5f-4d0e-9d35-4c3e0a1b2c3g",
            "GPU-????????-????-????-????-????????????",
            "MIG-GPU-8a56b1d4-5b5f-4d0e-9d35-4c3e0a1b2c3d",
            "MIG-GPU-8a56b1d4-5b5f-4d0e-9d35-4c3e0a1b2c3d/1",
            "MIG-GPU-8a56b1d4-5b5f-4d0e-9d35-4c3e0a1b2c3d/01/0",
            "MIG-GPU-8a56b1d4-5b5f-4d0e-9d35-4c3e0a1b2c3d/1/0/",
        ] {
            assert!(GpuName::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_name_holds_nothing_that_means_something_elsewhere(text in "(GPU-|MIG-|MIG-GPU-)?[ -~]{0,40}") {
            if let Ok(name) = GpuName::parse(&text) {
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '/';
                prop_assert!(name.to_string().chars().all(plain));
            }
        }
    }
}
