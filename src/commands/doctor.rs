//! `doctor`: the machine is looked at, judged, and told about. Nothing is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use crate::cli::Doctor;
use crate::error::CommandError;
use crate::host::examine::{machine, ports, trial};
use crate::host::{Files, accounts, journal};
use crate::ordered::Ordered as _;
use crate::output::doctor::{json, text};
use crate::plan;
use crate::preflight::facts::{
    Account, Directory, Facts, Installation, PAGE, Port, Presence, Program, Space, Trial, UserMode,
};
use crate::preflight::{Severity, findings, worst};
use crate::spec::Stack;
use crate::spec::stack::{Gpu, Managed};
use crate::unit::act::USER;
use crate::unit::manager::Namespaces;
use crate::unit::{SystemdVersion, rendered};

use super::{Context, configuration, install, readable};

/// The user that the services run as.
const SERVICES: &str = "juniper";

pub(super) async fn run(options: &Doctor, context: &Context) -> Result<u8, CommandError> {
    context.online("looking at the machine")?;
    let stack = configuration::installed_stack(context)?;
    let facts = gathered(&stack, options, context).await;
    let found = findings(&facts);
    if context.json {
        context
            .terminal
            .line(&context.terminal.worded(&json(&found).to_string()));
    } else {
        context.terminal.report(&text(&found));
    }
    Ok(u8::from(worst(&found) == Severity::Error))
}

async fn gathered(stack: &Stack, options: &Doctor, context: &Context) -> Facts {
    let mut namespaces = None;
    let version = match context.systemd().await {
        Ok(systemd) => {
            namespaces = context.try_namespaces(&systemd).await.ok();
            systemd.version().await
        }
        Err(error) => Err(error),
    };
    let user = accounts::own_name();
    let installation = match &version {
        Ok(version) => installation(stack, *version, context)
            .unwrap_or_else(|error| Installation::Unknown(error.message)),
        Err(_) => Installation::Unknown("systemd cannot be asked for its version".to_owned()),
    };
    let space = match context.paths.user() {
        None => ["/var/lib/juniper", "/var/log/juniper", "/opt/juniper"]
            .map(str::to_owned)
            .to_vec(),
        Some(user) => [&user.state, &user.cache]
            .map(|path| path.display().to_string())
            .to_vec(),
    };
    let gpus: Vec<String> = managed(stack)
        .filter(|(_, managed)| managed.gpu != Gpu::None)
        .map(|(name, _)| name.to_owned())
        .collect();
    Facts {
        is_root: accounts::is_root(),
        lingers: machine::lingers(&user),
        user_mode: context.is_user().then(|| UserMode {
            namespaces: namespaces.map(|found| found == Namespaces::Allowed),
            restrained_by: machine::restraints_of_namespaces(),
            journal: !journal::is_hidden_from_user(),
        }),
        user,
        ports: ports_of(stack),
        programs: programs(stack, options, context).await,
        accounts: if options.brought {
            Vec::new()
        } else {
            accounts_of(context)
        },
        directories: directories(stack, context),
        systemd: Some(version.map_err(|error| error.to_string())),
        unified_cgroups: machine::has_unified_cgroups(),
        gpu: machine::gpu(&gpus),
        space: space
            .iter()
            .filter_map(|path| {
                Some(Space {
                    path: path.clone(),
                    free: machine::free_space(&context.paths.at(path))?,
                })
            })
            .collect(),
        synchronized: machine::synchronized().await,
        installation,
        closed: readable::closed(context).map(|path| path.display().to_string()),
        user_units: if context.is_user() {
            Vec::new()
        } else {
            machine::user_units()
        },
    }
}

fn managed(stack: &Stack) -> impl Iterator<Item = (&str, &Managed)> {
    stack
        .services
        .iter()
        .filter_map(|service| Some((service.name.as_str(), service.managed()?)))
}

/// Those that units of the system name.
fn accounts_of(context: &Context) -> Vec<Account> {
    if context.is_user() {
        Vec::new()
    } else {
        [SERVICES, USER].map(account).to_vec()
    }
}

fn account(name: &str) -> Account {
    Account {
        name: name.to_owned(),
        exists: accounts::user_exists(name) && accounts::group_exists(name),
    }
}

/// The ports that the group needs in the machine's network.
fn ports_of(stack: &Stack) -> Vec<Port> {
    let listening = ports::listening();
    let isolated = stack.network.is_isolated();
    let mut all = Vec::new();
    for member in stack.members() {
        let Some(managed) = member.service.managed() else {
            continue;
        };
        let endpoint = if isolated {
            managed.let_out
        } else {
            managed.endpoint
        };
        let Some(endpoint) = endpoint else {
            continue;
        };
        let address = SocketAddr::new(
            endpoint.host,
            endpoint.port_of(member.instance.unwrap_or(1)),
        );
        let unit = if isolated {
            format!("{}-proxy.socket", managed.unit)
        } else {
            member.unit()
        };
        all.push(Port {
            owner: member.label(),
            units: vec![unit],
            address,
            held: listening.held(address),
        });
    }
    if let Some(address) = stack.listen.address().filter(|_| !isolated) {
        all.push(Port {
            owner: PAGE.to_owned(),
            units: vec!["juniper-watchdog.service".to_owned()],
            address,
            held: listening.held(address),
        });
    }
    all
}

