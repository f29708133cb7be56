//! Proposals on real texts: what is added, what stays, and that nothing hostile becomes a line.

use super::{Edit, EditError, difference, edited};
use crate::hardening::Exposure;
use crate::spec::ServiceName;
use crate::spec::builtin::stack_of;

fn with(text: &str, edits: &[Edit]) -> String {
    edited(
        text,
        &ServiceName::parse("notebook").unwrap(),
        &["old".to_owned()],
        edits,
    )
    .unwrap()
}

fn bind(directory: &str) -> Edit {
    Edit::Bind {
        directory: directory.to_owned(),
        own: "self.state/foo".to_owned(),
    }
}

const SITE: &str = "# ours\nprofile = \"lab\"\n\n[services.notebook] # the notebook\ncommand = [\"/bin/true\"]\nenvironment.DATA = \"/srv/data\"\n\n[profiles.lab]\nservices = [\"notebook\"]\n";

#[test]
fn all_kinds_of_changes_are_read_back_as_they_are_meant() {
    let variable = Edit::Variable {
        name: "DATA".to_owned(),
        own: "self.state/data".to_owned(),
    };
    let relax = |directive| Edit::Relax {
        directive,
        reason: "it does",
    };
    let edits = [
        Edit::StateDirectory("foo".to_owned()),
        bind("/var/lib/foo"),
        variable,
        Edit::Gpu,
        Edit::MemoryMax((1 << 30) + 1),
        relax("ProtectHome"),
        relax("ProcSubset"),
        Edit::Budget(Exposure::tenths(13)),
    ];
    let after = with(SITE, &edits);
    assert_eq!(
        difference("/etc/juniper/juniper.toml", SITE, &after),
        "--- /etc/juniper/juniper.toml\n+++ /etc/juniper/juniper.toml\n@@ -3,7 +3,14 @@\n \n [services.notebook] # the notebook\n command = [\"/bin/true\"]\n-environment.DATA = \"/srv/data\"\n+state_directories = [\"old\", \"foo\"]\n+bind_directories.\"/var/lib/foo\" = \"self.state/foo\"\n+derived_environment.DATA = \"self.state/data\"\n+gpu = \"all\"\n+memory_max = \"1025M\"\n+relax.ProtectHome = \"it does\"\n+relax.ProcSubset = \"it does\"\n+exposure_budget = 1.3\n \n [profiles.lab]\n services = [\"notebook\"]\n"
    );
    let stack = stack_of(&after, "lab");
    let managed = stack.services[0].managed().unwrap();
    assert_eq!(managed.state_directories.len(), 2);
    assert_eq!(managed.binds.len(), 1);
    assert_eq!(managed.relax.len(), 2);
    assert_eq!(managed.memory_max, Some(1025 << 20));
    assert_eq!(managed.exposure_budget, Some(Exposure::tenths(13)));
}

#[test]
fn a_service_that_is_written_elsewhere_gets_a_table() {
    let after = with("profile = \"full\"\n", &[bind("/var/lib/foo")]);
    assert_eq!(
        after,
        "profile = \"full\"\n\n[services.notebook]\nbind_directories.\"/var/lib/foo\" = \"self.state/foo\"\n"
    );
    assert_eq!(
        with("", &[Edit::Gpu]),
        "[services.notebook]\ngpu = \"all\"\n"
    );
}

#[test]
fn other_ways_to_write_a_table_stay_as_they_are() {
    for text in [
        "services.notebook.port = 1\n",
        "services.notebook = { port = 1 }\n",
        "[services]\nnotebook.port = 1\n",
        "[services.notebook]\nport = 1\n[services.notebook.relax]\nUMask = \"x\"\n[services.notebook.bind_directories]\n\"/a\" = \"self.logs\"\n",
    ] {
        let after = with(text, &[bind("/b"), Edit::StateDirectory("foo".to_owned())]);
        let read: toml_edit::DocumentMut = after.parse().unwrap();
        let table = &read["services"]["notebook"];
        assert_eq!(table["port"].as_integer(), Some(1), "{after}");
        assert_eq!(
            table["bind_directories"]["/b"].as_str(),
            Some("self.state/foo"),
            "{after}"
        );
        assert!(table["state_directories"].is_array(), "{after}");
    }
}

#[test]
fn hostile_strings_stay_strings() {
    for hostile in [
        "/a\"\nprofile = \"x",
        "/a\n[services.evil]\ncommand = [\"/bin/sh\"]",
        "/a\u{1b}[31m",
        "'''\n\"\"\"",
    ] {
        let after = with(SITE, &[bind(hostile)]);
        let read: toml_edit::DocumentMut = after.parse().unwrap();
        let binds = read["services"]["notebook"]["bind_directories"]
            .as_table_like()
            .unwrap();
        assert_eq!(
            binds
                .iter()
                .map(|(key, _)| key.to_owned())
                .collect::<Vec<_>>(),
            [hostile]
        );
        assert_eq!(read["profile"].as_str(), Some("lab"));
        assert_eq!(read["services"].as_table_like().unwrap().len(), 1);
    }
}

#[test]
fn a_text_of_another_form_is_left_alone() {
    let name = ServiceName::parse("notebook").unwrap();
    assert_eq!(
        edited("services = 1\n", &name, &[], &[Edit::Gpu]),
        Err(EditError::NotATable("services".to_owned()))
    );
    assert!(matches!(
        edited("a = \n", &name, &[], &[]),
        Err(EditError::Unreadable(_))
    ));
    assert_eq!(difference("x", "a\n", "a\n"), "");
}
