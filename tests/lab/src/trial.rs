//! Tests that need a machine, announced as ignored with the reason where there can be none.
//!
//! Use them with `harness = false`. A test that could not run never counts as one that passed.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::OnceLock;

use libtest_mimic::{Failed, Trial};

use crate::architecture::Architecture;
use crate::error::Error;
use crate::root::Root;
use crate::suite::{Distribution, Suite};
use crate::took::Span;
use crate::vm::Image;
use crate::{real, requirements};

/// A test that boots machines.
pub fn on_machine(name: &str, test: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Trial {
    trial(name, unavailable(), test)
}

/// A test that boots machines of this suite. Ubuntu's must have been prepared before, as its archive may be out of
/// reach.
pub fn on_suite(
    suite: Suite,
    name: &str,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let absent = absent(suite, suite.codename(), || {
        Root::prepared(suite).map(|root| root.is_some())
    });
    let reason = unavailable().map(str::to_owned).or(absent);
    trial(name, reason.as_deref(), test)
}

/// A test that boots whole virtual machines.
pub fn on_virtual_machine(
    name: &str,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    static REASON: OnceLock<Option<String>> = OnceLock::new();
    let reason = REASON
        .get_or_init(|| {
            requirements::reason(&requirements::missing_for_virtual(Architecture::Amd64))
        })
        .as_deref();
    trial(name, reason, test)
}

/// A test that boots whole virtual machines of this suite, run with `make soak`. As on [`on_suite`], Ubuntu's must
/// have been prepared before.
pub fn on_virtual_suite(
    suite: Suite,
    name: &str,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    if is_left() {
        return trial(name, Some("left to make soak"), test);
    }
    let absent = absent(suite, &format!("{suite} --virtual"), || {
        Image::is_prepared(suite)
    });
    let missing = requirements::missing_for_virtual(Architecture::Amd64);
    let reason = requirements::reason(&missing).or(absent);
    trial(name, reason.as_deref(), test)
}

/// A test that boots machines with the real Juniper services in them. They must have been prepared
/// before, as that takes minutes and gigabytes.
pub fn on_real_services(
    name: &str,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    static UNPREPARED: OnceLock<Option<String>> = OnceLock::new();
    let reason = unavailable().or_else(|| UNPREPARED.get_or_init(unprepared).as_deref());
    trial(name, reason, test)
}

/// A test that asks with the published Python clients, of the real Juniper services among others.
pub fn on_real_clients(
    name: &str,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let unprepared = || match real::clients::Clients::prepared() {
        Ok(Some(_)) => None,
        Ok(None) => Some("needs the Python clients, run lab prepare --real".to_owned()),
        Err(error) => Some(error.to_string()),
    };
    match unavailable().map(str::to_owned).or_else(unprepared) {
        Some(reason) => trial(name, Some(&reason), test),
        None => on_real_services(name, test),
    }
}

/// The variable that names a Python whose torch is built for CUDA.
pub const SEES_TORCH: &str = "JUNIPER_TORCH_PYTHON";

/// A test that needs an NVIDIA GPU in this very computer, and a systemd that runs it.
pub fn on_gpu(name: &str, test: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Trial {
    let is_there = |path: &str| Path::new(path).exists();
    let reason = if !is_there("/dev/nvidiactl") {
        Some("needs an NVIDIA GPU and its driver: there is no /dev/nvidiactl".to_owned())
    } else if !is_there("/run/systemd/system") {
        Some("needs a computer that systemd runs".to_owned())
    } else if std::env::var_os(SEES_TORCH).is_none() {
        Some(format!(
            "needs {SEES_TORCH}, a Python with a torch for CUDA"
        ))
    } else {
        None
    };
    trial(name, reason.as_deref(), test)
}

/// A test that boots machines of this suite, run with `make soak` and wherever this variable is set: a sample of
/// its kind is in every run.
pub fn for_soak(
    suite: Suite,
    name: &str,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    if is_left() {
        return trial(name, Some(LEFT), test);
    }
    on_suite(suite, name, test)
}

/// A test that boots a whole machine with a foreign processor, which is dear: run with `make arm64` and
/// `make soak`.
pub fn on_foreign_machine(
    name: &str,
    architecture: Architecture,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let left = is_left().then(|| format!("left to make {architecture} and make soak"));
    let missing = || requirements::reason(&requirements::missing_for_virtual(architecture));
    trial(name, left.or_else(missing).as_deref(), test)
}

/// Whether what is dear is left to a soak.
fn is_left() -> bool {
    std::env::var_os(SOAK).is_none()
}

/// Why a test is not in each run.
const LEFT: &str = "left to make soak; other versions of systemd are tried in each run";

/// The variable with which nothing is left to a soak.
const SOAK: &str = "EVERY_SYSTEMD";

/// Why no machine can be booted here, if so.
fn unavailable() -> Option<&'static str> {
    static REASON: OnceLock<Option<String>> = OnceLock::new();
    REASON
        .get_or_init(|| requirements::reason(&requirements::missing()))
        .as_deref()
}

/// Why nothing of this suite can be booted here, if so: Debian's is made when it is asked for.
fn absent(
    suite: Suite,
    named: &str,
    is_there: impl FnOnce() -> Result<bool, Error>,
) -> Option<String> {
    if suite.distribution() == Distribution::Debian {
        return None;
    }
    match is_there() {
        Ok(true) => None,
        Ok(false) => Some(format!(
            "needs a root of Ubuntu, run lab prepare {named} where Ubuntu's archive can be reached"
        )),
        Err(error) => Some(error.to_string()),
    }
}

/// Why there are no real services here, if so.
fn unprepared() -> Option<String> {
    match real::prepared() {
        Ok(Some(_)) => None,
        Ok(None) => Some("needs the real services, run lab prepare --real".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

fn trial(
    name: &str,
    reason: Option<&str>,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let Some(reason) = reason else {
        let span_of = name.to_owned();
        return Trial::test(name, move || {
            let _span = Span::begin(&span_of);
            test()
        });
    };
    // Where even this fails there is nobody to tell; the name says it once more.
    drop(writeln!(io::stderr().lock(), "SKIPPED {name}: {reason}"));
    Trial::test(format!("{name} (skipped: {reason})"), test).with_ignored_flag(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_of_ubuntu_that_is_not_there_is_told_and_debians_is_made() {
        let told = |suite| absent(suite, "it", || Ok(false));
        assert!(told(Suite::Noble).is_some_and(|told| told.contains("lab prepare it")));
        assert_eq!(told(Suite::Sid), None);
        assert_eq!(absent(Suite::Noble, "it", || Ok(true)), None);
    }

    #[test]
    fn a_test_that_cannot_run_is_ignored_and_says_why() {
        let ignored = trial("boots", Some("needs root"), || Ok(()));
        assert!(ignored.has_ignored_flag());
        assert_eq!(ignored.name(), "boots (skipped: needs root)");
        let normal = trial("boots", None, || Ok(()));
        assert!(!normal.has_ignored_flag());
        assert_eq!(normal.name(), "boots");
    }
}
