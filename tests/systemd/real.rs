//! The real services from PyPI under the generated, sandboxed units.

use libtest_mimic::Trial;

pub(crate) fn trial() -> Trial {
    juniper_lab::trial::on_real_services("real::todo", || Ok(()))
}
