//! What is done for each state that a service's directory can be in.

use super::environment::{Current, Environment, Record, Site, User};
use super::lock::Lock;
use super::plan::{Action, Left, Pruned, prune, rollback, wanted};
use super::python::Minor;

const PYTHON: Minor = Minor {
    major: 3,
    minor: 13,
};

fn lock(version: &str) -> Lock {
    let digest = "0".repeat(64);
    Lock::parse(&format!(
        "# juniperctl-lock: 1\n# service: data\n# version: {version}\n# torch: none\n# python: 3.13\n\
         # import: juniper_data\n# installed: 1\njuniper-data=={version} \\\n    --hash=sha256:{digest}\n"
    ))
    .unwrap()
}

fn environment(name: &str, of: Option<&Lock>) -> Environment {
    Environment {
        name: name.to_owned(),
        record: of.map(|lock| Record::new(PYTHON, &lock.text)),
        interpreter: Some("/usr/bin/python3.13".to_owned()),
        users: Vec::new(),
    }
}

fn site(current: Current, environments: Vec<Environment>) -> Site {
    Site {
        current,
        previous: None,
        environments,
        unfinished: Vec::new(),
    }
}

fn named(name: &str) -> Current {
    Current::Named(name.to_owned())
}

#[test]
fn what_is_missing_is_made_and_what_works_is_left_alone_until_an_upgrade() {
    let (old, new) = (lock("1"), lock("2"));
    let nothing = site(Current::Missing, Vec::new());
    assert_eq!(wanted(&nothing, &new, false), Action::Make("2".to_owned()));
    let mut other = site(named("1"), vec![environment("1", Some(&old))]);
    assert_eq!(
        wanted(&other, &new, false),
        Action::Leave(Left::Other("1".to_owned()))
    );
    assert_eq!(wanted(&other, &new, true), Action::Make("2".to_owned()));
    other.environments.push(environment("2", Some(&new)));
    assert_eq!(wanted(&other, &new, true), Action::Switch("2".to_owned()));
    assert_eq!(
        wanted(&other, &old, true),
        Action::Leave(Left::Current("1".to_owned()))
    );
    // A better estimate of its size is no other environment.
    let estimated = Lock::parse(&old.text.replace("# installed: 1", "# installed: 2")).unwrap();
    assert_eq!(
        wanted(&other, &estimated, true),
        Action::Leave(Left::Current("1".to_owned()))
    );
}

#[test]
fn what_somebody_made_by_hand_is_replaced_on_request_alone() {
    let new = lock("2");
    let by_hand = [
        site(Current::Directory, Vec::new()),
        site(Current::Elsewhere("/srv/x".to_owned()), Vec::new()),
        site(named("by-hand"), vec![environment("by-hand", None)]),
    ];
    for site in by_hand {
        assert_eq!(wanted(&site, &new, false), Action::Leave(Left::ByHand));
        assert_eq!(wanted(&site, &new, true), Action::Make("2".to_owned()));
    }
}

#[test]
fn one_whose_python_went_or_changed_is_made_anew_beside_the_old() {
    let new = lock("2");
    for gone in [None, Some("/usr/bin/python3.14".to_owned())] {
        let mut broken = environment("2", Some(&new));
        broken.interpreter = gone;
        let site = site(named("2"), vec![broken]);
        assert_eq!(wanted(&site, &new, false), Action::Make("2.2".to_owned()));
    }
    let mut dangling = site(named("1"), Vec::new());
    dangling.unfinished.push("2".to_owned());
    assert_eq!(
        wanted(&dangling, &new, false),
        Action::Make("2.2".to_owned())
    );
}

#[test]
fn the_way_back_is_there_or_says_why_not() {
    let (old, new) = (lock("1"), lock("2"));
    let both = vec![environment("1", Some(&old)), environment("2", Some(&new))];
    let mut site = site(named("2"), both);
    let refused = |site: &Site| rollback("data", site).unwrap_err().message;
    assert!(refused(&site).contains("no environment from before"));
    site.previous = Some("1".to_owned());
    assert_eq!(rollback("data", &site).unwrap(), "1");
    site.environments[0].interpreter = None;
    assert!(refused(&site).contains("its Python is gone"));
    site.environments.remove(0);
    assert!(refused(&site).contains("was removed"));
}

#[test]
fn nothing_in_use_and_nothing_made_by_hand_is_removed() {
    let lock = lock("1");
    let user = User {
        pid: 7,
        command: "python".to_owned(),
    };
    let mut busy = environment("busy", Some(&lock));
    busy.users.push(user.clone());
    let all = vec![
        environment("now", Some(&lock)),
        environment("old", Some(&lock)),
        busy,
        environment("by-hand", None),
    ];
    let mut site = site(named("now"), all);
    site.unfinished.push("half".to_owned());
    assert_eq!(
        prune(&site),
        [
            Pruned::Removed("old".to_owned()),
            Pruned::InUse("busy".to_owned(), vec![user]),
            Pruned::ByHand("by-hand".to_owned()),
            Pruned::Unfinished("half".to_owned()),
        ]
    );
}
