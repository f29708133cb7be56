//! The machines that were named, and what the configuration says of them.

use crate::commands::{Context, configuration};
use crate::error::{CommandError, Kind};
use crate::spec::effective;
use crate::spec::name::{HostName, ProfileName};
use crate::spec::remote::SshTarget;
use crate::spec::stack::{Kind as ServiceKind, Stack};
use crate::spec::text::{AbsolutePath, Text};

/// Where a program of ours lies on a machine that has no package of it.
pub(super) const BROUGHT: &str = "/usr/local/lib/juniperctl/juniperctl";

/// Where the launcher of workers lies there.
const BROUGHT_LAUNCHER: &str = "/usr/local/lib/juniperctl/juniper_worker.py";

/// Where the package has it.
const LAUNCHER: &str = "/usr/share/juniperctl/juniper_worker.py";

/// By this line a configuration there is known to be ours.
pub(super) const MARK: &str = "# juniperctl -H";

/// One of the machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    /// What people call it.
    pub(super) name: String,
    pub(super) target: SshTarget,
    /// Its name in `[hosts]`; one that is not there is a machine of its own.
    pub(super) placed: Option<HostName>,
}

/// The machines that were named, each once: by name where the configuration has one, else by address.
pub(super) fn named(context: &Context) -> Vec<Host> {
    let stack = configuration::silently(None, context);
    let known = stack.map(|stack| stack.hosts).unwrap_or_default();
    let mut hosts: Vec<Host> = Vec::new();
    for target in &context.hosts {
        let known = known
            .iter()
            .find(|host| host.name.as_str() == target.as_str());
        let address = known.map(|host| SshTarget::parse(&host.address.to_string()));
        let written = known.and_then(|host| host.ssh.clone());
        let host = Host {
            name: target.to_string(),
            target: written
                .or_else(|| address.and_then(Result::ok))
                .unwrap_or_else(|| target.clone()),
            placed: known.map(|host| host.name.clone()),
        };
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

/// What is to run on a machine of `[hosts]`, and the configuration that says so there.
///
/// # Errors
/// The configuration is refused, or places nothing there.
pub(super) fn placed(
    name: &HostName,
    profile: Option<&ProfileName>,
    is_brought: bool,
    context: &Context,
) -> Result<(Stack, String), CommandError> {
    let receipt = context.receipt()?;
    let installed = receipt.and_then(|receipt| ProfileName::parse(&receipt.profile).ok());
    let says = format!("this_host = \"{name}\"\n");
    let drop_in = context.paths.drop_ins().join("99-this-host.toml");
    let profile = profile.or(installed.as_ref());
    let mut stack = configuration::stack_with(profile, Some((&drop_in, &says)), context)?;
    if stack.services.is_empty() {
        return Err(CommandError::new(
            Kind::NotAsAsked,
            format!("the configuration places nothing on {name}"),
        )
        .hint(format!(
            "write services.worker.hosts = {{ {name} = 1 }} and how many you want"
        )));
    }
    if is_brought {
        where_brought(&mut stack)?;
    }
    let head = crate::host::environment::host_name();
    let text = format!(
        "{MARK} {name} install wrote this, on {}; the next one replaces it.\n{}",
        crate::spec::text::for_terminal(&head, 64),
        effective::configuration(&stack)
    );
    Ok((stack, text))
}

/// The same where our own files are not where the package has them.
fn where_brought(stack: &mut Stack) -> Result<(), CommandError> {
    let ours = |problem: crate::spec::fault::Problem| {
        CommandError::new(Kind::Configuration, problem.label)
    };
    stack.juniperctl = AbsolutePath::parse(BROUGHT).map_err(ours)?;
    for service in &mut stack.services {
        if let ServiceKind::Managed(managed) = &mut service.kind {
            for word in &mut managed.command {
                if word.as_str() == LAUNCHER {
                    *word = Text::parse(BROUGHT_LAUNCHER).map_err(ours)?;
                }
            }
        }
    }
    Ok(())
}

/// The configuration for a machine of its own: its own, with where our program is.
pub(super) fn own(is_brought: bool) -> String {
    if is_brought {
        format!("{MARK} wrote this.\njuniperctl = \"{BROUGHT}\"\n")
    } else {
        String::new()
    }
}
