//! Users and groups of the machine, and what they may read.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use users::os::unix::UserExt as _;

/// A user with its own group, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// Whether it is root under another name.
    #[must_use]
    pub fn is_root(self) -> bool {
        self.user == 0
    }

    /// Its user and its group.
    #[must_use]
    pub fn numbers(self) -> (u32, u32) {
        (self.user, self.group)
    }
}

/// The name of a user, or the number where there is none.
#[must_use]
pub fn name_of(user: u32) -> String {
    users::get_user_by_uid(user).map_or_else(
        || user.to_string(),
        |user| user.name().to_string_lossy().into_owned(),
    )
}

/// The name of the user that we are.
#[must_use]
pub fn own_name() -> String {
    name_of(rustix::process::geteuid().as_raw())
}

/// The numbers of a user, if there is one of this name.
#[must_use]
pub fn account(name: &str) -> Option<Account> {
    let user = users::get_user_by_name(name)?;
    Some(Account {
        user: user.uid(),
        group: user.primary_group_id(),
    })
}

/// Whether a user may read a file, or list a directory and go through it; root asks. The kernel itself is
/// asked, as that user: access lists and the directories above count. Where it cannot be asked nobody is
/// accused.
#[must_use]
pub fn may_read(account: Account, path: &Path) -> bool {
    let kinds: &[&str] = if path.is_dir() {
        &["-r", "-x"]
    } else {
        &["-r"]
    };
    !kinds.iter().any(|kind| {
        Command::new("/usr/bin/test")
            .arg(kind)
            .arg(path)
            // Without further groups, as std drops those of root along with the user.
            .uid(account.user)
            .gid(account.group)
            .current_dir("/")
            .stdin(Stdio::null())
            .status()
            .is_ok_and(|status| status.code() == Some(1))
    })
}

/// Whether we are root.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The user that we are, by number.
#[must_use]
pub fn own_id() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The home directory of the user that we are, as the accounts have it.
#[must_use]
pub fn own_home() -> PathBuf {
    users::get_user_by_uid(own_id())
        .map_or_else(|| PathBuf::from("/"), |user| user.home_dir().to_owned())
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
