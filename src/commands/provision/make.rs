//! Making environments: one service after the other, each put in use when it is finished and imports its service.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::Provision;
use crate::commands::Context;
use crate::error::{CommandError, Kind};
use crate::host::examine::trial;
use crate::host::lock::Lock as Held;
use crate::host::provision::builder::{Builder, Heard};
use crate::host::provision::{switching, tree};
use crate::host::{Files, accounts, clock};
use crate::ordered::Ordered as _;
use crate::output::style::{latency, size};
use crate::preflight::facts::Trial;
use crate::provision::environment::{Current, Record};
use crate::provision::lock::Lock;
use crate::provision::plan::Action;
use crate::provision::progress::Progress;
use crate::provision::trouble::{Doing, trouble};
use crate::provision::{BUILDER, CACHE, is_provided};
use crate::spec::text::for_terminal;
use crate::spec::{ServiceName, Stack};

use super::survey::{Survey, Wanted, checked, room, survey};
use super::{SERVICES, show};

/// How long the import of a service may take on a cold disk.
const IMPORT: Duration = Duration::from_mins(5);

/// What pip is told each time: to ask nobody, and to keep to what is pinned.
const PIP: [&str; 6] = [
    "-I",
    "-m",
    "pip",
    "--no-input",
    "--no-color",
    "--disable-pip-version-check",
];

/// How it takes what is pinned, and nothing else.
const PINNED: [&str; 6] = [
    "--progress-bar",
    "off",
    "--no-deps",
    "--require-hashes",
    "--only-binary",
    ":all:",
];

pub(super) async fn run(
    services: &[ServiceName],
    stack: &Stack,
    options: &Provision,
    held: Option<&Held>,
    context: &Context,
) -> Result<u8, CommandError> {
    let account = held.and_then(|_| accounts::account(BUILDER));
    let builder = Builder {
        account,
        scratch: Path::new(CACHE).join("scratch"),
        lock: held,
    };
    if !options.dry_run {
        tree::workplace(Path::new(CACHE), account)?;
        tree::workplace(&builder.scratch, account)?;
        tree::workplace(&wheels(), account)?;
    }
    let survey = survey(services, options, &builder).await?;
    for one in &survey.wanted {
        context.terminal.say(&show::wanted(one));
    }
    let (need, environments, cache) = room(&survey, options);
    if survey.made().next().is_some() {
        context
            .terminal
            .say(&show::means(&survey, need, &environments));
        checked(need, (&environments, &cache))?;
    }
    if options.dry_run {
        finished(&survey, 0, options, context);
        return Ok(0);
    }
    let work = Work {
        builder: &builder,
        survey: &survey,
        stack,
        options,
        context,
    };
    let before = tree::bytes(&wheels());
    for one in &survey.wanted {
        if let Err(error) = work.one(one).await {
            return Err(error.hint(in_use(one)));
        }
    }
    let downloaded = tree::bytes(&wheels()).saturating_sub(before);
    // With what was downloaded goes what pip left half unpacked.
    tree::removed(&wheels())?;
    tree::removed(&builder.scratch)?;
    for one in &survey.wanted {
        show::still_running(&one.service, context)?;
    }
    finished(&survey, downloaded, options, context);
    Ok(0)
}

/// What a service uses where it came to nothing.
fn in_use(one: &Wanted) -> String {
    let service = &one.service;
    match &one.site.current {
        Current::Named(name) => format!("{service} still uses {name}"),
        Current::Directory | Current::Elsewhere(_) => {
            format!("{service} still uses the environment that was made by hand")
        }
        Current::Missing => format!("{service} has no environment yet"),
    }
}

fn wheels() -> PathBuf {
    Path::new(CACHE).join("wheels")
}

struct Work<'w> {
    builder: &'w Builder<'w>,
    survey: &'w Survey,
    stack: &'w Stack,
    options: &'w Provision,
    context: &'w Context,
}

