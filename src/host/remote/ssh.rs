//! The command lines of ssh(1).
//!
//! The user's own configuration, agent and known hosts apply; what is said here is only what one
//! connection that nobody sits at needs. Starts nothing.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::spec::remote::SshTarget;

/// Nobody is asked anything, silence is noticed, and nothing of the user's is handed on.
const QUIETLY: [&str; 10] = [
    "BatchMode=yes",
    "ConnectTimeout=5",
    "ServerAliveInterval=3",
    "ServerAliveCountMax=2",
    "RequestTTY=no",
    "RemoteCommand=none",
    "PermitLocalCommand=no",
    "ForwardAgent=no",
    "ForwardX11=no",
    "LogLevel=ERROR",
];

/// The one connection: it runs this script, and carries the others for as long as that lasts.
pub(super) fn master(control: &Path, target: &SshTarget, script: &str) -> Command {
    let mut command = quiet(control, "yes");
    command.args(["-o", "ControlPersist=no", "-o", "ClearAllForwardings=yes"]);
    command.args(["--", target.as_str(), &shell(script, false, &[])]);
    command
}

/// Another program over that connection, and over no other: where it is gone nobody connects anew.
pub(super) fn session(control: &Path, target: &SshTarget, line: &str) -> Command {
    let mut command = over(control);
    command.args(["--", target.as_str(), line]);
    command
}

/// Has that connection carry what is said to a socket here to an address there.
pub(super) fn forward(control: &Path, target: &SshTarget, from: &Path, to: &str) -> Command {
    let mut command = over(control);
    let mut way = from.as_os_str().to_owned();
    way.push(":");
    way.push(to);
    command.args(["-O", "forward", "-L"]).arg(way);
    command.args(["--", target.as_str()]);
    command
}

/// Asks whether that connection is there.
pub(super) fn check(control: &Path, target: &SshTarget) -> Command {
    let mut command = over(control);
    command.args(["-O", "check", "--", target.as_str()]);
    command
}

fn over(control: &Path) -> Command {
    let mut command = quiet(control, "no");
    command.args(["-o", "ProxyCommand=exec false"]);
    command
}

fn quiet(control: &Path, is_master: &str) -> Command {
    let mut path = OsString::from("ControlPath=");
    path.push(control);
    let mut command = Command::new("ssh");
    command.arg("-o").arg(path);
    command.args(["-o", &format!("ControlMaster={is_master}")]);
    for option in QUIETLY {
        command.args(["-o", option]);
    }
    command.kill_on_drop(true).stdin(Stdio::null());
    command
}

/// A line for whatever shell the user has there, that has sh(1) run a script with these arguments; as root by
/// sudo(8) where that is wanted.
pub(super) fn shell(script: &str, by_sudo: bool, arguments: &[&str]) -> String {
    let sudo = if by_sudo { "sudo -n -- " } else { "" };
    let mut line = format!("exec {sudo}/bin/sh -c {} sh", quoted(script));
    for argument in arguments {
        line.push(' ');
        line.push_str(&quoted(argument));
    }
    line
}

/// One word of a shell, whatever is in it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::shell;

    #[test]
    fn no_argument_leaves_its_quotes() {
        for (argument, quoted) in [
            ("plain", "'plain'"),
            ("it's", r"'it'\''s'"),
            ("$(reboot); `x`\n", "'$(reboot); `x`\n'"),
            ("", "''"),
        ] {
            let line = shell("echo", false, &[argument]);
            assert_eq!(line, format!("exec /bin/sh -c 'echo' sh {quoted}"));
        }
        assert!(shell("id", true, &[]).starts_with("exec sudo -n -- /bin/sh -c 'id'"));
    }
}
