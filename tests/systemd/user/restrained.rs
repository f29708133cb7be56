//! Ubuntu 24.04 on its own kernel, which grants ordinary users a namespace and then nothing in it: `doctor` says
//! so, units do without, and the group runs.
//!
//! A container cannot show it: the kernel is this computer's there.

use std::time::Duration;

use juniper_lab::vm::{Image, Vm, chroot};
use juniper_lab::{Suite, trial};
use libtest_mimic::Trial;

use super::super::lab::{self, Outcome, claim, has};
use super::sandbox;
use super::stage::{BUS, HOME, PAM, RUNTIME, USER};

/// An emulated machine is ten times slower than a real one.
const BOOT: Duration = Duration::from_mins(5);

/// The release that does so.
const SUITE: Suite = Suite::Noble;

pub(super) fn trial() -> Trial {
    trial::on_virtual_suite(
        SUITE,
        "systemd::user::255::ubuntus_own_kernel_restrains_units_and_is_named",
        restrained,
    )
}

fn restrained() -> Outcome {
    let disk = Image::prepare(SUITE)?.disk(|tree| {
        lab::packages(tree)?;
        // Nobody reloads anything in a tree.
        let prepared = format!("systemctl() {{ :; }}\n{PAM}{BUS}mkdir -p /var/lib/systemd/linger\n>/var/lib/systemd/linger/{USER}\n");
        chroot(tree, &["sh", "-c", &prepared]).map(drop)
    })?;
    let machine = Vm::boot(&disk, BOOT)?;
    machine.wait_until_settled(BOOT)?;
    let succeed = |line: &str| machine.succeed(line, BOOT);
    let user = |line: &str| {
        succeed(&format!(
            "runuser -u {USER} -- env HOME={HOME} XDG_RUNTIME_DIR={RUNTIME} sh -c '{line}'"
        ))
    };
    let setting = succeed("sysctl -n kernel.apparmor_restrict_unprivileged_userns")?;
    claim(setting.trim() == "1", format!("the setting: {setting}"))?;
    user("juniperctl --user install --profile mock --yes")?;
    user("juniperctl --user start && juniperctl --user health")?;
    let unit = user("cat ~/.config/systemd/user/juniper-data.service")?;
    sandbox::does_without_namespaces(&unit)?;
    let told = user("juniperctl --user doctor")?;
    has(
        &told,
        &["kept from it by kernel.apparmor_restrict_unprivileged_userns = 1"],
    )?;
    machine.power_off()?;
    Ok(())
}
