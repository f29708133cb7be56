//! `man`: the manual pages, from the same types as the help and from the schema of the configuration.

use clap::CommandFactory as _;

use crate::cli::{Cli, Page};
use crate::error::{CommandError, Kind};
use crate::output::configuration_page::configuration_page;
use crate::spec::schema;

use super::Context;

/// What the page says beyond the options.
const MORE: &str = include_str!("man.roff");

pub(super) fn run(page: Page, context: &Context) -> Result<u8, CommandError> {
    match page {
        Page::Juniperctl => commands(context),
        Page::JuniperToml => {
            context
                .terminal
                .data(&configuration_page(&schema::schema()));
            Ok(0)
        }
    }
}

fn commands(context: &Context) -> Result<u8, CommandError> {
    let mut page = Vec::new();
    let mut command = Cli::command();
    command.build();
    render(&command, &mut page).map_err(|error| {
        CommandError::new(
            Kind::Machine,
            format!("cannot write the manual page: {error}"),
        )
    })?;
    context.terminal.data(&String::from_utf8_lossy(&page));
    context.terminal.data(MORE);
    Ok(0)
}

/// All that can be asked for: what has verbs of its own is told verb by verb.
fn verbs(command: &clap::Command) -> Vec<&clap::Command> {
    command
        .get_subcommands()
        .filter(|below| !below.is_hide_set() && below.get_name() != "help")
        .flat_map(|below| match verbs(below) {
            own if own.is_empty() => vec![below],
            own => own,
        })
        .collect()
}

fn render(command: &clap::Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    let man = clap_mangen::Man::new(command.clone())
        .section("1")
        .manual("Juniper");
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    page.extend_from_slice(b".SH COMMANDS\n");
    for below in verbs(command) {
        let about = below
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        let usage = below
            .clone()
            .render_usage()
            .to_string()
            .replace("Usage: ", "");
        let usage = usage
            .lines()
            .next()
            .unwrap_or_default()
            .trim()
            .replace('-', "\\-");
        page.extend_from_slice(
            format!(".TP\n\\fB{usage}\\fR\n{}.\n", about.replace('-', "\\-")).as_bytes(),
        );
        for argument in below
            .get_arguments()
            .filter(|argument| !argument.is_global_set() && !argument.is_hide_set())
        {
            let Some(help) = argument.get_help() else {
                continue;
            };
            if let Some(long) = argument.get_long().filter(|long| *long != "help") {
                let line = format!("\n\\-\\-{}: {help}.\n", long.replace('-', "\\-"));
                page.extend_from_slice(line.as_bytes());
            }
        }
    }
    Ok(())
}
