//! `learn`: watches what the sandbox denies a service, and proposes the least that would grant it.
//!
//! It writes nothing, starts nothing and stops nothing: whoever reads the proposal decides.

mod proposal;
mod watching;

use crate::cli::Learn;
use crate::error::{CommandError, Kind};
use crate::host::accounts;
use crate::learn::Verdict;
use crate::learn::judgement::{About, judged};
use crate::output::learn::{Report, json, text};
use crate::spec::name::Selector;
use crate::spec::stack::Member;
use crate::unit::manager::Manager;
use crate::unit::sandbox::sandbox;

use super::{Context, configuration, failure};

/// `data`, or `worker@2` where one instance was asked for.
fn label(selector: &Selector) -> String {
    match selector.instance {
        None => selector.service.to_string(),
        Some(number) => format!("{}@{number}", selector.service),
    }
}

pub(super) async fn run(options: &Learn, context: &Context) -> Result<u8, CommandError> {
    context.online("learn")?;
    let stack = configuration::installed_stack(context)?;
    let members = failure::selected(&stack, std::slice::from_ref(&options.service))?;
    let name = &options.service.service;
    let Some(managed) = stack.service(name).and_then(|service| service.managed()) else {
        let problem = format!("the unit of {name} is somebody else's: its sandbox is, too");
        return Err(CommandError::new(Kind::Usage, problem));
    };
    if context.is_user() {
        return Err(CommandError::new(
            Kind::Machine,
            "only root may watch what others are denied, in user mode, too",
        )
        .hint(
            "try the service in the machine's own group: install and learn as root, without --user",
        ));
    }
    if !accounts::is_root() {
        return Err(
            CommandError::new(Kind::Machine, "only root may watch what others are denied")
                .hint(format!("run it as root: sudo juniperctl learn {name}")),
        );
    }
    let units: Vec<String> = members.iter().map(Member::unit).collect();
    let seen = watching::watch(name.as_str(), &units, options.span, context).await?;
    let version = seen.version;
    let sandbox = sandbox(managed, version, stack.network, &Manager::System);
    let judged = judged(
        &seen.tally,
        &About {
            name: name.as_str(),
            managed,
            sandbox: &sandbox,
            isolated: stack.network.is_isolated(),
        },
    );
    let proposal = proposal::proposed(name, managed, &judged, version, context)?;
    let report = Report {
        label: label(&options.service),
        span: seen.span,
        is_running: seen.is_running,
        blind: seen.blind,
        passed_over: seen.tally.passed_over,
        judged,
        proposal,
    };
    if context.json {
        context.terminal.line(&json(&report).to_string());
    } else {
        context.terminal.data(&text(&report));
    }
    let is_open =
        |verdict: &Verdict| matches!(verdict, Verdict::Propose { .. } | Verdict::Unable(_));
    Ok(u8::from(
        report.judged.iter().any(|one| is_open(&one.verdict)),
    ))
}
