//! `schema`: the JSON schema of the configuration, for editors.

use crate::spec::schema;

use super::Context;

pub(super) fn run(context: &Context) -> u8 {
    context.terminal.data(&schema::written());
    0
}
