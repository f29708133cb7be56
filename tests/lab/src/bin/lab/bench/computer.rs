//! What the figures were taken on, without anything that names this computer.

use std::fs;

use juniper_lab::Error;

use super::random::SEED;
use super::site::Site;

/// The load average up to which a computer has nothing else to do.
const QUIET: f64 = 0.5;

/// The head of the report.
pub(super) fn described(site: &Site) -> Result<String, Error> {
    let juniperctl = site.run(&["juniperctl", "--version"])?;
    let curl = site.run(&["curl", "--version"])?;
    let processors = read("/proc/cpuinfo");
    let memory = read("/proc/meminfo");
    let kernel = read("/proc/sys/kernel/osrelease");
    let kibibytes = field(&memory, "MemTotal").and_then(|text| text.split(' ').next());
    let gibibytes = kibibytes.and_then(|number| Some(number.parse::<u64>().ok()? >> 20));
    let gibibytes = gibibytes.map_or_else(|| "?".to_owned(), |number| number.to_string());
    Ok(format!(
        "# Benchmark\n\n\
         Written by `make bench` (`lab bench --out FILE`); `make bench ONLY=watching` measures that section \
         alone and leaves the others. Every figure is a median, p95 the 95th percentile; all that is \
         compared was measured in one run, in turns.\n\n\
         - computer: {} processors {}, {gibibytes} GiB, Linux {}\n\
         - machine: Debian 13 (trixie) in systemd-nspawn, systemd {}\n\
         - programs: {}, stand-ins, {}\n\
         - random delays: seed {SEED}\n",
        processors.matches("\nprocessor").count() + 1,
        field(&processors, "model name").unwrap_or("of an unknown model"),
        kernel.trim(),
        site.machine.systemd_version()?,
        juniperctl.trim(),
        curl.split(' ').take(2).collect::<Vec<_>>().join(" "),
    ))
}

/// When a section was measured, and whether the computer had anything else to do.
pub(super) fn moment(site: &Site) -> Result<String, Error> {
    let date = site.run(&["date", "--utc", "+%Y-%m-%d"])?;
    Ok(format!(
        "Measured on {}; load average before: {}.",
        date.trim(),
        load()
    ))
}

/// The load average of the last minute.
pub(super) fn load() -> String {
    let averages = read("/proc/loadavg");
    averages.split(' ').next().unwrap_or("?").to_owned()
}

/// Whether a load average says that others are at work here, too.
pub(super) fn is_busy(load: &str) -> bool {
    load.parse().is_ok_and(|load: f64| load > QUIET)
}

/// A file of the kernel; what is missing is left out of the description.
fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The value of the first line `name : value`.
fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::{field, is_busy};

    #[test]
    fn a_busy_computer_is_known_by_its_load() {
        assert!(is_busy("1.73"));
        assert!(!is_busy("0.10"));
        assert!(!is_busy("?"));
    }

    #[test]
    fn a_field_is_found_by_its_name() {
        let text = "processor\t: 0\nmodel name\t: AMD EPYC\nMemTotal:       16384 kB\n";
        assert_eq!(field(text, "model name"), Some("AMD EPYC"));
        assert_eq!(field(text, "MemTotal"), Some("16384 kB"));
        assert_eq!(field(text, "flags"), None);
    }
}
