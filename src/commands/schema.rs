//! `schema`: the JSON schema of the configuration, for editors.

use crate::error::CommandError;
use crate::spec::schema;

use super::Context;

pub(super) fn run(context: &Context) -> Result<u8, CommandError> {
    context.terminal.data(&schema::written());
    Ok(0)
}
