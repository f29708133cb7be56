//! The reference page of the table: `packaging/doc/hardening.md` as text.
//!
//! A test holds the page to what is written here; `make accept` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::attempts::{ATTEMPTS, Rights, Verdict};
use super::profile::Profile;
use super::table::{Directive, ISOLATED, LEFT_OUT, SANDBOX};
use super::unprivileged::{Fit, fit};
use super::{Exposure, budget};
use crate::spec::network::Network;
use crate::spec::text::AbsolutePath;
use crate::unit::SystemdVersion;
use crate::unit::manager::{Manager, Namespaces, UserManager};

/// The page.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(
        "# The sandbox of juniperctl's units\n\n\
         Made from `src/hardening/table.rs` by `make accept`. Each unit gets every row that its systemd\n\
         knows, but for what its profile leaves out and what the site relaxes; the unit and\n\
         `juniperctl audit` tell the reason. A number is the first systemd that knows the value.\n\n\
         | directive | since | what it denies | what it costs | described in |\n\
         |---|---|---|---|---|\n",
    );
    rows(SANDBOX, &mut page);
    page.push_str(
        "\n## With `network = \"isolated\"`\n\n\
         These come on top, or take the place of the row of the same name; each unit may then be 0.3\n\
         less exposed.\n\n\
         | directive | since | what it denies | what it costs | described in |\n\
         |---|---|---|---|---|\n",
    );
    rows(ISOLATED, &mut page);
    page.push_str("\nNot in it, because without them nothing changes, or something breaks:\n\n");
    for (directive, reason) in LEFT_OUT {
        let _ = writeln!(page, "- `{directive}`: {reason}");
    }
    attempts(&mut page);
    user_mode(&mut page);
    page.push_str(
        "\n## Profiles\n\n\
         The exposure is what `systemd-analyze security` counts, from 0.0 to 10.0. A unit that exceeds\n\
         its budget is refused by `juniperctl check`; a service that listens beyond this machine, or\n\
         talks to one that does, may have ",
    );
    let beyond = budget::PUBLISHED;
    let _ = writeln!(page, "{beyond} more.");
    for profile in Profile::ALL {
        let budget: Exposure = budget::of(profile, false, Network::Host, &Manager::System);
        let _ = write!(page, "\n### {}: at most {budget}\n\n", profile.word());
        if profile.exceptions().is_empty() {
            page.push_str("The whole table.\n");
        }
        for exception in profile.exceptions() {
            let what = exception
                .instead
                .map_or_else(|| "off".to_owned(), |value| format!("`{value}`"));
            let _ = writeln!(
                page,
                "- `{}=` is {what}: {}",
                exception.directive, exception.reason
            );
        }
    }
    page
}

fn rows(rows: &[Directive], page: &mut String) {
    for row in rows {
        for (since, value) in row.values {
            let _ = writeln!(
                page,
                "| `{}={value}` | {since} | {} | {} | {} |",
                row.name, row.denies, row.costs, row.page
            );
        }
    }
}

/// What is tried from inside each unit, and what comes of it.
fn attempts(page: &mut String) {
    page.push_str(
        "\n## What a service cannot do\n\n\
         Made from `src/hardening/attempts.rs`, and played from inside each unit on systemd 247, 249, 252, 255,\n\
         257 and 262, in a virtual machine on 257 alone (`tests/systemd/escape`). Each directive named denies the attempt by itself, in a unit\n\
         that has no other; with none of them it succeeds. A unit that does without all of them, as its\n\
         profile or the site has it, is not protected against it.\n\n\
         | a service that tries to ... | is denied by | tried |\n\
         |---|---|---|\n",
    );
    for attempt in ATTEMPTS {
        let comes = match attempt.verdict {
            Verdict::Denied(walls) => {
                let user = (attempt.rights == Rights::Root).then(|| "`User=juniper`".to_owned());
                let walls = walls.iter().map(|wall| {
                    let end = if wall.contains('=') { "" } else { "=" };
                    format!("`{wall}{end}`")
                });
                user.into_iter().chain(walls).collect::<Vec<_>>().join(", ")
            }
            Verdict::Needed { by, .. } => format!("nothing where `{by}=` lists it"),
            Verdict::Open(reason) => format!("**nothing**: {reason}"),
        };
        let place = if attempt.takes_kernel {
            "in a virtual machine"
        } else {
            "in containers"
        };
        let _ = writeln!(page, "| {} | {comes} | {place} |", attempt.tries);
    }
    page.push_str(
        "\nThe watchdog is a user of its own without rights, `juniper-watchdog`: what it has done is done by\n\
         `juniper-act@.service`, root without a capability or a network, for its few orders about the group's services\n\
         and no other. `juniper-ready.service` has no mount namespace.\n",
    );
}

/// What becomes of each row in the units of a user's own manager.
fn user_mode(page: &mut String) {
    page.push_str(
        "\n## With `--user`\n\n\
         A user's own manager passes over most of what it cannot do without a word. So each row was tried from\n\
         inside (`tests/systemd/user`, on 249, 252, 255 and 257; by hand on 247): what denies nothing there is left out.\n\
         Most of the rest takes namespaces: where the machine lets no ordinary user make them, which is tried\n\
         at each install, they are left out, too, and `juniperctl --user doctor` says what keeps it from that.\n\n\
         | directive | in a service's unit |\n\
         |---|---|\n",
    );
    let manager = |namespaces| {
        AbsolutePath::parse("/").map(|records| {
            Manager::User(UserManager {
                namespaces,
                records,
                programs: BTreeMap::new(),
            })
        })
    };
    let (Ok(allowed), Ok(refused)) = (manager(Namespaces::Allowed), manager(Namespaces::Refused))
    else {
        return;
    };
    let of = |name, manager| fit(name, Profile::Network, SystemdVersion::NEWEST, manager);
    let mut told: Vec<&str> = Vec::new();
    for row in SANDBOX {
        if told.contains(&row.name) {
            continue;
        }
        told.push(row.name);
        let takes = match (of(row.name, &allowed), of(row.name, &refused)) {
            (Fit::Off(_), _) | (_, Fit::Whole) => "",
            _ => "; takes a namespace",
        };
        let becomes = match of(row.name, &allowed) {
            Fit::Whole => "as it is".to_owned(),
            Fit::Instead(value) | Fit::Less(value, _) => format!("`{value}`"),
            Fit::Off(reason) => format!("off: {reason}"),
        };
        let _ = writeln!(page, "| `{}=` | {becomes}{takes} |", row.name);
    }
    page.push_str(
        "\n| unit | may be exposed | without namespaces |\n\
         |---|---|---|\n",
    );
    for profile in Profile::ALL {
        if [Profile::Devices, Profile::KernelLog].contains(&profile) {
            continue;
        }
        let budget = |manager| budget::of(profile, false, Network::Host, manager);
        let _ = writeln!(
            page,
            "| {} | {} | {} |",
            profile.word(),
            budget(&allowed),
            budget(&refused)
        );
    }
    page.push_str(
        "\nThe watchdog, who acts for it, and the unit that tells somebody see the home directory, for reading:\n\
         their configuration and the user's bus are there. Nothing keeps a process of a user that is not in a\n\
         sandbox, nor these, from giving the user's manager orders. Services are: its socket and the bus are\n\
         hidden from them.\n",
    );
}
