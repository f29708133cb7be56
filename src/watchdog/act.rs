//! What the watchdog has done for it, as one line: written by the watchdog, which has no rights, read by
//! `juniperctl act`, which has them.
//!
//! The set is closed, and so is the set of units. Whoever reads a line takes it for hostile: one that is
//! not exactly what the watchdog writes is refused. Nothing here acts.

use std::fmt;
use std::time::Duration;

use crate::spec::stack::MAX_INSTANCES;
use crate::unit::notification;

/// The longest line: more than the longest name of a unit (255 bytes) and a verb take.
pub const LONGEST: usize = 300;

/// What is answered when it was done.
pub const DONE: &str = "done";

/// How long systemd may take to end or restart something; it answers at once or is not there: while it
/// re-executes itself, or the bus restarts.
const LIMIT: Duration = Duration::from_secs(5);

/// An order to tell somebody is waited for this long: given up earlier, while systemd is busy with a
/// reload, it would be carried out all the same, and given a second time.
const TELLING: Duration = Duration::from_mins(1);

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A unit's main process is ended so that it says where it was.
    Abort(String),
    /// A unit's main process is killed.
    Kill(String),
    /// A unit that runs is restarted.
    Restart(String),
    /// The unit is started that tells somebody of the incident of this number.
    Notify(u64),
}

/// What may be done, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Files of units; a template stands for its instances.
    pub units: Vec<String>,
    /// Whether there is somebody to tell.
    pub notification: bool,
}

/// A line that is refused, told without anything of it that could do harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is none of the orders that there are.
    #[error("no such order")]
    Unknown,
    /// It is about a unit that is none of ours.
    #[error("this unit is none of the group's services")]
    Foreign,
    /// Nobody is to be told.
    #[error("the configuration names nobody to tell")]
    NobodyToTell,
}

impl Act {
    /// Reads a line, without its end.
    ///
    /// # Errors
    /// It is not exactly what [`Act`] writes, or about something that is not allowed.
    pub fn parse(line: &str, allowed: &Allowed) -> Result<Self, Refusal> {
        let (verb, object) = line.split_once(' ').ok_or(Refusal::Unknown)?;
        let of = |act: fn(String) -> Self| {
            if allowed.has(object) {
                Ok(act(object.to_owned()))
            } else {
                Err(Refusal::Foreign)
            }
        };
        match verb {
            "abort" => of(Self::Abort),
            "kill" => of(Self::Kill),
            "restart" => of(Self::Restart),
            "notify" if allowed.notification => {
                number(object).map(Self::Notify).ok_or(Refusal::Unknown)
            }
            "notify" => Err(Refusal::NobodyToTell),
            _ => Err(Refusal::Unknown),
        }
    }

    /// How long systemd may take over it.
    #[must_use]
    pub fn limit(&self) -> Duration {
        match self {
            Self::Abort(_) | Self::Kill(_) | Self::Restart(_) => LIMIT,
            Self::Notify(_) => TELLING,
        }
    }

    /// The unit that is acted upon.
    #[must_use]
    pub fn unit(&self) -> String {
        match self {
            Self::Abort(unit) | Self::Kill(unit) | Self::Restart(unit) => unit.clone(),
            Self::Notify(number) => notification::instance(*number),
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Abort(unit) => write!(formatter, "abort {unit}"),
            Self::Kill(unit) => write!(formatter, "kill {unit}"),
            Self::Restart(unit) => write!(formatter, "restart {unit}"),
            Self::Notify(number) => write!(formatter, "notify {number}"),
        }
    }
}

impl Allowed {
    fn has(&self, unit: &str) -> bool {
        let Some((stem, instance)) = unit.split_once('@') else {
            return self.units.iter().any(|allowed| allowed == unit);
        };
        let instance = instance.strip_suffix(".service").and_then(number);
        instance.is_some_and(|instance| (1..=u64::from(MAX_INSTANCES)).contains(&instance))
            && self.units.contains(&format!("{stem}@.service"))
    }
}

/// A number as it is written by us: one number, one text.
fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::{Act, Allowed, LONGEST, Refusal};

    fn allowed(notification: bool) -> Allowed {
        Allowed {
            units: vec![
                "juniper-data.service".to_owned(),
                "juniper-cascor-worker@.service".to_owned(),
            ],
            notification,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for act in [
            Act::Abort("juniper-data.service".to_owned()),
            Act::Kill("juniper-cascor-worker@64.service".to_owned()),
            Act::Restart("juniper-data.service".to_owned()),
            Act::Notify(u64::MAX),
        ] {
            assert_eq!(Act::parse(&act.to_string(), &allowed(true)), Ok(act));
        }
        let longest = Act::Abort("u".repeat(255)).to_string();
        assert!(longest.len() < LONGEST);
    }

    #[test]
    fn everything_else_is_refused() {
        for line in [
            "",
            " ",
            "abort",
            "stop juniper-data.service",
            "Abort juniper-data.service",
            " abort juniper-data.service",
            "notify",
            "notify test",
            "notify 07",
            "notify +7",
            "notify -1",
            "notify 7 ",
            "notify 18446744073709551616",
        ] {
            let told = Act::parse(line, &allowed(true));
            assert_eq!(told, Err(Refusal::Unknown), "{line:?}");
        }
        for unit in [
            "",
            "dbus.service",
            "juniper-data",
            "juniper-data.service ",
            " juniper-data.service",
            "juniper-data.service\u{1b}[2J",
            "juniper-data.service juniper-data.service",
            "../juniper-data.service",
            "juniper-data@1.service",
            "juniper-watchdog.service",
            "juniper-cascor-worker@.service",
            "juniper-cascor-worker@0.service",
            "juniper-cascor-worker@65.service",
            "juniper-cascor-worker@01.service",
            "juniper-cascor-worker@1@1.service",
            "juniper-cascor-worker@1.socket",
        ] {
            for verb in ["abort", "kill", "restart"] {
                let told = Act::parse(&format!("{verb} {unit}"), &allowed(true));
                assert_eq!(told, Err(Refusal::Foreign), "{verb} {unit:?}");
            }
        }
        let told = Act::parse("notify 7", &allowed(false));
        assert_eq!(told, Err(Refusal::NobodyToTell));
    }
}
