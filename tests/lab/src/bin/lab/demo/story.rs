//! The story: install, start, look, a hang, its cure, stop.

use std::time::{Duration, Instant};

use juniper_lab::Error;

use super::stage::{Stage, spoken};

/// How long the others may take to notice that a service is back.
const RECOVERY: Duration = Duration::from_mins(1);

/// How long the group may take to stop; a worker waits for its next heartbeat.
const STOP: Duration = Duration::from_mins(1);

/// Who plays, and what befalls whom.
#[derive(Debug)]
pub(super) struct Cast {
    pub(super) stand_ins: bool,
    profile: &'static str,
    /// The service that hangs.
    victim: &'static str,
    /// What makes it hang.
    strike: &'static str,
    /// What cures it.
    cure: &'static str,
    /// What is told before the strike.
    prologue: &'static str,
}

/// The stand-ins play, cascor hangs and is restarted.
pub(super) const STANDINS: Cast = Cast {
    stand_ins: true,
    profile: "mock",
    victim: "cascor",
    strike: "juniper-standin fault hang cascor",
    cure: "juniperctl restart cascor",
    prologue: "The stand-in for cascor is told to hang: it accepts connections and never answers.",
};

/// The published services play, data is frozen and thawed.
pub(super) const REAL: Cast = Cast {
    stand_ins: false,
    profile: "full",
    victim: "data",
    strike: "systemctl kill --signal=STOP juniper-data.service",
    cure: "systemctl kill --signal=CONT juniper-data.service",
    prologue: "The real data service is frozen (SIGSTOP): the kernel accepts connections, nobody answers.",
};

/// Tells it all; `files` are the packages, `begun` is when the visitor began to wait.
pub(super) fn tell(
    stage: &Stage<'_>,
    cast: &Cast,
    files: &[String],
    begun: Instant,
) -> Result<(), Error> {
    let start = install_and_start(stage, cast, files)?;
    order(stage)?;
    let (noticed, cured) = hang_and_cure(stage, cast)?;
    stop(stage, cast)?;

    let victim = cast.victim;
    stage.heading("Seen");
    for line in [
        format!(
            "  start   {} from `systemctl start` to every service ready",
            spoken(start)
        ),
        format!(
            "  hang    found after {}: systemd says active, health says {victim} is down",
            spoken(noticed)
        ),
        format!(
            "  cure    {} from the cure to the whole group ready again",
            spoken(cured)
        ),
        format!(
            "  total   {} with the boot and the installation",
            spoken(begun.elapsed())
        ),
    ] {
        stage.say(&line);
    }
    Ok(())
}

/// How long the start took.
fn install_and_start(stage: &Stage<'_>, cast: &Cast, files: &[String]) -> Result<Duration, Error> {
    stage.heading("Install");
    let files: Vec<String> = files.iter().map(|file| format!("./{file}")).collect();
    stage.run(&format!("dpkg --install {}", files.join(" ")), 0)?;
    let install = format!("juniperctl install --profile {}", cast.profile);
    stage.run_saying(&install, 0, "juniper.target")?;

    stage.heading("Start: returns when the services answer, not when they have been spawned");
    let start = stage.run("systemctl start juniper.target", 0)?;

    stage.heading("Look");
    stage.run_saying("juniperctl status", 0, "active")?;
    stage.run_saying("juniperctl health", 0, "the group is ready")?;
    Ok(start.took)
}

/// Who waits for whom, what the death of a neighbour does, and more workers.
fn order(stage: &Stage<'_>) -> Result<(), Error> {
    stage.heading("Who waits for whom, and what the start had to wait for");
    stage.run_saying("juniperctl graph", 0, "cascor")?;
    stage.run_saying("juniperctl graph --chain", 0, "beyond the chain")?;

    stage.heading("The dataset service dies");
    let process = "systemctl show --property=MainPID --value juniper-cascor.service";
    let before = stage.machine.succeed(&["sh", "-c", process])?;
    stage.run("systemctl kill --signal=KILL juniper-data.service", 0)?;
    let took = well(stage, "data to be back")?;
    stage.say("");
    stage.say(&format!(
        "It is back after {}. Whatever cascor was training goes on in the same process:",
        spoken(took)
    ));
    stage.run_saying(process, 0, before.trim())?;

    stage.heading("One more worker, now and after every reboot");
    stage
        .run_saying("juniperctl scale worker=2", 0, "worker@2: ready")
        .map(drop)
}

/// How long it took to find the hang, and how long to be ready again.
fn hang_and_cure(stage: &Stage<'_>, cast: &Cast) -> Result<(Duration, Duration), Error> {
    let victim = cast.victim;
    stage.heading("A service hangs");
    stage.say(cast.prologue);
    stage.run(cast.strike, 0)?;
    let unit = format!("systemctl is-active juniper-{victim}.service");
    stage.run_saying(&unit, 0, "active")?;
    stage.say("");
    stage.say(
        "systemd only sees that the process lives. `juniperctl health` asks it. That takes up to 10 s:\n\
         a healthy cascor can be silent for 5 s, so a shorter time-out would cry wolf.",
    );
    let noticed = stage.run_saying("juniperctl health", 3, &format!("{victim} is down"))?;

    stage.heading("The cure");
    let begun = Instant::now();
    stage.run(cast.cure, 0)?;
    stage.say("");
    stage.say("The others find their way back by themselves.");
    well(stage, "the group to be ready again")?;
    let cured = begun.elapsed();
    stage.run_saying("juniperctl health", 0, "the group is ready")?;
    Ok((noticed.took, cured))
}

/// Waits until the whole group is ready; how long that took.
fn well(stage: &Stage<'_>, what: &str) -> Result<Duration, Error> {
    stage.machine.wait_until(what, RECOVERY, || {
        let asked = stage.machine.run(&["juniperctl", "health", "--quiet"]);
        asked.is_ok_and(|asked| asked.success())
    })
}

fn stop(stage: &Stage<'_>, cast: &Cast) -> Result<(), Error> {
    stage.heading("Stop: stopping the target stops the group");
    stage.run("systemctl stop juniper.target", 0)?;
    let stopped = || {
        let states = "--state=active,activating,deactivating,reloading";
        let listed = ["systemctl", "list-units", "juniper*", states, "--no-legend"];
        let listed = stage.machine.run(&listed);
        listed.is_ok_and(|listed| listed.stdout.trim().is_empty())
    };
    stage
        .machine
        .wait_until("the group to be stopped", STOP, stopped)?;
    stage.run_saying("juniperctl status", 0, "inactive")?;
    if !cast.stand_ins {
        stage.say("redis is Debian's own service: wanted by the group, never stopped with it.");
    }
    Ok(())
}
