//! A machine with the group installed, somebody to attack, and things to find.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use juniper_lab::vm::{Image, Vm, chroot};
use juniper_lab::{BootOptions, Machine, Suite};
use libtest_mimic::Failed;
use serde_json::Value;

use super::super::lab::{claim, exits, machine, package};
use super::units::Unit;

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// It succeeded.
    Done,
    /// It was refused with an error number.
    Refused(u64),
    /// It was answered by a signal.
    Killed(u64),
}

/// Where it is played.
enum Place {
    Container(Machine),
    Virtual(Vm),
}

/// A machine, and the process that is attacked.
pub(super) struct Stage {
    place: Place,
    victim: String,
}

/// An emulated machine is ten times slower than a real one.
const BOOT: Duration = Duration::from_mins(3);
const COMMAND: Duration = Duration::from_mins(4);

/// The attempts' program, as `make build` leaves it.
const PROGRAM: &str = "target/x86_64-unknown-linux-gnu/release/escape";
const INSTALLED: &str = "/usr/local/bin/escape";

/// Cascor has a GPU of its own, which no container could give it.
const CONFIGURATION: &str =
    "[services.cascor]\ngpu = [\"GPU-9f8e7d6c-5b4a-4c3d-8e2f-1a0b9c8d7e6f\"]\n";

/// What a driver tells of that GPU, to whom installs; nobody waits for the driver afterwards.
const DRIVER: &str = r"set -e
mount -t tmpfs tmpfs /proc/driver
mkdir -p /proc/driver/nvidia/gpus/0000:65:00.0
printf 'GPU UUID: \t GPU-9f8e7d6c-5b4a-4c3d-8e2f-1a0b9c8d7e6f\nDevice Minor: \t 0\n' \
    >/proc/driver/nvidia/gpus/0000:65:00.0/information
juniperctl --root / install --yes
rm /etc/systemd/system/juniper-gpu.service
";

/// Things to find, and somebody who is of the same user as the services.
const SCENERY: &str = r"set -e
install -d -m 777 /srv/open
for base in /var/lib /var/log /var/cache /run; do
    install -d $base/juniper
    install -d -m 750 -o juniper -g juniper $base/juniper/other
    echo here >$base/juniper/other/file
    chown juniper: $base/juniper/other/file
done
install -d -m 700 /etc/juniper/secrets
echo here >/etc/juniper/secrets/key
chmod 600 /etc/juniper/secrets/key
install -d /home/somebody
chmod 755 /root
chmod 1777 /tmp
for file in /home/somebody/letter /root/letter /tmp/letter /srv/private; do echo here >$file; done
chown nobody /srv/private
chmod 600 /srv/private
cp /usr/bin/id /usr/local/bin/escape-set-uid
chmod 4755 /usr/local/bin/escape-set-uid
ipcmk -M 16 -p 0666 >/dev/null
mkdir -p /run/escape
cat >/run/systemd/system/other.service <<'END'
[Service]
User=juniper
LoadCredential=key:/etc/juniper/secrets/key
ExecStart=/bin/sleep infinity
END
systemctl daemon-reload
systemctl start other.service
";

/// Two nodes that anybody may open stand for GPUs, a further address for another machine.
const HARDWARE: &str = "set -e
cp -a /dev/autofs /dev/nvidia0
cp -a /dev/cpu_dma_latency /dev/nvidia1
chmod 666 /dev/nvidia0 /dev/nvidia1
ip address add 192.0.2.1/24 dev lo
";

impl Stage {
    /// In a container.
    pub(super) fn container(suite: Suite) -> Result<Self, Failed> {
        let machine = machine(suite, BootOptions::default())?;
        machine.write(INSTALLED, fs::read(program()?)?, 0o755)?;
        exits(&machine, "juniperctl install --quiet", 0)?;
        Self::set(Place::Container(machine), SCENERY)
    }

    /// In a virtual machine.
    pub(super) fn virtual_machine(suite: Suite) -> Result<Self, Failed> {
        let program = program()?;
        let disk = Image::prepare(suite)?.disk(|tree| install(tree, &program))?;
        let machine = Vm::boot(&disk, BOOT)?;
        machine.wait_until_settled(BOOT)?;
        Self::set(Place::Virtual(machine), &format!("{SCENERY}{HARDWARE}"))
    }

