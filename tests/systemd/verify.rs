//! What `systemd-analyze verify` of each systemd says of every accepted configuration's units: nothing.
//!
//! tests/golden asks the one systemd that this computer has; a directive that another one does not take is seen
//! here. Nothing is started.

use std::path::Path;
use std::time::Duration;

use juniper_lab::{BootOptions, Command, Suite};

use super::lab::{Outcome, claim, machine};

/// Where the machine sees the folders of tests/golden.
const ACCEPTED: &str = "/run/golden";

/// Renders each folder for the systemd at hand and has the units read. The exit code is 0 after most complaints;
/// only silence counts. A template is tried with an instance that systemd makes up.
const SCRIPT: &str = r#"
export HOME=/home/lena XDG_RUNTIME_DIR=/run/lena
mkdir -p $HOME $XDG_RUNTIME_DIR
# The program is somewhere else in a few of them.
for program in "/opt/my tools/100% sure/juniperctl" /home/lena/.cargo/bin/juniperctl; do
    install -D /bin/true "$program"
done
# One follows a unit of somebody else's.
printf '[Service]\nExecStart=/bin/true\n' >/run/systemd/system/redis-server.service
systemctl daemon-reload
for case in /run/golden/[0-9]*; do
    name=${case##*/}
    options=$(sed -E 's/--systemd [0-9]+//' "$case/args" 2>/dev/null)
    manager=--system
    case $options in
        *--user*) manager=--user ;;
        *)
            mkdir -p /run/roots/$name/etc
            test ! -d "$case/root" || cp -r "$case/root/." /run/roots/$name
            test ! -d /run/roots/$name/etc/juniper/secrets || chmod -R go= /run/roots/$name/etc/juniper/secrets
            options="$options --root /run/roots/$name" ;;
    esac
    (cd "$case" && juniperctl --config juniper.toml render $options --systemd VERSION --out /run/units/$name 2>&1) |
        grep -v '^wrote [0-9]* unit files' | sed "s/^/$name: /"
    units=$(find /run/units/$name -maxdepth 1 -type f | sort)
    said=$(systemd-analyze $manager verify --man=no $units 2>&1) || echo "$name: not verified"
    test -z "$said" || echo "$said" | sed "s/^/$name: /"
    echo "$name: $(echo "$units" | wc -l) units" >&2
done
"#;

/// Every accepted configuration, rendered for the systemd at hand and read by it.
pub(crate) fn accepted(suite: Suite) -> Outcome {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let folders = std::fs::read_dir(&golden)?
        .flatten()
        .filter(|entry| entry.path().join("juniper.toml").is_file())
        .count();
    let options = BootOptions::default().bind_read_only(golden, ACCEPTED);
    let machine = machine(suite, options)?;
    let script = SCRIPT.replace("VERSION", &suite.systemd_version().to_string());
    let output = machine.run_with(Command::shell(&script).deadline(Duration::from_mins(2)))?;
    claim(
        output.success() && output.stdout.is_empty(),
        format!("{suite}:\n{}\n{}", output.stdout, output.stderr),
    )?;
    claim(
        folders > 20 && output.stderr.lines().count() == folders,
        format!("not {folders} folders:\n{}", output.stderr),
    )
}
