//! A rendered unit file: its name and its text.

/// One unit file, as it will lie in systemd's directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitFile {
    /// The file name, such as `juniper-data.service`.
    pub name: String,
    /// The whole text.
    pub text: String,
}
