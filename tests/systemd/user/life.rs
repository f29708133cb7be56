//! The mock group's life as an ordinary user: installed, started, asked, broken, rebooted, uninstalled; the
//! home directory afterwards as it was found.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use juniper_lab::{Entry, Suite};
use libtest_mimic::Failed;

use super::super::lab::{Outcome, claim, has};
use super::stage::{HOME, RUNTIME, Stage};

/// The user's home, and what an install for the whole machine would write to.
const COMPARED: [&str; 5] = [
    HOME,
    "/etc",
    "/opt",
    "/var/lib/juniper",
    "/var/lib/juniperctl",
];

/// Probes every second, so that a hang is noticed soon; a dependent that is told of a loss from outside of the
/// sandbox; and the program itself where people without root have it.
const CONFIGURATION: &str = r#"profile = "mock"
juniperctl = "/home/lena/.cargo/bin/juniperctl"
[services.data]
readiness = { interval = "1s", timeout = "2s" }
liveness = { interval = "1s", timeout = "2s" }
[services.canopy.depends_on.data]
when_lost = "restart"
"#;

/// From the fault to the signal: `failure_threshold` times `interval` plus `timeout`; and what the restart and a
/// busy computer add.
const NOTICED: Duration = Duration::from_secs(3 + 2 + 10);

fn tree(stage: &Stage) -> Result<BTreeMap<PathBuf, Entry>, Failed> {
    Ok(stage.machine.tree(&COMPARED, &["/etc/.updated"])?)
}

pub(super) fn whole(suite: Suite) -> Outcome {
    let mut stage = Stage::set(suite)?;
    let before = tree(&stage)?;
    stage.exits("juniperctl --user install --profile mock --dry-run", 0)?;
    claim(tree(&stage)? == before, "a dry run changed something")?;
    let said = stage.exits("juniperctl --user install --profile mock --yes", 0)?;
    has(
        &said,
        &["creates  juniper-data.service", "installed: profile mock"],
    )?;
    claim(!said.contains("lingering is off"), &said)?;
    again_and_back(&stage)?;
    stage.exits("juniperctl --user uninstall --purge --yes", 0)?;
    same(&before, &tree(&stage)?)?;

    stage.exits(
        "mkdir -p ~/.config/juniper ~/.cargo/bin && cp /usr/bin/juniperctl ~/.cargo/bin/",
        0,
    )?;
    stage.machine.write(
        format!("{HOME}/.config/juniper/juniper.toml"),
        CONFIGURATION,
        0o644,
    )?;
    let configured = tree(&stage)?;
    stage.exits("juniperctl --user install --yes", 0)?;
    runs(&stage)?;
    keys_and_instances(&stage)?;
    recovers(&stage)?;
    stops_and_starts(&stage)?;

    stage.machine.reboot()?;
    stage.is_ready_at_last("the group to come back by itself")?;
    has(
        &stage.exits("juniperctl --user status", 0)?,
        &["worker@2", "active"],
    )?;
    stage.exits("juniperctl --user uninstall --purge --yes", 0)?;
    let left = "systemctl --user list-units 'juniper*' --all --no-legend";
    let left = stage.exits(left, 0)?;
    claim(left.trim().is_empty(), format!("units are left: {left}"))?;
    same(&configured, &tree(&stage)?)
}

/// Everything but a directory's size, which depends on its history.
fn comparable(entry: &Entry) -> impl PartialEq + use<> {
    (entry.kind.clone(), entry.mode, entry.uid, entry.gid)
}

fn same(before: &BTreeMap<PathBuf, Entry>, after: &BTreeMap<PathBuf, Entry>) -> Outcome {
    let differing: Vec<_> = before
        .keys()
        .chain(after.keys())
        .filter(|path| before.get(*path).map(comparable) != after.get(*path).map(comparable))
        .collect();
    claim(differing.is_empty(), format!("it differs: {differing:?}"))
}