impl Work<'_> {
    async fn one(&self, one: &Wanted) -> Result<(), CommandError> {
        let service = one.service.as_str();
        let name = match &one.action {
            Action::Leave(_) => return Ok(()),
            Action::Switch(name) => name,
            Action::Make(name) => {
                let made = self.made(one, name).await;
                if made.is_err() {
                    // What is left of it is of no use, and may be what fills the disk.
                    tree::remove(service, name)?;
                }
                made?;
                name
            }
        };
        switching::switch(service, &one.site, name)?;
        Ok(())
    }

    async fn made(&self, one: &Wanted, name: &str) -> Result<(), CommandError> {
        let begun = clock::now();
        let (service, lock) = (one.service.as_str(), &one.lock);
        let place = tree::begin(service, name, self.builder.account)?;
        self.say(service, "makes an empty environment");
        let arguments = ["-I", "-m", "venv"].map(OsStr::new);
        let arguments: Vec<&OsStr> = arguments.into_iter().chain([place.as_os_str()]).collect();
        let interpreter = Path::new(&self.survey.interpreter);
        self.run(service, lock, Doing::Preparing, interpreter, &arguments)
            .await?;
        let python = place.join("bin/python");
        let (from, doing) = if let Some(wheelhouse) = &self.options.wheelhouse {
            (wheelhouse.clone(), Doing::FromWheelhouse)
        } else {
            self.fetch(service, lock, &python).await?;
            (wheels(), Doing::Installing)
        };
        self.say(service, "installs");
        let requirements = self.builder.scratch.join(format!("{service}.txt"));
        // Nothing that lies in the builder's directory is followed or kept.
        tree::text(&requirements, &lock.text)?;
        let arguments = pip(&[
            OsStr::new("install"),
            OsStr::new("--no-index"),
            OsStr::new("--no-cache-dir"),
            OsStr::new("--find-links"),
            from.as_os_str(),
            OsStr::new("--requirement"),
            requirements.as_os_str(),
        ]);
        self.run(service, lock, doing, &python, &arguments).await?;
        let library = tree::library(&place, self.survey.python)?;
        tree::seal(&place, &library, &lock.directories)?;
        let saved = tree::shared(&library);
        if saved > 0 {
            let saved = size(saved);
            self.say(
                service,
                &format!("has {saved} in common with others, which is kept once"),
            );
        }
        self.imports(one, &python).await?;
        tree::finish(service, name, &Record::new(self.survey.python, &lock.text))?;
        let took = latency(begun.elapsed());
        self.say(
            service,
            &format!("imports {}; {name} is finished after {took}", lock.import),
        );
        Ok(())
    }

    /// Fetches wheels: what lies in an index of its own from there, all others from where pip is told to look.
    async fn fetch(&self, service: &str, lock: &Lock, python: &Path) -> Result<(), CommandError> {
        let wheels = wheels();
        for (number, (index, text)) in lock.parts().into_iter().enumerate() {
            let requirements = self.builder.scratch.join(format!("{service}.{number}.txt"));
            tree::text(&requirements, &text)?;
            let mut arguments = pip(&[
                OsStr::new("download"),
                OsStr::new("--no-cache-dir"),
                OsStr::new("--dest"),
                wheels.as_os_str(),
                OsStr::new("--requirement"),
                requirements.as_os_str(),
            ]);
            let index = index.map(|index| self.options.torch_index.as_deref().unwrap_or(index));
            let doing = match index {
                Some(index) => {
                    arguments.extend(["--index-url", index].map(OsStr::new));
                    Doing::DownloadingTorch
                }
                None => Doing::Downloading,
            };
            self.run(service, lock, doing, python, &arguments).await?;
        }
        Ok(())
    }

    async fn run(
        &self,
        service: &str,
        lock: &Lock,
        doing: Doing,
        program: &Path,
        arguments: &[&OsStr],
    ) -> Result<(), CommandError> {
        let mut progress = Progress::default();
        let begun = clock::now();
        let heard = |heard: Heard<'_>| match heard {
            Heard::Line(line) => {
                if let Some(told) = progress.line(line) {
                    self.say(service, &told);
                }
                self.context.terminal.detail(&for_terminal(line, 300));
            }
            Heard::Nothing => {
                let (seen, all) = (progress.seen, lock.packages());
                let so_far = match doing {
                    Doing::Downloading | Doing::DownloadingTorch => {
                        format!(
                            "{seen} of {all} packages are there, {}",
                            size(tree::bytes(&wheels()))
                        )
                    }
                    _ if seen >= all => format!("still unpacks, {}", latency(begun.elapsed())),
                    _ => format!("{seen} of {all} packages checked"),
                };
                self.say(service, &so_far);
            }
        };
        let ended = self
            .builder
            .run(program, arguments, heard)
            .await
            .map_err(|error| {
                let told = format!("cannot run {}: {error}", program.display());
                CommandError::new(Kind::Machine, told)
            })?;
        if ended.success {
            return Ok(());
        }
        Err(trouble(service, doing, &ended.said))
    }

    /// The finished environment imports its service, as the user and with the variables that it will have.
    async fn imports(&self, one: &Wanted, python: &Path) -> Result<(), CommandError> {
        let service = one.service.as_str();
        let managed = self
            .stack
            .services
            .iter()
            .find(|service| service.name == one.service)
            .and_then(|service| service.managed());
        let environment: BTreeMap<String, _> = managed
            .into_iter()
            .filter(|managed| {
                let program = managed.command.first();
                program.is_some_and(|program| is_provided(service, program.as_str()))
            })
            .flat_map(|managed| &managed.environment)
            .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
            .ordered();
        let attempt = trial::Attempt {
            python,
            module: Some(&one.lock.import),
            environment: &environment,
            limit: IMPORT,
        };
        let why = match trial::run(&attempt, SERVICES).await {
            Trial::Passed { .. } => return Ok(()),
            Trial::Failed { why, .. } | Trial::NotRun(why) => why,
            Trial::TimedOut { seconds, .. } => format!("it was not done after {seconds} s"),
        };
        Err(CommandError::new(
            Kind::NotAsAsked,
            format!(
                "the new environment of {service} cannot import {} as {SERVICES}: {}; it was not put in use",
                one.lock.import,
                for_terminal(&why, 300)
            ),
        ))
    }

    fn say(&self, service: &str, what: &str) {
        self.context.terminal.say(&format!("{service}: {what}"));
    }
}

