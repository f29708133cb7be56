//! `--user` without a machine: the user's own places, units without root's words, and what is refused.

use std::fs;
use std::path::Path;

use libtest_mimic::Trial;

use crate::program::{Said, juniperctl, said};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        the_users_own_file_is_read,
        the_places_follow_the_xdg_variables,
        units_name_no_user_and_need_no_root,
        what_takes_root_is_refused,
        without_a_manager_it_is_said_how_to_have_one,
        a_tree_and_a_user_are_two_things,
        another_machine_and_a_user_are_two_things,
    ]
}

fn run(home: &Path, line: &str) -> Said {
    let mut command = juniperctl();
    command
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home.join("run"))
        .arg("--user")
        .args(line.split_whitespace());
    said(&mut command)
}

fn configured(home: &Path, text: &str) {
    let directory = home.join(".config/juniper");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("juniper.toml"), text).unwrap();
}

fn the_users_own_file_is_read() {
    let home = tempfile::tempdir().unwrap();
    configured(home.path(), "profil = \"mock\"\n");
    let said = run(home.path(), "check");
    assert_eq!(said.code, Some(3), "{said:#?}");
    let file = home.path().join(".config/juniper/juniper.toml");
    assert!(
        said.stderr.contains(file.to_str().unwrap())
            && said.stderr.contains("`juniperctl --user explain"),
        "{said:#?}"
    );
}

fn the_places_follow_the_xdg_variables() {
    let home = tempfile::tempdir().unwrap();
    let elsewhere = home.path().join("elsewhere/juniper");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::write(elsewhere.join("juniper.toml"), "profile = \"dev\"\n").unwrap();
    let mut command = juniperctl();
    command
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path().join("elsewhere"))
        .env("XDG_STATE_HOME", "/srv/state of lena")
        .args(["--user", "render"]);
    let said = said(&mut command);
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(
        said.stdout.contains("profile dev")
            && said
                .stdout
                .contains("ReadWritePaths=\"-/srv/state of lena/juniperctl/watchdog\"\n"),
        "{said:#?}"
    );
}

fn units_name_no_user_and_need_no_root() {
    let home = tempfile::tempdir().unwrap();
    let said = run(home.path(), "render --profile full");
    assert_eq!(said.code, Some(0), "{said:#?}");
    for word in [
        "\nUser=",
        "\nGroup=",
        "DynamicUser=",
        "network-online.target",
        "multi-user.target",
        "/etc/juniper",
        "\nIPAddressDeny=",
        "\nDevicePolicy=",
        "\nSocketBindDeny=",
        "juniper-kernel-log",
    ] {
        assert!(!said.stdout.contains(word), "{word:?}");
    }
    assert!(said.stdout.contains("WantedBy=default.target"));
}

fn what_takes_root_is_refused() {
    let home = tempfile::tempdir().unwrap();
    configured(home.path(), "profile = \"mock\"\nnetwork = \"isolated\"\n");
    for line in ["check", "render", "install --dry-run"] {
        let said = run(home.path(), line);
        assert_eq!(said.code, Some(3), "{line}: {said:#?}");
        assert!(
            said.stderr.contains("not possible in user mode"),
            "{line}: {said:#?}"
        );
    }
}

fn without_a_manager_it_is_said_how_to_have_one() {
    let home = tempfile::tempdir().unwrap();
    for line in ["install --profile mock --yes", "start", "status"] {
        let said = run(home.path(), line);
        assert_eq!(said.code, Some(4), "{line}: {said:#?}");
        for part in [
            "cannot reach your own systemd",
            "loginctl enable-linger",
            "export XDG_RUNTIME_DIR=/run/user/$(id -u)",
        ] {
            assert!(said.stderr.contains(part), "{line}: {part}: {said:#?}");
        }
    }
    assert!(
        !home.path().join(".config").exists(),
        "something was written"
    );
}

fn a_tree_and_a_user_are_two_things() {
    let home = tempfile::tempdir().unwrap();
    let said = run(home.path(), "--root /tmp diff");
    assert_eq!(said.code, Some(2), "{said:#?}");
}

fn another_machine_and_a_user_are_two_things() {
    let home = tempfile::tempdir().unwrap();
    let said = run(home.path(), "-H gpu1 status");
    assert_eq!(said.code, Some(2), "{said:#?}");
    assert!(said.stderr.contains("cannot be used with"), "{said:#?}");
}
