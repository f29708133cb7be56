//! Who is let out and published, on a kernel that enforces the IP filters.

use std::time::Duration;

use juniper_lab::Suite;
use juniper_lab::vm::{Image, Vm, chroot};

use super::super::lab::{self, Outcome, claim};
use super::HOST;

/// An emulated machine is ten times slower than a real one.
const VIRTUAL: Duration = Duration::from_mins(3);

/// Published, on a kernel that enforces the IP filters: canopy is reached from beyond loopback though
/// the proxy's own unit denies all but loopback, and nobody else is.
pub(super) fn published() -> Outcome {
    let disk = Image::prepare(Suite::Bookworm)?.disk(|tree| {
        let text =
            format!("network = \"isolated\"\n{HOST}\n[services.canopy]\nhost = \"0.0.0.0\"\n");
        lab::packages(tree)?;
        std::fs::write(tree.join("etc/juniper/juniper.toml"), text).unwrap();
        let install = ["juniperctl", "--root", "/", "install", "--yes"];
        chroot(tree, &install).map(drop)
    })?;
    let machine = Vm::boot(&disk, VIRTUAL)?;
    machine.wait_until_settled(VIRTUAL)?;
    let succeed = |line: &str| machine.succeed(line, VIRTUAL);
    succeed("systemctl is-active juniper.target")?;
    succeed("juniperctl health")?;
    succeed("ip address add 192.0.2.1/32 dev lo")?;
    let answers = succeed(
        "for at in 192.0.2.1:8050 127.0.0.1:8050 192.0.2.1:8100 127.0.0.1:8100; do \
         curl -s -o /dev/null -m 20 -w '%{http_code} ' http://$at/v1/health/ready; done; true",
    )?;
    claim(answers.trim() == "200 200 000 000", &answers)?;
    // The filters are there and hold: with loopback alone let through, the same socket refuses.
    let enforced = succeed(
        "mkdir -p /run/systemd/system/juniper-canopy-proxy.socket.d; \
         printf '[Socket]\\nIPAddressDeny=any\\nIPAddressAllow=localhost\\n' \
         > /run/systemd/system/juniper-canopy-proxy.socket.d/filter.conf; \
         systemctl daemon-reload; systemctl restart juniper-canopy-proxy.socket; \
         for at in 192.0.2.1:8050 127.0.0.1:8050; do \
         curl -s -o /dev/null -m 20 -w '%{http_code} ' http://$at/v1/health/ready; done; true",
    )?;
    claim(enforced.trim() == "000 200", &enforced)?;
    machine.power_off()?;
    Ok(())
}