/// A second install changes nothing; another profile, and a rollback is byte for byte what was there.
fn again_and_back(stage: &Stage) -> Outcome {
    let installed = tree(stage)?;
    let again = stage.exits("juniperctl --user install --profile mock --yes", 0)?;
    has(&again, &["nothing to change"])?;
    claim(
        tree(stage)? == installed,
        "the second install changed something",
    )?;
    stage.exits("juniperctl --user diff", 0)?;
    let units = "cd ~/.config/systemd/user && md5sum juniper*";
    let before = stage.exits(units, 0)?;
    stage.exits("juniperctl --user install --profile default --yes", 0)?;
    claim(
        stage.exits(units, 0)? != before,
        "the other profile has the same units",
    )?;
    stage.exits("juniperctl --user rollback --yes", 0)?;
    claim(
        stage.exits(units, 0)? == before,
        "the rollback is not what was there",
    )?;
    stage.exits("systemctl --user is-enabled juniper.target", 0)?;
    let history = stage.exits("juniperctl --user history", 0)?;
    claim(history.matches("  install ").count() == 2, &history)?;
    has(&history, &["rollback"])
}

/// Started, asked, listened to, looked at: as the user, and by the user's own units.
fn runs(stage: &Stage) -> Outcome {
    stage.exits("juniperctl --user start", 0)?;
    let health = stage.exits("juniperctl --user health", 0)?;
    has(
        &health,
        &["the group is ready", "data", "cascor", "canopy", "worker@1"],
    )?;
    has(
        &stage.exits("juniperctl --user status", 0)?,
        &["profile mock", "active"],
    )?;
    let logs = stage.exits("juniperctl --user logs -n 50 data", 0)?;
    claim(logs.lines().any(|line| line.starts_with("data ")), &logs)?;
    claim(!logs.contains("may be hidden"), &logs)?;
    has(
        &stage.exits("juniperctl --user graph --chain", 0)?,
        &["canopy"],
    )?;
    let looked = stage.exits("juniperctl --user doctor", 0)?;
    has(
        &looked,
        &[
            "lingering: it is on",
            "namespaces: services of your own manager may have them",
            "profile mock, as configured",
            "held by your own juniper-data.service",
            "0 errors",
        ],
    )?;
    let audited = stage.exits("juniperctl --user audit", 0)?;
    has(&audited, &["IPAddressDeny", "only root can attach"])?;
    let pid = stage.process("juniper-cascor.service")?;
    let who = stage.exits(&format!("stat -c %U /proc/{pid}"), 0)?;
    claim(who.trim() == "lena", format!("cascor runs as {who}"))
}

/// A key is stored and handed over; another instance runs from then on.
fn keys_and_instances(stage: &Stage) -> Outcome {
    stage.exits(
        "juniperctl --user secret set data-api-key --generate --yes",
        0,
    )?;
    let kept = stage.exits("stat -c '%a %U' ~/.config/juniper/secrets/data-api-key", 0)?;
    claim(kept.trim() == "600 lena", &kept)?;
    has(
        &stage.exits("juniperctl --user secret list", 0)?,
        &["data-api-key"],
    )?;
    let handed = format!("cat {RUNTIME}/credentials/juniper-data.service/data-api-key");
    let key = stage.exits("cat ~/.config/juniper/secrets/data-api-key", 0)?;
    claim(
        stage.exits(&handed, 0)?.trim() == key.trim(),
        "the key is not handed over",
    )?;
    stage.exits("juniperctl --user scale worker=2", 0)?;
    // Setting the secret has restarted cascor; its workers come back by themselves.
    stage.is_ready_at_last("the workers to be linked again")?;
    has(
        &stage.exits("juniperctl --user health", 0)?,
        &["the group is ready", "worker@2"],
    )
}

