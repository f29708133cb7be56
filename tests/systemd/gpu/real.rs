//! torch on a GPU that is really there, under the device policy that the units have: it sees its own and no
//! other one. Skipped, loudly, where there is none.

use std::path::Path;
use std::process::Command;

use juniper_lab::trial::{SEES_TORCH, on_gpu};
use libtest_mimic::{Failed, Trial};

use super::super::lab::{Outcome, claim};

/// What torch sees, a line each.
const LOOK: &str = "import torch
print(torch.cuda.device_count())
for number in range(torch.cuda.device_count()):
    print(torch.cuda.get_device_properties(number).uuid)
torch.zeros(1, device='cuda')
";

pub(crate) fn trial() -> Trial {
    on_gpu("real::torch_sees_its_own_gpu_and_no_other_one", own)
}

fn own() -> Outcome {
    let directory = tempfile::tempdir().unwrap();
    let configuration = directory.path().join("juniper.toml");
    std::fs::write(&configuration, "[services.cascor]\ngpu = 1\n").unwrap();
    let rendered = said(
        Command::new(env!("CARGO_BIN_EXE_juniperctl"))
            .arg("--config")
            .arg(&configuration)
            .args(["render", "--out"])
            .arg(directory.path()),
    );
    rendered?;
    let unit = std::fs::read_to_string(directory.path().join("juniper-cascor.service")).unwrap();
    let of = |name: &str| -> Vec<String> {
        let begins = format!("{name}=");
        let lines = unit.lines().filter_map(|line| line.strip_prefix(&begins));
        lines.map(str::to_owned).collect()
    };
    let variables: Vec<String> = of("Environment")
        .into_iter()
        .filter(|variable| variable.starts_with("CUDA_"))
        .collect();
    let uuid = variables
        .iter()
        .find_map(|variable| variable.strip_prefix("CUDA_VISIBLE_DEVICES=GPU-"))
        .ok_or("the unit names no GPU")?;
    for told in [variables.as_slice(), &[]] {
        // Not told which is its own, it may still open no other.
        let mut command = Command::new("systemd-run");
        command.args(["--quiet", "--wait", "--pipe", "-p", "DevicePolicy=closed"]);
        for device in of("DeviceAllow") {
            command.arg("-p").arg(format!("DeviceAllow={device}"));
        }
        for variable in told {
            command.arg("-E").arg(variable);
        }
        let python = std::env::var_os(SEES_TORCH).unwrap();
        let seen = said(command.arg(Path::new(&python)).args(["-c", LOOK]))?;
        claim(
            seen.lines().count() == 2 && seen.starts_with("1\n") && seen.contains(uuid),
            &seen,
        )?;
    }
    println!(
        "torch saw GPU-{uuid} alone; its unit allows {:?}",
        of("DeviceAllow")
    );
    Ok(())
}

fn said(command: &mut Command) -> Result<String, Failed> {
    let output = command.output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(format!(
        "{command:?}: {}{}",
        text(&output.stdout),
        text(&output.stderr)
    )
    .into())
}
