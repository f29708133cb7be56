//! Users and groups of the machine.

/// Whether we are root.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The number of a user.
#[must_use]
pub fn user_id(name: &str) -> Option<u32> {
    users::get_user_by_name(name).map(|user| user.uid())
}

/// Whether a user of this name exists, by whatever name service the machine has.
#[must_use]
pub fn user_exists(name: &str) -> bool {
    users::get_user_by_name(name).is_some()
}

/// Whether a group of this name exists.
#[must_use]
pub fn group_exists(name: &str) -> bool {
    users::get_group_by_name(name).is_some()
}
