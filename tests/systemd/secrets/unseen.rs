//! The search for keys: wherever they must not be, and a proof that the search would find them.

use juniper_lab::Machine;

use crate::lab::{Outcome, claim, exits, has, run};

/// Nobody finds a key: in no environment and no command line of any process, not even as root; not in
/// the journal, the units, or what systemd says of them; and as an ordinary user in no file at all.
pub(super) fn seen_by_nobody(machine: &Machine, keys: &[&str]) -> Outcome {
    let values: Vec<String> = keys.iter().map(|key| format!("/root/{key}")).collect();
    // What searches has the keys in a file, too: for the ordinary user, a file that he can read.
    exits(
        machine,
        &format!("cat {} > /run/sought", values.join(" ")),
        0,
    )?;
    exits(machine, "chmod 644 /run/sought", 0)?;
    let processes = "grep -lasF -f /run/sought /proc/[0-9]*/environ /proc/[0-9]*/cmdline";
    let ordinary = "setpriv --reuid nobody --regid nogroup --clear-groups";
    let files = format!(
        "{ordinary} grep -rlsF -D skip -f /run/sought --exclude=sought /etc /run /var /tmp /dev/shm"
    );
    let show = "systemctl show --all --no-pager 'juniper*' | grep -aF -f /run/sought";
    for line in [
        processes.to_owned(),
        "journalctl --no-pager -o export | grep -aF -f /run/sought".to_owned(),
        "grep -rlsF -f /run/sought /etc/systemd /run/systemd /usr/lib/systemd".to_owned(),
        show.to_owned(),
        format!("{ordinary} {processes}"),
        format!("{ordinary} {show}"),
        files.clone(),
    ] {
        let found = run(machine, &line)?;
        claim(
            found.code() == Some(1) || found.code() == Some(2) && found.stdout.is_empty(),
            format!("`{line}` finds {} ({:?})", found.stdout, found.code()),
        )?;
    }
    // The search itself finds what there is to find.
    let planted = format!(
        "read -r K < /run/sought; K=\"$K\" sleep 60 & sleep=$!; \
         until [ \"$(cat /proc/$sleep/comm)\" = sleep ]; do :; done; {processes}; \
         echo $sleep; kill $sleep"
    );
    let found = exits(machine, &planted, 0)?.stdout;
    let pid = found.lines().last().unwrap_or_default().to_owned();
    has(&found, &[&format!("/proc/{pid}/environ")])?;
    exits(machine, "cp /run/sought /var/tmp/planted", 0)?;
    claim(
        run(machine, &files)?.stdout == "/var/tmp/planted\n",
        "the search of files finds nothing",
    )?;
    exits(machine, "rm /var/tmp/planted", 0)?;
    exits(machine, "rm /run/sought", 0).map(drop)
}
