//! The D-Bus methods of systemd that are used, and no others (org.freedesktop.systemd1(5)).

use std::collections::HashMap;

use zbus::{OwnedObjectPath, OwnedVariant, Variant};

/// One unit as `ListUnitsByNames` reports it: name, description, load state, active state, sub
/// state, following, unit path, job number, job type, job path.
pub(super) type ListedUnit = (
    String,
    String,
    String,
    String,
    String,
    String,
    OwnedObjectPath,
    u32,
    String,
    OwnedObjectPath,
);

#[zbus::proxy(
    interface = "org.freedesktop.systemd1.Manager",
    default_service = "org.freedesktop.systemd1",
    default_path = "/org/freedesktop/systemd1"
)]
pub(super) trait Manager {
    /// Asks systemd to send signals at all.
    fn subscribe(&self) -> zbus::Result<()>;

    /// Starts a unit; returns its job.
    fn start_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;

    /// Stops a unit; returns its job.
    fn stop_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;

    /// Restarts a unit; returns its job.
    fn restart_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;

    /// Restarts a unit that runs; returns its job.
    fn try_restart_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;

    /// Makes a unit that has no file, and starts it; returns its job.
    fn start_transient_unit(
        &self,
        name: &str,
        mode: &str,
        properties: &[(&str, Variant<'_>)],
        others: &[(&str, Vec<(&str, Variant<'_>)>)],
    ) -> zbus::Result<OwnedObjectPath>;

    /// Forgets a unit's failure and its start count.
    fn reset_failed_unit(&self, name: &str) -> zbus::Result<()>;

    /// Sends a signal to the processes of a unit that `whom` names.
    fn kill_unit(&self, name: &str, whom: &str, signal: i32) -> zbus::Result<()>;

    /// Has a unit read its configuration again, where it runs; returns its job.
    fn reload_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;

    /// Reads all unit files again.
    fn reload(&self) -> zbus::Result<()>;

    /// Makes units start at boot; returns whether they say how, and the links made.
    fn enable_unit_files(
        &self,
        files: &[&str],
        runtime: bool,
        force: bool,
    ) -> zbus::Result<(bool, Vec<(String, String, String)>)>;

    /// The reverse; returns the links removed.
    fn disable_unit_files(
        &self,
        files: &[&str],
        runtime: bool,
    ) -> zbus::Result<Vec<(String, String, String)>>;

    /// The state of these units, loading those that are not loaded.
    fn list_units_by_names(&self, names: &[&str]) -> zbus::Result<Vec<ListedUnit>>;

    /// The loaded units in these states whose names match these patterns.
    fn list_units_by_patterns(
        &self,
        states: &[&str],
        patterns: &[&str],
    ) -> zbus::Result<Vec<ListedUnit>>;

    /// A job is over.
    #[zbus(signal)]
    fn job_removed(
        &self,
        id: u32,
        job: OwnedObjectPath,
        unit: String,
        result: String,
    ) -> zbus::Result<()>;

    /// systemd's version, with the distribution's suffix.
    #[zbus(property(emits_changed_signal = "const"))]
    fn version(&self) -> zbus::Result<String>;
}

#[zbus::proxy(
    interface = "org.freedesktop.DBus.Properties",
    default_service = "org.freedesktop.systemd1"
)]
pub(super) trait UnitProperties {
    /// All properties of one interface of a unit.
    fn get_all(&self, interface: &str) -> zbus::Result<HashMap<String, OwnedVariant>>;

    /// One property.
    fn get(&self, interface: &str, name: &str) -> zbus::Result<OwnedVariant>;
}
