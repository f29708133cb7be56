//! One line of the kernel's log to what it means for a GPU; nothing for nearly all lines.
//!
//! Lines may be forged in part: the kernel prints names of programs and devices, and whoever chooses
//! such a name chooses how a line begins, for 15 characters. So a line counts only where it has the
//! driver's form from its very beginning to behind the code. Nothing of a line's free text is kept.

use crate::gpu::GpuName;

use super::address::GpuAddress;
use super::fault::Symptom;
use super::xid::{self, Cure, FALLEN_OFF_THE_BUS, RECOVERY_ACTION, TESTS};

/// What one line means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A GPU has a fault.
    Fault {
        /// Which, where the line says it.
        gpu: Option<GpuAddress>,
        /// What was seen.
        symptom: Symptom,
        /// What helps.
        cure: Cure,
    },
    /// A GPU's lasting name.
    Named {
        /// Where it is.
        gpu: GpuAddress,
        /// `GPU-b850f46d-...`.
        uuid: String,
    },
    /// The driver says that a GPU needs nothing any more.
    Recovered {
        /// Which.
        gpu: GpuAddress,
    },
    /// The driver was loaded: what was before is over.
    Loaded,
}

/// Reads one message of the kernel, of which only the first line counts.
#[must_use]
pub fn parse(message: &str) -> Option<Line> {
    let line = message.lines().next()?.strip_prefix("NVRM: ")?;
    if let Some(rest) = line.strip_prefix("Xid (") {
        return xid_line(rest);
    }
    if let Some(rest) = line.strip_prefix("GPU ") {
        return of_gpu(rest);
    }
    let fault = |symptom, cure| {
        Some(Line::Fault {
            gpu: None,
            symptom,
            cure,
        })
    };
    if line.starts_with("The NVIDIA probe routine failed for ")
        || line.starts_with("None of the NVIDIA devices were initialized")
    {
        // Often another driver holds the GPU, or it needs an older one: a person has to look.
        return fault(Symptom::Probe, Cure::Look);
    }
    if line.starts_with("nvGpuOpsReportFatalError: uvm encountered global fatal error") {
        return fault(Symptom::MemoryManagement, Cure::Reboot);
    }
    line.starts_with("loading NVIDIA UNIX ")
        .then_some(Line::Loaded)
}

/// `PCI:0000:3b:00): 79, pid=1234, GPU has fallen off the bus.`, on a GPU in parts
/// `PCI:0000:3b:00 GPU-I:05): 94, ...`.
fn xid_line(rest: &str) -> Option<Line> {
    let (place, rest) = rest.split_once("): ")?;
    let gpu = match place.split_once(" GPU-I:") {
        Some((address, part)) if is_part(part) => GpuAddress::parse(address)?,
        Some(_) => return None,
        None => GpuAddress::parse(place)?,
    };
    let (digits, text) = match rest.split_once(',') {
        Some((digits, text)) => (digits, text),
        None => (rest.trim_end(), ""),
    };
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let code: u16 = digits.parse().ok()?;
    if TESTS.contains(&code) {
        return None;
    }
    if code == RECOVERY_ACTION {
        return recovery(gpu, text);
    }
    Some(Line::Fault {
        gpu: Some(gpu),
        symptom: Symptom::Xid(code),
        cure: xid::cure(code),
    })
}

/// ` GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)`. The numbers are those
/// of `nvmlDeviceGpuRecoveryAction_t`; the words have changed from driver to driver.
fn recovery(gpu: GpuAddress, text: &str) -> Option<Line> {
    let (_, to) = text
        .strip_prefix(" GPU recovery action changed from 0x")?
        .split_once(" to 0x")?;
    let number = to.split(|end: char| !end.is_ascii_hexdigit()).next()?;
    let cure = match number {
        "0" => return Some(Line::Recovered { gpu }),
        "1" => Cure::Reset,
        "2" => Cure::Reboot,
        // Work may go on until a person drains it.
        _ => Cure::Look,
    };
    Some(Line::Fault {
        gpu: Some(gpu),
        symptom: Symptom::Xid(RECOVERY_ACTION),
        cure,
    })
}

/// `at PCI:0000:3b:00: GPU-b850f46d-d5ea-c752-ddf3-c4453e44d3f7`, `0000:01:00.0: GPU has fallen off
/// the bus.`, `at 0000:01:00.0 has fallen off the bus.`
fn of_gpu(rest: &str) -> Option<Line> {
    let rest = rest.strip_prefix("at ").unwrap_or(rest);
    let (place, rest) = rest.split_once(' ')?;
    let gpu = GpuAddress::parse(place.strip_suffix(':').unwrap_or(place))?;
    if rest.starts_with("has fallen off the bus") || rest.starts_with("GPU has fallen off the bus")
    {
        return Some(Line::Fault {
            gpu: Some(gpu),
            symptom: Symptom::Xid(FALLEN_OFF_THE_BUS),
            cure: xid::cure(FALLEN_OFF_THE_BUS),
        });
    }
    let uuid = rest.trim_end();
    matches!(GpuName::parse(uuid), Ok(GpuName::Whole(_))).then(|| Line::Named {
        gpu,
        uuid: uuid.to_owned(),
    })
}

fn is_part(part: &str) -> bool {
    (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
