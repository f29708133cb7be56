//! What is told before, while and after environments are made.

use std::fmt::Write as _;

use crate::commands::Context;
use crate::error::CommandError;
use crate::host::provision::tree;
use crate::output::style::size;
use crate::provision::environment::{Current, User};
use crate::provision::lock::Torch;
use crate::provision::plan::{Action, Left};
use crate::provision::space::{Need, Room};
use crate::spec::ServiceName;

use super::survey::{Survey, Wanted};

/// The processes of an environment, for a sentence.
pub(super) fn run(users: &[User]) -> String {
    let first: Vec<String> = users
        .iter()
        .take(3)
        .map(|user| format!("{} ({})", user.pid, user.command))
        .collect();
    let more = match users.len().saturating_sub(first.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    if users.len() == 1 {
        format!("process {} runs", first.join(""))
    } else {
        format!("processes {}{more} run", first.join(", "))
    }
}

/// What is done for one service.
pub(super) fn wanted(one: &Wanted) -> String {
    let (service, at_hand) = (&one.service, one.lock.environment());
    let upgrade = format!("sudo juniperctl provision --upgrade {service}");
    match &one.action {
        Action::Make(name) => {
            format!("{service}: makes {name} ({} packages)", one.lock.packages())
        }
        Action::Switch(name) => format!("{service}: uses {name}, which is there already"),
        Action::Leave(Left::Current(name)) => {
            format!("{service}: {name} is in use, as the lock file says")
        }
        Action::Leave(Left::Other(name)) => {
            format!("{service}: {name} is in use and stays; for {at_hand}: {upgrade}")
        }
        Action::Leave(Left::ByHand) => format!(
            "{service}: an environment that was made by hand is in use and stays; for {at_hand}: {upgrade}"
        ),
    }
}

/// What it is made with, and the room that it takes.
pub(super) fn means(survey: &Survey, need: Need, room: &Room) -> String {
    let mut text = format!("with Python {} ({})", survey.python, survey.interpreter);
    let torch = survey.wanted.iter().find_map(|one| match one.lock.torch {
        Torch::None => None,
        Torch::Cpu => Some("torch for the processor"),
        Torch::Cuda => Some("torch for NVIDIA GPUs"),
    });
    if let Some(torch) = torch {
        let _ = write!(text, " and {torch} ({})", survey.why_torch);
    }
    if need.download > 0 {
        let _ = write!(text, "\ndownloads up to {},", size(need.download));
    } else {
        text.push_str("\ndownloads nothing,");
    }
    let _ = write!(
        text,
        " takes up to {} of the {} that are free on the disk of {}",
        size(need.installed),
        size(room.free),
        room.path
    );
    text
}

/// Who still runs with another environment than the one in use.
pub(super) fn still_running(service: &ServiceName, context: &Context) -> Result<(), CommandError> {
    let site = tree::site(service.as_str())?;
    for one in &site.environments {
        if !one.users.is_empty() && site.current != Current::Named(one.name.clone()) {
            context.terminal.say(&format!(
                "{service}: {} on with {}; when it suits: sudo juniperctl restart {service}",
                run(&one.users)
                    .replace(" runs", " goes")
                    .replace(" run", " go"),
                one.name
            ));
        }
    }
    Ok(())
}
