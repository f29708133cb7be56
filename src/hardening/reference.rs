//! The reference page of the table: `packaging/doc/hardening.md` as text.
//!
//! A test holds the page to what is written here; `make accept` writes it anew.

use std::fmt::Write as _;

use super::profile::Profile;
use super::table::SANDBOX;
use super::{Exposure, budget};

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
    for row in SANDBOX {
        for (since, value) in row.values {
            let _ = writeln!(
                page,
                "| `{}={value}` | {since} | {} | {} | {} |",
                row.name, row.denies, row.costs, row.page
            );
        }
    }
    page.push_str(
        "\n## Profiles\n\n\
         The exposure is what `systemd-analyze security` counts, from 0.0 to 10.0. A unit that exceeds\n\
         its budget is refused by `juniperctl check`; a service that listens beyond this machine, or\n\
         talks to one that does, may have ",
    );
    let beyond = budget::PUBLISHED;
    let _ = writeln!(page, "{beyond} more.");
    for profile in Profile::ALL {
        let budget: Exposure = budget::of(profile, false);
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
