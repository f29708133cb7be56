//! `escape` tries from inside a unit what its sandbox is there to deny, and tells what came of it.
//!
//! `escape VICTIM ATTEMPT...` prints one JSON line for each attempt; VICTIM is a process of the same
//! user. Each attempt is made by a process of its own, because some are answered by a signal. What
//! succeeds is harmless or undone, but it is meant for machines that are thrown away. Never packaged.

mod files;
mod kernel;
mod processes;
mod refusal;
mod sockets;

use std::env;
use std::io::{self, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitCode, Stdio};

use refusal::{Refusal, Result};

/// The word that makes it the process of one attempt.
const ONE: &str = "--one";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [ONE, victim, attempt] => {
            one(victim, attempt).map_or_else(Refusal::code, |()| ExitCode::SUCCESS)
        }
        [victim, attempts @ ..] => attempts
            .iter()
            .try_for_each(|attempt| told(victim, attempt))
            .map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS),
        [] => ExitCode::FAILURE,
    }
}

/// Has one attempt made and prints what came of it.
fn told(victim: &str, attempt: &str) -> io::Result<()> {
    let status = Command::new(env::current_exe()?)
        .args([ONE, victim, attempt])
        .stdin(Stdio::null())
        .status()?;
    let outcome = match (status.code(), status.signal()) {
        (Some(0), _) => r#""succeeded":true"#.to_owned(),
        (Some(code), _) => format!(r#""succeeded":false,"errno":{code}"#),
        (None, signal) => format!(
            r#""succeeded":false,"signal":{}"#,
            signal.unwrap_or_default()
        ),
    };
    writeln!(
        io::stdout().lock(),
        r#"{{"attempt":"{attempt}",{outcome}}}"#
    )
}

/// Makes one attempt.
fn one(victim: &str, attempt: &str) -> Result {
    match attempt {
        "write-elsewhere" => files::write_elsewhere(),
        "touch-other-service" => files::touch_other_service(),
        "read-secrets" => files::read_or_own(
            "/etc/juniper/secrets/key",
            "HOME",
            ".config/juniper/secrets/key",
        ),
        "read-credentials" => files::read_or_own(
            "/run/credentials/other.service/key",
            "XDG_RUNTIME_DIR",
            "credentials/other.service/key",
        ),
        "read-home" => files::read_or_own("/home/somebody/letter", "HOME", "letter"),
        "read-root" => files::read("/root/letter"),
        "read-temporary" => files::read("/tmp/letter"),
        "read-private-file" => files::read("/srv/private"),
        "read-kernel-settings" => files::read("/proc/sys/kernel/osrelease"),
        "write-kernel-setting" => files::write_back("/proc/sys/net/ipv4/ip_default_ttl"),
        "read-kernel-log" => files::read_kernel_log(),
        "make-control-group" => files::make_control_group(),
        "leave-readable-file" => files::leave_readable(),
        "make-set-uid-file" => files::make_set_uid(),
        "give-file-away" => files::give_away(),
        "make-device" => files::make_device(),
        "open-memory" => files::open("/dev/mem"),
        "open-gpu" => files::open("/dev/nvidia0"),
        "open-other-gpu" => files::open("/dev/nvidia1"),
        "use-null" => files::open("/dev/null"),
        "see-others-process" => files::read("/proc/1/cmdline"),
        "read-same-users-process" => files::read(&format!("/proc/{victim}/environ")),
        "trace-same-users-process" => processes::trace(victim),
        "signal-same-users-process" => processes::signal(victim),
        "run-set-uid-program" => processes::run_set_uid(),
        "run-foreign-program" => processes::run_foreign(),
        "become-another-user" => processes::become_another_user(),
        "run-in-real-time" => processes::run_in_real_time(),
        "choose-own-processors" => processes::choose_own_processors(),
        "run-written-memory" => processes::run_written_memory(),
        "change-personality" => processes::change_personality(),
        "reach-shared-memory" => processes::reach_shared_memory(),
        "make-user-namespace" => kernel::make_user_namespace(),
        "make-mount-namespace" => kernel::make_mount_namespace(),
        "mount" => kernel::mount(),
        "load-module" => kernel::load_module(),
        "set-host-name" => kernel::set_host_name(),
        "set-clock" => kernel::set_clock(),
        "open-raw-socket" => sockets::raw(),
        "open-packet-socket" => sockets::packet(),
        "open-netlink-socket" => sockets::netlink(),
        "bind-privileged-port" => sockets::bind(81),
        "bind-others-port" => sockets::bind_others(),
        "talk-beyond-loopback" => sockets::send("192.0.2.1:9"),
        "talk-to-loopback" => sockets::send("127.0.0.1:9"),
        _ => Err(Refusal::UNKNOWN),
    }
}