/// The watchdog leaves alone what is paused, and ends what hangs; the story is told afterwards.
fn recovers(stage: &Stage) -> Outcome {
    let unit = "juniper-data.service";
    has(
        &stage.exits("juniperctl --user pause data --for 1h", 0)?,
        &["leaves data alone"],
    )?;
    has(
        &stage.exits("juniperctl --user status", 0)?,
        &["the watchdog leaves data alone"],
    )?;
    stage.exits("juniperctl --user resume data", 0)?;
    let watching = "systemctl --user show -p StatusText --value juniper-watchdog";
    stage.waits_until("the watchdog to watch", || {
        stage
            .as_user(watching)
            .is_ok_and(|told| told.stdout.contains("watching 5 services"))
    })?;
    let page = format!(
        "curl -fsS --unix-socket {RUNTIME}/juniperctl/watchdog.sock http://localhost/health"
    );
    stage.waits_until("the watchdog to have heard from all", || {
        stage.as_user(&page).is_ok_and(|told| told.success())
    })?;
    let others = stage.process("juniper-cascor.service")?;
    let dependent = stage.process("juniper-canopy.service")?;
    let before = stage.process(unit)?;
    stage.exits(&format!("kill -STOP {before}"), 0)?;
    let took = stage.replaced(unit, &before)?;
    claim(
        took <= NOTICED,
        format!("the hang was cured after {took:?}"),
    )?;
    stage.replaced("juniper-canopy.service", &dependent)?;
    stage.is_ready_at_last("data to be ready again")?;
    claim(
        stage.process("juniper-cascor.service")? == others,
        "cascor was restarted",
    )?;
    has(
        &stage.exits("juniperctl --user why data", 0)?,
        &["ended with SIGABRT", "now: data is active"],
    )?;
    has(
        &stage.exits("juniperctl --user incidents", 0)?,
        &["incident 1: data"],
    )
}

fn stops_and_starts(stage: &Stage) -> Outcome {
    let before = stage.process("juniper-canopy.service")?;
    stage.exits("juniperctl --user restart canopy", 0)?;
    claim(
        stage.process("juniper-canopy.service")? != before,
        "canopy was not restarted",
    )?;
    stage.exits("juniperctl --user stop", 0)?;
    let running = "systemctl --user list-units 'juniper*' --state=active --no-legend";
    let running = stage.exits(running, 0)?;
    claim(running.trim().is_empty(), running)?;
    stage.exits("juniperctl --user health", 3)?;
    stage.exits("juniperctl --user start", 0).map(drop)
}

/// Without a manager, without lingering, with somebody else on the ports, with what takes root: each is
/// told with what to do, and the exit code says which it is.
pub(super) fn told() -> Outcome {
    let stage = Stage::without_manager(Suite::Bookworm)?;
    let refused = stage.exits("juniperctl --user install --profile mock --yes", 4)?;
    has(
        &refused,
        &[
            "cannot reach your own systemd",
            "loginctl enable-linger",
            "XDG_RUNTIME_DIR",
        ],
    )?;
    stage.exits("juniperctl --user render --profile mock", 0)?;
    let refused = stage.exits("juniperctl --user --root /tmp diff", 2)?;
    has(&refused, &["--root"])?;
    stage.starts_manager("systemctl start user@1000.service")?;
    let said = stage.exits("juniperctl --user install --profile mock --yes", 0)?;
    has(&said, &["lingering is off", "loginctl enable-linger"])?;
    has(
        &stage.exits("juniperctl --user doctor", 0)?,
        &["lingering: it is off", "loginctl enable-linger"],
    )?;
    let refused = stage.exits("juniperctl --user learn data --for 1s", 4)?;
    has(&refused, &["only root"])?;
    stage.exits(
        "mkdir -p ~/.config/juniper; echo 'network = \"isolated\"' >~/.config/juniper/juniper.toml",
        0,
    )?;
    let refused = stage.exits("juniperctl --user check", 3)?;
    has(&refused, &["not possible in user mode"])?;
    stage.exits("rm -r ~/.config/juniper", 0)?;
    // Two groups on one machine, with the same ports.
    let machine = &stage.machine;
    super::super::lab::exits(machine, "juniperctl install --profile mock --now --yes", 0)?;
    let looked = stage.exits("juniperctl --user doctor", 1)?;
    has(
        &looked,
        &[
            "it is held by a process of somebody else",
            "services.data.port",
        ],
    )?;
    let refused = stage.exits("juniperctl --user start", 1)?;
    has(&refused, &["port 8100 on 127.0.0.1 is taken"])
}
