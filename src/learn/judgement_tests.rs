//! Each kind of denial with what is to be done about it, in a real unit's sandbox.

use super::{About, Judged, Verdict, edits, judged};
use crate::learn::edit::{Edit, edited};
use crate::learn::{Denial, Source, Tally};
use crate::spec::ServiceName;
use crate::spec::builtin::stack_of;
use crate::unit::SystemdVersion;
use crate::unit::manager::Manager;
use crate::unit::sandbox::sandbox;

const SITE: &str = "[services.notebook]\ncommand = [\"/bin/true\"]\nmemory_max = \"1G\"\nstate_directories = [\"data\"]\nenvironment.FOO_DIR = \"/srv/foo\"\n[profiles.lab]\nservices = [\"notebook\"]\n";

fn all(text: &str, denials: &[Denial]) -> Vec<Judged> {
    let stack = stack_of(text, "lab");
    let managed = stack.services[0].managed().unwrap();
    let sandbox = sandbox(
        managed,
        SystemdVersion::NEWEST,
        stack.network,
        &Manager::System,
    );
    let mut tally = Tally::default();
    for denial in denials {
        tally.take(denial.clone(), Source::Kernel, 1, None, None);
    }
    judged(
        &tally,
        &About {
            name: "notebook",
            managed,
            sandbox: &sandbox,
            isolated: stack.network.is_isolated(),
        },
    )
}

fn one(denial: Denial) -> Judged {
    all(SITE, &[denial]).remove(0)
}

fn write(directory: &str) -> Denial {
    Denial::Write(directory.to_owned())
}

fn state(name: &str) -> Edit {
    Edit::StateDirectory(name.to_owned())
}

fn bind(directory: &str, own: &str) -> Edit {
    Edit::Bind {
        directory: directory.to_owned(),
        own: own.to_owned(),
    }
}

fn variable(name: &str, own: &str) -> Edit {
    Edit::Variable {
        name: name.to_owned(),
        own: own.to_owned(),
    }
}

#[test]
fn a_directory_of_its_own_comes_before_any_directive() {
    for (directory, expected) in [
        (
            "/var/lib/foo",
            vec![state("foo"), bind("/var/lib/foo", "self.state/foo")],
        ),
        // The name is taken.
        (
            "/opt/x/data",
            vec![
                state("opt-x-data"),
                bind("/opt/x/data", "self.state/opt-x-data"),
            ],
        ),
        ("/var/log/foo", vec![bind("/var/log/foo", "self.logs")]),
        ("/var/cache/foo", vec![bind("/var/cache/foo", "self.cache")]),
        // A variable of its own names it.
        (
            "/srv/foo/deep",
            vec![state("deep"), variable("FOO_DIR", "self.state/deep")],
        ),
        (
            "/home/a/.cache",
            vec![state("home"), variable("HOME", "self.state/home")],
        ),
        (
            "/.cache",
            vec![state("home"), variable("HOME", "self.state/home")],
        ),
    ] {
        let judged = one(write(directory));
        assert_eq!(
            edits(std::slice::from_ref(&judged)),
            expected,
            "{directory}"
        );
    }
    let judged = one(write("/var/lib/foo"));
    assert_eq!(judged.directives, ["ProtectSystem=strict"]);
}

