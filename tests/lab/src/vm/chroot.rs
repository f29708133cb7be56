//! Running a program in a tree of files that nothing was booted from.
//!
//! It sees the tree as its whole file system, with processes of its own: whatever it leaves running
//! ends with it. The network and the kernel are the host's.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::error::Error;
use crate::machine::ENVIRONMENT;
use crate::tool;

/// Installing packages on a busy host may take its time.
const DEADLINE: Duration = Duration::from_mins(5);

/// Runs a program that must succeed in the tree, as root, and tells what it printed.
pub fn chroot<T: AsRef<str>>(tree: &Path, arguments: &[T]) -> Result<String, Error> {
    let words: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
    let mut command = Command::new("unshare");
    command.args(["--mount", "--pid", "--fork", "--kill-child", "--"]);
    command.args(["sh", "-euc", ENTER, "sh"]);
    command.arg(tree).args(&words);
    command.env_clear().envs(ENVIRONMENT);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    let doing = || format!("run `{}` in {}", words.join(" "), tree.display());
    tool::run("chroot", command, DEADLINE, doing)
}

/// The mount is seen by nobody else and goes with its last process.
const ENTER: &str = r#"mount -t proc proc "$1/proc"; exec chroot "$@""#;
