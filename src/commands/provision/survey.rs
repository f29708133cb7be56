//! What is known before anything is changed: lock files, what is there, the Python, the torch, the room.

use std::path::{Path, PathBuf};

use crate::cli::{Provision, TorchKind};
use crate::error::{CommandError, Kind};
use crate::host::examine::machine;
use crate::host::provision::builder::Builder;
use crate::host::provision::tree;
use crate::host::{Files, bounded, environment, gpu};
use crate::provision::distribution::Distribution;
use crate::provision::environment::Site;
use crate::provision::lock::{Lock, Torch, file_names};
use crate::provision::plan::{Action, wanted};
use crate::provision::python::{Interpreter, Minor, candidates, choose};
use crate::provision::space::{Need, Room, fits, need};
use crate::provision::{CACHE, PREFIX};
use crate::spec::ServiceName;

use super::site;

/// The longest lock file that is read.
const LONGEST: usize = 4 << 20;

/// What one service needs.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) service: ServiceName,
    pub(super) lock: Lock,
    pub(super) site: Site,
    pub(super) action: Action,
}

/// All of it.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) wanted: Vec<Wanted>,
    pub(super) interpreter: String,
    pub(super) python: Minor,
    pub(super) why_torch: &'static str,
}

impl Survey {
    /// Those of which an environment is made.
    pub(super) fn made(&self) -> impl Iterator<Item = (&Wanted, &str)> {
        self.wanted.iter().filter_map(|one| match &one.action {
            Action::Make(name) => Some((one, name.as_str())),
            _ => None,
        })
    }
}

/// Looks; the Python only where one is needed.
pub(super) async fn survey(
    services: &[ServiceName],
    options: &Provision,
    builder: &Builder<'_>,
) -> Result<Survey, CommandError> {
    let (torch, why_torch) = torch(options);
    let mut all = Vec::new();
    for service in services {
        let lock = lock(service, torch, &options.locks)?;
        let site = site(service, options.dry_run)?;
        let action = wanted(&site, &lock, options.upgrade);
        all.push(Wanted {
            service: service.clone(),
            lock,
            site,
            action,
        });
    }
    let mut survey = Survey {
        wanted: all,
        interpreter: String::new(),
        python: crate::provision::python::OLDEST,
        why_torch,
    };
    let common = survey
        .made()
        .map(|(one, _)| one.lock.pythons.clone())
        .reduce(|mut left, right| {
            left.retain(|python| right.contains(python));
            left
        });
    if let Some(pythons) = common {
        let (path, version) = interpreter(&pythons, options, builder).await?;
        survey.interpreter = path;
        survey.python = version;
        if let Some(wheelhouse) = &options.wheelhouse {
            readable(wheelhouse, builder)?;
        }
    }
    Ok(survey)
}

/// Which torch, and why.
fn torch(options: &Provision) -> (Torch, &'static str) {
    match options.torch {
        Some(TorchKind::Cuda) => (Torch::Cuda, "as asked"),
        Some(TorchKind::Cpu) => (Torch::Cpu, "as asked"),
        None if gpu::gpus().driver.is_some() => (Torch::Cuda, "the NVIDIA driver is there"),
        None => (
            Torch::Cpu,
            "no NVIDIA driver is there; --torch cuda for the other",
        ),
    }
}

fn lock(service: &ServiceName, torch: Torch, directory: &Path) -> Result<Lock, CommandError> {
    for name in file_names(service.as_str(), torch) {
        let path = directory.join(name);
        let Some(text) = bounded::read(&path, LONGEST)? else {
            continue;
        };
        let told = |why: &str| {
            CommandError::new(
                Kind::Machine,
                format!("{} is no lock file of {service}: {why}", path.display()),
            )
            .hint("take it from the package again, or write it anew with packaging/lock")
        };
        let lock = Lock::parse(&text).map_err(|fault| told(&fault.to_string()))?;
        if lock.service != *service {
            return Err(told(&format!("it is that of {}", lock.service)));
        }
        return Ok(lock);
    }
    Err(CommandError::new(
        Kind::Machine,
        format!(
            "there is no lock file of {service} in {}",
            directory.display()
        ),
    )
    .hint("the package has those of data, cascor, worker and canopy; --locks DIR names others"))
}

async fn interpreter(
    pythons: &[Minor],
    options: &Provision,
    builder: &Builder<'_>,
) -> Result<(String, Minor), CommandError> {
    let tried: Vec<PathBuf> = match &options.python {
        Some(path) => vec![path.clone()],
        None => candidates(pythons).into_iter().map(PathBuf::from).collect(),
    };
    let mut found = Vec::new();
    for path in tried {
        if let Some(one) = builder.interpreter(&path).await {
            if found
                .iter()
                .any(|other: &Interpreter| other.home == one.home)
            {
                continue;
            }
            found.push(one);
            if let Ok((chosen, version)) = choose(
                found.get(found.len() - 1..).unwrap_or_default(),
                false,
                pythons,
                &Distribution::default(),
            ) {
                return Ok((chosen.path.clone(), version));
            }
        } else if options.python.is_some() {
            return Err(CommandError::new(
                Kind::Machine,
                format!("there is no {}; nothing was changed", path.display()),
            ));
        }
    }
    let release = Files::read(Path::new("/etc/os-release"))?.unwrap_or_default();
    let named = options.python.is_some();
    choose(&found, named, pythons, &Distribution::parse(&release))
        .map(|(chosen, version)| (chosen.path.clone(), version))
}

fn readable(wheelhouse: &Path, builder: &Builder<'_>) -> Result<(), CommandError> {
    let told = |why: &str| {
        CommandError::new(
            Kind::Machine,
            format!("{} {why}; nothing was changed", wheelhouse.display()),
        )
    };
    if !wheelhouse.is_absolute() {
        return Err(told("is no full path"));
    }
    if !Files::exists(wheelhouse) {
        return Err(told("is not there"));
    }
    if !builder.may_read(wheelhouse) {
        return Err(told("cannot be read by the user that installs")
            .hint("make it readable by everybody, or copy it below /var/tmp"));
    }
    Ok(())
}

/// The room that it takes and that there is.
pub(super) fn room(survey: &Survey, options: &Provision) -> (Need, Room, Room) {
    let locks: Vec<&Lock> = survey.made().map(|(one, _)| &one.lock).collect();
    let fetched = options
        .wheelhouse
        .is_none()
        .then(|| tree::bytes(&Path::new(CACHE).join("wheels")));
    let need = need(&locks, &environment::processor(), fetched);
    let at = |path: &str| Room {
        path: path.to_owned(),
        device: tree::device(Path::new(path)),
        free: machine::free_space(Path::new(path)).unwrap_or(u64::MAX),
    };
    (need, at(PREFIX), at(CACHE))
}

/// Refuses what does not fit.
pub(super) fn checked(need: Need, rooms: (&Room, &Room)) -> Result<(), CommandError> {
    fits(need, rooms.0, rooms.1)
}
