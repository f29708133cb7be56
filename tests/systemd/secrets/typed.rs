//! A value typed on a terminal.

use juniper_lab::Machine;

use super::{SECOND, held};
use crate::lab::{Outcome, claim, exits, has};

/// Answers each question once it has been asked, as a person at a terminal does.
const PERSON: &str = r#"
import os, sys
master, slave = os.openpty()
if os.fork() == 0:
    os.setsid()
    terminal = os.open(os.ttyname(slave), os.O_RDWR)
    for stream in range(3):
        os.dup2(terminal, stream)
    os.execvp("juniperctl", "juniperctl secret rotate cascor-api-key --no-restart".split())
os.close(slave)
value = open("/root/second", "rb").read()
said = b""
for question, answer in ((b"(not shown): ", value), (b"again: ", value), (b"[y/N] ", sys.argv[1].encode() + b"\n")):
    while not said.endswith(question):
        said += os.read(master, 1)
    os.write(master, answer)
try:
    while True:
        said += os.read(master, 1024)
except OSError:
    pass
sys.stdout.write(said.decode())
"#;

/// On a terminal the value is asked for twice, not shown, and the change is asked for.
pub(super) fn typed(machine: &Machine) -> Outcome {
    machine.write("/root/person.py", PERSON, 0o600)?;
    let told = exits(machine, "python3 /root/person.py n", 0)?.stdout;
    has(&told, &["do this? [y/N] n", "nothing was changed"])?;
    claim(!told.contains(SECOND), &told)?;
    claim(
        held(machine)? == ["current"; 3],
        "changed in spite of the answer",
    )?;
    let told = exits(machine, "python3 /root/person.py y", 0)?.stdout;
    claim(!told.contains(SECOND), &told)?;
    claim(
        held(machine)? == ["earlier"; 3],
        format!("not changed: {told}"),
    )
}