    fn set(place: Place, scenery: &str) -> Result<Self, Failed> {
        let mut stage = Self {
            place,
            victim: String::new(),
        };
        stage.shell(scenery)?;
        let victim = stage.shell("systemctl show -p MainPID --value other.service")?;
        victim.trim().clone_into(&mut stage.victim);
        Ok(stage)
    }

    /// The text of an installed unit.
    pub(super) fn unit(&self, name: &str) -> Result<String, Failed> {
        self.shell(&format!("cat /etc/systemd/system/{name}.service"))
    }

    /// Starts each unit, one after the other, and tells what came of its attempts.
    pub(super) fn play(&self, units: &[Unit<'_>]) -> Result<Vec<BTreeMap<String, Came>>, Failed> {
        let mut names = Vec::new();
        for (number, unit) in units.iter().enumerate() {
            let (file, name) = if unit.is_template {
                (format!("escape-{number}@"), format!("escape-{number}@1"))
            } else {
                (format!("escape-{number}"), format!("escape-{number}"))
            };
            let text = unit.file(&self.victim, &format!("/run/escape/{number}"));
            self.shell(&format!(
                "cat >/run/systemd/system/{file}.service <<'END'\n{text}END\n"
            ))?;
            names.push(name);
        }
        self.shell(&format!(
            "systemctl daemon-reload; for name in {}; do systemctl start $name.service || \
             {{ systemctl status --no-pager $name.service >&2; exit 1; }}; done",
            names.join(" ")
        ))?;
        (0..units.len()).map(|number| self.told(number)).collect()
    }

    /// What the first unit that was played has though its file does not say so.
    pub(super) fn defaults(&self) -> Result<String, Failed> {
        self.shell("systemctl show -p KeyringMode -p AmbientCapabilities escape-0.service")
    }

    fn told(&self, number: usize) -> Result<BTreeMap<String, Came>, Failed> {
        let mut came = BTreeMap::new();
        for line in self.shell(&format!("cat /run/escape/{number}"))?.lines() {
            let told: Value = serde_json::from_str(line)?;
            let name = told["attempt"]
                .as_str()
                .ok_or("an attempt without a name")?;
            let outcome = match (told["errno"].as_u64(), told["signal"].as_u64()) {
                (Some(errno), _) => Came::Refused(errno),
                (None, Some(signal)) => Came::Killed(signal),
                (None, None) => Came::Done,
            };
            came.insert(name.to_owned(), outcome);
        }
        Ok(came)
    }

    fn shell(&self, line: &str) -> Result<String, Failed> {
        match &self.place {
            Place::Container(machine) => Ok(exits(machine, line, 0)?.stdout),
            Place::Virtual(machine) => Ok(machine.succeed(line, COMMAND)?),
        }
    }
}

fn program() -> Result<PathBuf, Failed> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(PROGRAM);
    claim(
        program.exists(),
        format!("no {}: run `make build`", program.display()),
    )?;
    Ok(program)
}

/// The package, the group and the program, offline as an image builder would.
fn install(tree: &Path, program: &Path) -> Result<(), juniper_lab::Error> {
    let inside = |path: &str| tree.join(path.trim_start_matches('/'));
    let package_inside = "/var/tmp/juniperctl.deb";
    fs::copy(package("juniperctl"), inside(package_inside)).unwrap();
    fs::copy(program, inside(INSTALLED)).unwrap();
    fs::set_permissions(inside(INSTALLED), fs::Permissions::from_mode(0o755)).unwrap();
    chroot(tree, &["dpkg", "--install", package_inside])?;
    fs::write(inside("/etc/juniper/juniper.toml"), CONFIGURATION).unwrap();
    chroot(tree, &["sh", "-c", DRIVER])?;
    // Nothing of it is to run: the services are not there.
    chroot(tree, &["systemctl", "disable", "juniper.target"]).map(drop)
}
