//! A machine without a bus: each command that needs one says so and what to do.

use libtest_mimic::Trial;

use crate::program::{juniperctl, said};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        without_a_bus_the_machine_refuses_with_a_hint,
        a_gate_on_the_group_needs_the_bus_too,
        a_service_that_is_none_is_a_usage_error_with_a_hint,
    ]
}

const NO_BUS: (&str, &str) = (
    "DBUS_SYSTEM_BUS_ADDRESS",
    "unix:path=/nonexistent/juniperctl-tests",
);

fn without_a_bus_the_machine_refuses_with_a_hint() {
    for line in [
        "status",
        "--json status",
        "start",
        "start --no-wait data",
        "stop",
        "restart canopy",
        "install --yes",
    ] {
        let said = said(
            juniperctl()
                .env(NO_BUS.0, NO_BUS.1)
                .args(line.split_whitespace()),
        );
        assert_eq!(said.code, Some(4), "{line}: {said:#?}");
        assert!(
            said.stderr
                .starts_with("error: cannot reach systemd over the system bus: "),
            "{line}: {said:#?}"
        );
        assert!(said.stderr.contains("\nhint: "), "{line}: {said:#?}");
        assert_eq!(said.stdout, "", "{line}");
    }
}

fn a_gate_on_the_group_needs_the_bus_too() {
    let said = said(juniperctl().env(NO_BUS.0, NO_BUS.1).args([
        "gate",
        "group",
        "--within",
        "1s",
        "data:juniper-data.service=http://127.0.0.1:1/",
    ]));
    assert_eq!(said.code, Some(4), "{said:#?}");
}

fn a_service_that_is_none_is_a_usage_error_with_a_hint() {
    for (name, hint) in [
        ("cascro", "did you mean cascor?"),
        ("nobody", "it has data"),
    ] {
        let said = said(juniperctl().env(NO_BUS.0, NO_BUS.1).args(["start", name]));
        assert_eq!(said.code, Some(2), "{said:#?}");
        assert!(
            said.stderr.contains(&format!("has no service {name}"))
                && said.stderr.contains(&format!("hint: {hint}")),
            "{said:#?}"
        );
    }
}
