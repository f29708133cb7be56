//! Three machines with a network between them: a head with two hosts on links of their own.
//!
//! The head is let in by a key; nobody types anything. A link can be cut and mended, which is all that
//! happens to a machine that is cut off.

use std::process::Command as Process;
use std::time::Duration;

use juniper_lab::{BootOptions, Machine, Output, Root, Suite};
use libtest_mimic::Failed;

use super::super::lab::{Outcome, claim, exits, package, run};

/// Where the head is reached.
pub(super) const HEAD: &str = "10.77.0.1";

/// One of the hosts: its name, its address, its systemd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) name: &'static str,
    pub(super) address: &'static str,
    suite: Suite,
}

/// systemd 252.
pub(super) const GPU1: Link = Link {
    name: "gpu1",
    address: "10.77.0.11",
    suite: Suite::Bookworm,
};

/// systemd 257.
pub(super) const GPU2: Link = Link {
    name: "gpu2",
    address: "10.77.0.12",
    suite: Suite::Trixie,
};

pub(super) struct Stage {
    pub(super) head: Machine,
    pub(super) gpu1: Machine,
    pub(super) gpu2: Machine,
}

impl Stage {
    /// Boots them, links them, and lets the head in.
    pub(super) fn set() -> Result<Self, Failed> {
        let boot = |suite| -> Result<Machine, Failed> {
            Ok(Machine::boot(
                &Root::with_ssh(suite)?,
                BootOptions::default(),
            )?)
        };
        let stage = Self {
            head: boot(Suite::Trixie)?,
            gpu1: boot(GPU1.suite)?,
            gpu2: boot(GPU2.suite)?,
        };
        stage.head.install_deb(&package("juniperctl"))?;
        stage.head.install_deb(&package("juniper-standin"))?;
        let keygen =
            "mkdir -p -m 700 /root/.ssh && ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519";
        exits(&stage.head, keygen, 0)?;
        let key = stage.head.read_text("/root/.ssh/id_ed25519.pub")?;
        let mut known = String::new();
        for (host, link) in [(&stage.gpu1, GPU1), (&stage.gpu2, GPU2)] {
            stage.linked(host, link)?;
            // The stand-in is there as the services' own programs would be; juniperctl is not.
            host.install_deb(&package("juniper-standin"))?;
            for (user, home) in [
                ("root", "/root"),
                ("ada", "/home/ada"),
                ("bob", "/home/bob"),
            ] {
                if user != "root" {
                    exits(host, &format!("useradd -m -s /bin/bash {user}"), 0)?;
                }
                let file = format!("{home}/.ssh/authorized_keys");
                host.write(&file, key.as_str(), 0o600)?;
                exits(host, &format!("chown -R {user}: {home}/.ssh"), 0)?;
            }
            // This one may become root, and the other may not.
            host.write("/etc/sudoers.d/ada", "ada ALL=(ALL) NOPASSWD: ALL\n", 0o440)?;
            let own = host.read_text("/etc/ssh/ssh_host_ed25519_key.pub")?;
            known += &[link.address, " ", &own].concat();
            claim(
                !host.exists("/usr/bin/juniperctl")?,
                "juniperctl is there already",
            )?;
        }
        stage.head.write("/root/.ssh/known_hosts", known, 0o600)?;
        for link in [GPU1, GPU2] {
            let asked = format!(
                "ssh -o BatchMode=yes -o ConnectTimeout=1 {} true",
                link.address
            );
            stage
                .head
                .wait_until("sshd to answer", Duration::from_secs(20), || {
                    run(&stage.head, &asked).is_ok_and(|ran| ran.success())
                })?;
        }
        Ok(stage)
    }

    /// A link between the head and a host; the head has the same address on all.
    fn linked(&self, host: &Machine, link: Link) -> Outcome {
        let Link { name, address, .. } = link;
        let head = self.head.leader().to_string();
        let made = Process::new("nsenter")
            .args([
                "--target", &head, "--net", "ip", "link", "add", "name", name,
            ])
            .args(["type", "veth", "peer", "name", "eth0", "netns"])
            .arg(host.leader().to_string())
            .status()?;
        claim(made.success(), "no link")?;
        let up = |machine: &Machine, own: &str, other: &str, link: &str| {
            let command =
                format!("ip address add {own} peer {other} dev {link} && ip link set {link} up");
            exits(machine, &command, 0).map(drop)
        };
        up(&self.head, HEAD, address, name)?;
        up(host, address, HEAD, "eth0")
    }

    /// Cuts a host off: what is sent to it is lost.
    pub(super) fn cut(&self, link: Link) -> Outcome {
        exits(self.host(link), "ip link set eth0 down", 0).map(drop)
    }

    /// Has it back.
    pub(super) fn mend(&self, link: Link) -> Outcome {
        let command = format!(
            "ip link set eth0 up && ip route replace {HEAD} dev eth0 src {}",
            link.address
        );
        exits(self.host(link), &command, 0).map(drop)
    }

    fn host(&self, link: Link) -> &Machine {
        if link == GPU1 { &self.gpu1 } else { &self.gpu2 }
    }

    /// Runs a command on the head, which must end so.
    pub(super) fn exits(&self, line: &str, code: i32) -> Result<Output, Failed> {
        exits(&self.head, line, code)
    }
}
