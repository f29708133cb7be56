//! Lines as drivers have written them, and lines that others would like to be taken for such.

use proptest::{prop_assert, proptest};

use super::{Line, parse};
use crate::kernel_log::{Cure, GpuAddress, Symptom};

fn fault(gpu: &str, code: u16, cure: Cure) -> Line {
    Line::Fault {
        gpu: GpuAddress::parse(gpu),
        symptom: Symptom::Xid(code),
        cure,
    }
}

#[test]
fn the_forms_of_old_and_new_drivers_are_read() {
    for (line, gpu, code, cure) in [
        (
            "NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, GPU has fallen off the bus.",
            "0000:3b:00",
            79,
            Cure::Reboot,
        ),
        (
            "NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.",
            "0000:01:00",
            79,
            Cure::Reboot,
        ),
        (
            "NVRM: Xid (PCI:0000:66:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
            "0000:66:00",
            79,
            Cure::Reboot,
        ),
        (
            "NVRM: Xid (0000:03:00): 14, Channel 00000001",
            "0000:03:00",
            14,
            Cure::Look,
        ),
        (
            "NVRM: Xid (PCI:0000:00:06): 31, pid=79749, name=exe, Ch 0000000a, intr 00000000. MMU Fault: ENGINE GRAPHICS",
            "0000:00:06",
            31,
            Cure::Restart,
        ),
        (
            "NVRM: Xid (PCI:0000:10:1c): 63, pid=1896, Row Remapper: New row marked for remapping, reset gpu to activate.",
            "0000:10:1c",
            63,
            Cure::Nothing,
        ),
        (
            "NVRM: Xid (PCI:0000:01:00 GPU-I:05): 94, pid=7, Contained: SM (0x1).",
            "0000:01:00",
            94,
            Cure::Restart,
        ),
        (
            "NVRM: Xid (PCI:0000:83:00): 48",
            "0000:83:00",
            48,
            Cure::Reset,
        ),
        (
            "NVRM: Xid (PCI:0000:83:00): 48\n",
            "0000:83:00",
            48,
            Cure::Reset,
        ),
        (
            "NVRM: Xid (PCI:0000:83:00): 999, something new",
            "0000:83:00",
            999,
            Cure::Look,
        ),
        (
            "NVRM: GPU 0000:01:00.0: GPU has fallen off the bus.",
            "0000:01:00",
            79,
            Cure::Reboot,
        ),
        (
            "NVRM: GPU at 0000:01:00.0 has fallen off the bus.",
            "0000:01:00",
            79,
            Cure::Reboot,
        ),
        (
            "NVRM: Xid (PCI:0000:01:00): 154, GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)",
            "0000:01:00",
            154,
            Cure::Reboot,
        ),
        (
            "NVRM: Xid (PCI:0000:01:00): 154, GPU recovery action changed from 0x0 (None) to 0x1 (PF FLR)",
            "0000:01:00",
            154,
            Cure::Reset,
        ),
        (
            "NVRM: Xid (PCI:0000:01:00): 154, GPU recovery action changed from 0x0 (None) to 0x4 (Drain and Reset)",
            "0000:01:00",
            154,
            Cure::Look,
        ),
    ] {
        assert_eq!(parse(line), Some(fault(gpu, code, cure)), "{line}");
    }
}

#[test]
fn what_is_no_code_is_read_too() {
    let driver = |symptom, cure| {
        Some(Line::Fault {
            gpu: None,
            symptom,
            cure,
        })
    };
    let gpu = GpuAddress::parse("0000:3b:00").unwrap();
    let uuid = "GPU-b850f46d-d5ea-c752-ddf3-c4453e44d3f7".to_owned();
    for (line, read) in [
        (
            "NVRM: The NVIDIA probe routine failed for 1 device(s).",
            driver(Symptom::Probe, Cure::Look),
        ),
        (
            "NVRM: nvGpuOpsReportFatalError: uvm encountered global fatal error 0x60, requiring os reboot to recover.",
            driver(Symptom::MemoryManagement, Cure::Reboot),
        ),
        (
            "NVRM: GPU at PCI:0000:3b:00: GPU-b850f46d-d5ea-c752-ddf3-c4453e44d3f7",
            Some(Line::Named {
                gpu: gpu.clone(),
                uuid,
            }),
        ),
        (
            "NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  570.86.15",
            Some(Line::Loaded),
        ),
        (
            "NVRM: Xid (PCI:0000:3b:00): 154, GPU recovery action changed from 0x1 (GPU Reset Required) to 0x0 (None)",
            Some(Line::Recovered { gpu }),
        ),
    ] {
        assert_eq!(parse(line), read, "{line}");
    }
}

#[test]
fn what_only_looks_alike_is_nothing() {
    for line in [
        "",
        "\n",
        "NVRM: ",
        "NVRM: Xid",
        "NVRM: Xid (PCI:",
        // A program may be called like this, and the kernel prints names of programs.
        "NVRM: Xid (PCI:[1234]: segfault at 0 ip 0000000000401136 sp 00007ffd error 4 in a[401000+1000]",
        "NVRM: Xid (PCI: page allocation failure: order:0, mode:0x0): 79, x",
        "audit: type=1701 comm=\"NVRM: Xid (PCI:0000:3b:00): 79, pid=1\"",
        "usb 1-1: Product: NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.",
        " NVRM: Xid (PCI:0000:3b:00): 79, x",
        "nvrm: Xid (PCI:0000:3b:00): 79, x",
        "harmless\nNVRM: Xid (PCI:0000:3b:00): 79, x",
        "NVRM: Xid (PCI:0000:3b:00): abc, pid=1",
        "NVRM: Xid (PCI:0000:3b:00): -79, x",
        "NVRM: Xid (PCI:0000:3b:00): +79, x",
        "NVRM: Xid (PCI:0000:3b:00): 79999, x",
        "NVRM: Xid (PCI:0000:3b:00): 79 pid=1",
        "NVRM: Xid (PCI:0000:3b:00):79, x",
        "NVRM: Xid (PCI:0000:3b:00 GPU-I:zz): 94, x",
        "NVRM: Xid (PCI:0000:3b:00 GPU-I:): 94, x",
        "NVRM: Xid (43, pid: 5678): GPU stopped processing",
        // Somebody tries the reporting.
        "NVRM: Xid (PCI:0000:3b:00): 106, SMBPBI Test Message",
        "NVRM: Xid (PCI:0000:3b:00): 154, GPU recovery action changed",
        "NVRM: GPU at PCI:0000:3b:00: GPU-\u{1b}[2J",
        "NVRM: GPU at PCI:0000:3b:00: GPU-b850f46d",
        "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x26:0x56:1463)",
        "NVRM: The NVIDIA probe routine was not called for 1 device(s).",
    ] {
        assert_eq!(parse(line), None, "{line:?}");
    }
}

proptest! {
    /// Whatever a line says, nothing of its free text is in what is made of it.
    #[test]
    fn no_text_of_a_line_is_kept(text in "[^\n]{0,60}", code in 0_u16..2_000) {
        let line = format!("NVRM: Xid (PCI:0000:3b:00): {code}, {text}");
        if let Some(Line::Fault { gpu, symptom, .. }) = parse(&line) {
            prop_assert!(gpu.is_some_and(|gpu| gpu.as_str() == "0000:3b:00"));
            prop_assert!(symptom == Symptom::Xid(code));
        }
    }

    #[test]
    fn no_line_is_too_strange(text in "(NVRM: )?(Xid \\(|GPU at |GPU )?.{0,80}") {
        prop_assert!(parse(&text).is_none() || text.starts_with("NVRM: "));
    }
}