#[test]
fn what_must_not_be_granted_is_said_to_be_right() {
    let text = |it: &str| it.to_owned();
    let address = |it: &str| it.parse().unwrap();
    for (denial, directive) in [
        (write("/usr/lib/python3"), "ProtectSystem=strict"),
        (write("/etc/juniper"), "ProtectSystem=strict"),
        (write("/proc/sys/vm"), "ProtectKernelTunables=yes"),
        (
            write("/var/lib/juniper/data"),
            "TemporaryFileSystem=%S/juniper:ro %L/juniper:ro %C/juniper:ro %t/juniper:ro",
        ),
        (
            Denial::Read(text("/var/lib/juniper/data/x")),
            "TemporaryFileSystem=%S/juniper:ro %L/juniper:ro %C/juniper:ro %t/juniper:ro",
        ),
        (Denial::Device(text("/dev/mem")), "PrivateDevices=yes"),
        (
            Denial::Privilege(text("init_module")),
            "ProtectKernelModules=yes",
        ),
        (Denial::Privilege(text("mount")), "CapabilityBoundingSet="),
        (Denial::Privilege(text("bpf")), "SystemCallFilter"),
        (Denial::SetUid, "RestrictSUIDSGID=yes"),
        (
            Denial::AddressFamily(Some(17)),
            "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        ),
        (
            Denial::Listen(address("127.0.0.1:80")),
            "CapabilityBoundingSet=",
        ),
        (Denial::Listen(address("127.0.0.1:8100")), "SocketBindDeny"),
        (
            Denial::SystemCall(text("sched_setscheduler")),
            "RestrictRealtime=yes",
        ),
    ] {
        let judged = one(denial);
        assert!(matches!(judged.verdict, Verdict::Right(_)), "{judged:?}");
        assert!(
            judged.directives.iter().any(|one| one == directive),
            "{judged:?}"
        );
    }
    let isolated = format!("network = \"isolated\"\n{SITE}");
    for denial in [Denial::Destination, Denial::Unanswered] {
        let judged = all(&isolated, &[denial(address("192.0.2.1:80"))]).remove(0);
        assert!(matches!(judged.verdict, Verdict::Right(_)), "{judged:?}");
    }
}

#[test]
fn a_directive_goes_only_where_nothing_smaller_helps() {
    let text = |it: &str| it.to_owned();
    for (denial, names) in [
        (Denial::WriteExecute, vec!["MemoryDenyWriteExecute"]),
        (
            Denial::KernelSetting(text("/proc/cpuinfo")),
            vec!["ProcSubset"],
        ),
        (Denial::Read(text("/home/a/set")), vec!["ProtectHome"]),
        (
            Denial::AddressFamily(Some(16)),
            vec!["RestrictAddressFamilies"],
        ),
        (
            Denial::Destination("192.0.2.1:80".parse().unwrap()),
            vec!["IPAddressDeny"],
        ),
        (
            Denial::Unanswered("192.0.2.1:80".parse().unwrap()),
            vec!["IPAddressDeny"],
        ),
        (
            Denial::SystemCall(text("sched_setaffinity")),
            vec!["SystemCallFilter"],
        ),
        (Denial::Namespace, vec!["RestrictNamespaces"]),
        (
            Denial::Device(text("/dev/ttyUSB0")),
            vec!["PrivateDevices", "DevicePolicy"],
        ),
    ] {
        let judged = one(denial);
        let Verdict::Propose { edits, .. } = &judged.verdict else {
            panic!("{judged:?}");
        };
        let relaxed: Vec<_> = edits
            .iter()
            .map(|edit| match edit {
                Edit::Relax { directive, .. } => *directive,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(relaxed, names);
        // What is relaxed by now is no reason to relax it once more.
        let name = ServiceName::parse("notebook").unwrap();
        let relaxed = edited(SITE, &name, &[], edits).unwrap();
        let again = all(&relaxed, &[judged.denial]).remove(0);
        assert!(matches!(again.verdict, Verdict::Unable(_)), "{again:?}");
    }
    let gpu = one(Denial::Device(text("/dev/nvidia0")));
    assert_eq!(edits(&[gpu]), [Edit::Gpu]);
    let memory = one(Denial::Memory);
    assert_eq!(edits(&[memory]), [Edit::MemoryMax(3 << 29)]);
}

#[test]
fn what_no_key_grants_and_what_hurts_nobody_is_said() {
    let text = |it: &str| it.to_owned();
    for denial in [
        write("/"),
        write("/var/lib"),
        write("/srv/a b"),
        write("/srv/a*"),
        Denial::Read(text("/srv/private")),
        Denial::Processes,
        Denial::NoRoute,
        Denial::Killed,
        Denial::Other(text("EPERM of kill")),
    ] {
        let judged = one(denial);
        assert!(matches!(judged.verdict, Verdict::Unable(_)), "{judged:?}");
    }
    let harmless = one(Denial::SystemCall(text("mbind")));
    assert!(matches!(harmless.verdict, Verdict::Harmless(_)));
}

#[test]
fn a_directory_grants_those_below_it_and_each_change_stands_once() {
    let judged = all(
        SITE,
        &[
            write("/var/lib/foo"),
            write("/var/lib/foo/deep"),
            write("/root/.cache"),
            write("/.config"),
        ],
    );
    assert_eq!(
        edits(&judged),
        [
            state("foo"),
            state("home"),
            bind("/var/lib/foo", "self.state/foo"),
            variable("HOME", "self.state/home"),
        ]
    );
}