fn pip<'a>(arguments: &[&'a OsStr]) -> Vec<&'a OsStr> {
    let (verb, rest) = arguments.split_at(1.min(arguments.len()));
    PIP.map(OsStr::new)
        .into_iter()
        .chain(verb.iter().copied())
        .chain(PINNED.map(OsStr::new))
        .chain(rest.iter().copied())
        .collect()
}

fn finished(survey: &Survey, downloaded: u64, options: &Provision, context: &Context) {
    if context.json {
        let services: Vec<Value> = survey
            .wanted
            .iter()
            .map(|one| {
                let (action, name) = match &one.action {
                    Action::Make(name) => ("made", name.as_str()),
                    Action::Switch(name) => ("switched", name.as_str()),
                    Action::Leave(_) => ("left", ""),
                };
                let environment = match (&one.site.current, name) {
                    (Current::Named(current), "") => Some(current.as_str()),
                    (_, "") => None,
                    (_, name) => Some(name),
                };
                json!({
                    "service": one.service.as_str(),
                    "action": action,
                    "environment": environment,
                    "at_hand": one.lock.environment(),
                })
            })
            .collect();
        let all = json!({
            "version": 1, "dry_run": options.dry_run, "downloaded_bytes": downloaded, "services": services,
        });
        context.terminal.line(&all.to_string());
        return;
    }
    if options.dry_run {
        context.terminal.say("nothing was changed");
    } else if survey.made().next().is_some() {
        let installed = Files::exists(&context.paths.receipt());
        if downloaded > 0 {
            context
                .terminal
                .say(&format!("downloaded {}", size(downloaded)));
        }
        context.terminal.say(if installed {
            "units that name directories of an environment are brought up to it by: sudo juniperctl install"
        } else {
            "now: sudo juniperctl install"
        });
    }
}
