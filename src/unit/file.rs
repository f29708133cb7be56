//! A rendered unit file: its name and its text.

use super::{act, notification};

/// One unit file, as it will lie in systemd's directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitFile {
    /// The file name, such as `juniper-data.service`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// The file that a unit comes from: for an instance that of its template.
#[must_use]
pub fn file_of(unit: &str) -> String {
    match unit.split_once('@') {
        Some((stem, _)) => format!("{stem}@.service"),
        None => unit.to_owned(),
    }
}

/// The unit whose drop-in a file is, such as `juniper-cascor-worker@1.service`; `None` for a unit's own file.
#[must_use]
pub fn extended_by(file: &str) -> Option<&str> {
    file.split_once('/')
        .and_then(|(directory, _)| directory.strip_suffix(".d"))
}

/// Whether a unit does one thing and is gone: an order of the watchdog, or somebody told of an incident.
#[must_use]
pub fn is_passing(unit: &str) -> bool {
    [act::TEMPLATE, notification::TEMPLATE].contains(&&*file_of(unit))
}

#[cfg(test)]
mod tests {
    use super::{extended_by, file_of, is_passing};
    use crate::unit::notification;

    #[test]
    fn an_instance_comes_from_its_template() {
        assert_eq!(file_of(&notification::instance(7)), notification::TEMPLATE);
        assert_eq!(file_of("juniper-data.service"), "juniper-data.service");
        let drop_in = "juniper-cascor-worker@1.service.d/10-juniper-gpu.conf";
        assert_eq!(
            extended_by(drop_in),
            Some("juniper-cascor-worker@1.service")
        );
        assert_eq!(extended_by("juniper-data.service"), None);
    }

    #[test]
    fn orders_and_notifications_pass() {
        for unit in [
            &*notification::instance(7),
            "juniper-notification@test.service",
            "juniper-act@3-712-994.service",
        ] {
            assert!(is_passing(unit), "{unit}");
        }
        for unit in [
            "juniper-cascor-worker@1.service",
            "juniper-watchdog.service",
            "juniper-act.socket",
        ] {
            assert!(!is_passing(unit), "{unit}");
        }
    }
}
