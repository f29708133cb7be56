//! `render`: the unit files, printed or written; pure but for the writing.

use crate::cli::Render;
use crate::error::CommandError;
use crate::host::Files;
use crate::unit::file::extended_by;
use crate::unit::{SystemdVersion, rendered};
use serde_json::json;

use super::{Context, configuration};

pub(super) fn run(options: &Render, context: &Context) -> Result<u8, CommandError> {
    let stack = configuration::stack(options.profile.as_ref(), context)?;
    let version = options.systemd.unwrap_or(SystemdVersion::NEWEST);
    let files = rendered(&stack, version, &context.facts(&stack)?)?;
    if let Some(directory) = &options.out {
        Files::make_directory(directory)?;
        for file in &files {
            if let Some(unit) = extended_by(&file.name) {
                Files::make_directory(&directory.join(format!("{unit}.d")))?;
            }
        }
        let texts = files
            .iter()
            .map(|file| (file.name.as_str(), file.text.as_str()));
        Files::replace_all(directory, texts)?;
        context.terminal.say(&format!(
            "wrote {} unit files to {}",
            files.len(),
            directory.display()
        ));
    } else if context.json {
        let units: Vec<_> = files
            .iter()
            .map(|file| json!({ "name": file.name, "text": file.text }))
            .collect();
        let listing = json!({ "version": 1, "profile": stack.profile.as_str(), "units": units });
        context.terminal.line(&listing.to_string());
    } else {
        let texts: Vec<String> = files
            .iter()
            .map(|file| format!("# ---- {} ----\n{}", file.name, file.text))
            .collect();
        context.terminal.data(&texts.join("\n"));
    }
    Ok(0)
}
