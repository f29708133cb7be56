//! What is said to people, said to one who works with their own manager: the same commands with `--user`,
//! without sudo, and their own file.
//!
//! Only what juniperctl itself says passes here, never data.

/// The words that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserMode {
    /// The user's configuration file.
    pub configuration: String,
}

/// Commands as the system's are called, and as a user's are.
const COMMANDS: [(&str, &str); 15] = [
    ("sudo juniperctl ", "juniperctl --user "),
    ("`juniperctl ", "`juniperctl --user "),
    ("sudo systemctl ", "systemctl --user "),
    ("`systemctl ", "`systemctl --user "),
    (
        "systemctl status dbus.socket",
        "systemctl --user status dbus.socket",
    ),
    (", then juniperctl ", ", then juniperctl --user "),
    ("run it as root: ", "run "),
    ("--user --user ", "--user "),
    ("sudo chmod ", "chmod "),
    ("sudo mv ", "mv "),
    ("sudo rm ", "rm "),
    ("another user than root", "another user than you"),
    ("root's alone", "yours alone"),
    (
        "they are in /etc/systemd/system",
        "they are among your units",
    ),
    // The environments are the machine's; units of a user run from them, too.
    ("juniperctl --user provision", "sudo juniperctl provision"),
];

impl UserMode {
    /// A text in these words.
    #[must_use]
    pub fn said(&self, text: &str) -> String {
        let mut said = text.replace("/etc/juniper/juniper.toml", &self.configuration);
        for (system, user) in COMMANDS {
            said = said.replace(system, user);
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::UserMode;

    #[test]
    fn commands_and_the_file_are_the_users() {
        let words = UserMode {
            configuration: "/home/lena/.config/juniper/juniper.toml".to_owned(),
        };
        for (system, user) in [
            (
                "hint: sudo juniperctl install --profile mock",
                "hint: juniperctl --user install --profile mock",
            ),
            (
                "`juniperctl why data` tells why",
                "`juniperctl --user why data` tells why",
            ),
            (
                "`juniperctl --user doctor` says",
                "`juniperctl --user doctor` says",
            ),
            (
                "correct it in /etc/juniper/juniper.toml",
                "correct it in /home/lena/.config/juniper/juniper.toml",
            ),
            (
                "make its environment: sudo juniperctl provision data",
                "make its environment: sudo juniperctl provision data",
            ),
            ("port 8100 is taken", "port 8100 is taken"),
        ] {
            assert_eq!(words.said(system), user);
        }
    }
}