async fn programs(stack: &Stack, options: &Doctor, context: &Context) -> Vec<Program> {
    let mut all = Vec::new();
    for (service, managed) in managed(stack) {
        let Some(path) = managed
            .command
            .first()
            .map(|program| program.as_str().to_owned())
        else {
            continue;
        };
        let place = context.paths.at(&path);
        let presence = match (Files::exists(&place), Files::is_program(&place)) {
            (_, true) => Presence::There,
            (true, false) => Presence::NotExecutable,
            (false, false) => Presence::Missing,
        };
        let name = path.rsplit('/').next().unwrap_or_default();
        let python = name.starts_with("python") || name.starts_with("pypy");
        let module = module(managed).filter(|_| python);
        let trial = if python && presence == Presence::There {
            let environment: BTreeMap<String, _> = managed
                .environment
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
                .ordered();
            let attempt = trial::Attempt {
                python: &place,
                module: module.as_deref(),
                environment: &environment,
                limit: Duration::from_secs(options.import_timeout),
            };
            context.terminal.detail(&format!("runs {path}"));
            trial::run(&attempt, SERVICES).await
        } else {
            Trial::NotRun("it is not there, or not Python".to_owned())
        };
        all.push(Program {
            service: service.to_owned(),
            path,
            presence,
            python,
            module,
            trial,
        });
    }
    all
}

/// The module behind `-m`, where it is the name of one.
fn module(managed: &Managed) -> Option<String> {
    let place = managed
        .command
        .iter()
        .position(|word| word.as_str() == "-m")?;
    let name = managed.command.get(place + 1)?.as_str();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    (!name.is_empty() && name.chars().all(plain)).then(|| name.to_owned())
}

fn directories(stack: &Stack, context: &Context) -> Vec<Directory> {
    if let Some(user) = context.paths.user() {
        let own = accounts::own_name();
        return [
            (user.configuration.join("juniper"), 0o022),
            (context.paths.secrets(), 0o077),
            (context.paths.records(), 0o022),
        ]
        .map(|(path, forbidden)| Directory {
            found: machine::owner_and_mode(&path),
            path: path.display().to_string(),
            owner: own.clone(),
            forbidden,
        })
        .to_vec();
    }
    let mut wanted: Vec<(String, &str, u32)> = vec![
        ("/etc/juniper".to_owned(), "root", 0o022),
        ("/etc/juniper/secrets".to_owned(), "root", 0o077),
        ("/opt/juniper".to_owned(), "root", 0o022),
        ("/var/lib/juniperctl".to_owned(), "root", 0o022),
        ("/var/lib/juniperctl/watchdog".to_owned(), USER, 0o002),
    ];
    for member in stack.members() {
        if member.service.managed().is_none() {
            continue;
        }
        // Those of an instance lie below the service's.
        let below = member.label().replace('@', "/");
        for above in ["/var/lib/juniper", "/var/log/juniper", "/var/cache/juniper"] {
            wanted.push((format!("{above}/{below}"), SERVICES, 0o002));
        }
    }
    wanted
        .into_iter()
        .map(|(path, owner, forbidden)| Directory {
            found: machine::owner_and_mode(&context.paths.at(&path)),
            path,
            owner: owner.to_owned(),
            forbidden,
        })
        .collect()
}

fn installation(
    stack: &Stack,
    version: SystemdVersion,
    context: &Context,
) -> Result<Installation, CommandError> {
    let receipt = context.receipt()?;
    let files = rendered(stack, version, &context.facts(stack)?)?;
    let found = install::found(&files, receipt.as_ref(), context)?;
    let plan = plan::install(&files, &found, receipt.as_ref());
    if !plan.conflicts.is_empty() {
        let names = plan.conflicts.iter().map(|conflict| conflict.name.clone());
        return Ok(Installation::InTheWay(names.collect()));
    }
    if receipt.is_none() {
        return Ok(Installation::Never);
    }
    let differing: BTreeSet<String> = plan
        .changes
        .iter()
        .map(|change| change.name().to_owned())
        .ordered();
    if !differing.is_empty() {
        return Ok(Installation::Drifted(differing.into_iter().collect()));
    }
    Ok(Installation::AsConfigured {
        profile: stack.profile.to_string(),
        enabled: Files::found(&context.paths.enablement())?.is_some(),
    })
}
