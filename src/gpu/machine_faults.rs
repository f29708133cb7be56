//! What a configuration asks of the machine's GPUs and they cannot give: more than there are, or one that
//! is not there. Nothing is said where no driver tells of any GPU: then it is not known.

use crate::spec::ServiceName;
use crate::spec::fault::{Code, Fault};
use crate::spec::layer::Layer;
use crate::spec::source::Location;
use crate::spec::stack::{Gpu, Stack};

use super::assignment::{Assigned, Holder, Lacking, shared};
use super::driver::Gpus;
use super::name::GpuName;

/// The faults of a stack on a machine with these GPUs.
#[must_use]
pub fn of(stack: &Stack, holders: &[Holder], gpus: &Gpus, merged: &Layer) -> Vec<Fault> {
    if gpus.are_none() || gpus.found.iter().any(|gpu| gpu.uuid.is_none()) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for service in &stack.services {
        let first = service
            .members()
            .first()
            .map(crate::spec::stack::Member::label);
        let holder = holders
            .iter()
            .find(|holder| Some(&holder.label) == first.as_ref());
        if let Some(Gpu::Count(count)) = service.managed().map(|managed| &managed.gpu)
            && let Some(holder) = holder
            && lacks_more(holder)
        {
            faults.push(Fault {
                code: Code::Contradiction,
                title: format!("`{}` is to have more GPUs than there are", service.name),
                at: place(&service.name, stack, merged),
                label: format!(
                    "{count} are asked for, {} can be handed out",
                    gpus.undivided().count()
                ),
                also: None,
                help: Some(format!("there are: {}", known(gpus))),
            });
        }
        if let Some(Gpu::Named(names)) = service.managed().map(|managed| &managed.gpu) {
            faults.extend(
                names
                    .iter()
                    .filter(|name| is_absent(name, gpus))
                    .map(|name| Fault {
                        code: Code::UnknownName,
                        title: format!("this machine has no {name}"),
                        at: place(&service.name, stack, merged),
                        label: format!("given to `{}` here", service.name),
                        also: None,
                        help: Some(format!("there are: {}", known(gpus))),
                    }),
            );
        }
    }
    faults
}

fn lacks_more(holder: &Holder) -> bool {
    match &holder.assigned {
        Assigned::Every => false,
        Assigned::These { lacking, .. } => lacking
            .iter()
            .any(|lacking| matches!(lacking, Lacking::More(_))),
    }
}

fn is_absent(name: &GpuName, gpus: &Gpus) -> bool {
    match name {
        GpuName::Whole(uuid) => gpus.whole(uuid).is_none(),
        GpuName::Place {
            gpu,
            gpu_instance,
            compute_instance,
        } => gpus.whole(gpu).is_none_or(|gpu| {
            !gpus.parts_of(gpu.minor).any(|part| {
                part.gpu_instance == *gpu_instance && part.compute_instance == *compute_instance
            })
        }),
        // Only NVML knows them; where it was not asked, or does not tell, the gate will.
        GpuName::Device(uuid) => !gpus.devices.is_empty() && !gpus.devices.contains_key(uuid),
    }
}

/// Where the wish is written: the profile's own change of the service comes first.
fn place(service: &ServiceName, stack: &Stack, merged: &Layer) -> Option<Location> {
    let profile = merged.profiles.get(&stack.profile);
    profile
        .and_then(|profile| profile.overrides.get(service)?.gpu.as_ref())
        .or_else(|| merged.services.get(service)?.gpu.as_ref())
        .map(|gpu| gpu.at.clone())
}

/// All names that there are, with what they are.
#[must_use]
pub fn known(gpus: &Gpus) -> String {
    let wholes = gpus.found.iter().filter_map(|gpu| {
        let uuid = gpu.uuid.as_ref()?;
        let split = gpus.parts_of(gpu.minor).next().is_some();
        let split = if split { ", split up" } else { "" };
        Some(format!("GPU-{uuid} ({}{split})", gpu.model))
    });
    let parts = gpus.partitions.iter().filter_map(|part| {
        let gpu = gpus.found.iter().find(|gpu| gpu.minor == part.minor)?;
        Some(format!(
            "MIG-GPU-{}/{}/{}",
            gpu.uuid.as_ref()?,
            part.gpu_instance,
            part.compute_instance
        ))
    });
    wholes.chain(parts).collect::<Vec<_>>().join(", ")
}

/// What somebody should know who is about to run it so: a GPU that several were given, and what could not
/// be found because nobody tells.
#[must_use]
pub fn warnings(holders: &[Holder], gpus: &Gpus) -> Vec<String> {
    let mut warnings: Vec<String> = shared(holders)
        .into_iter()
        .map(|(name, labels)| {
            format!(
                "{name} is given to {}: they share its memory",
                labels.join(" and ")
            )
        })
        .collect();
    let lacking: Vec<&str> = holders
        .iter()
        .filter(|holder| {
            matches!(&holder.assigned, Assigned::These { lacking, .. } if !lacking.is_empty())
        })
        .map(|holder| holder.label.as_str())
        .collect();
    if !lacking.is_empty() {
        let why = if gpus.driver.is_none() {
            "no NVIDIA driver is loaded here"
        } else if gpus.are_none() {
            "the driver knows no GPU"
        } else {
            "the driver does not tell all of their names yet"
        };
        warnings.push(format!(
            "{} may open no GPU so, and will not start: {why}; install again once `nvidia-smi -L` lists it",
            lacking.join(", ")
        ));
    }
    for holder in holders {
        if let Assigned::These { given, .. } = &holder.assigned {
            warnings.extend(given.iter().filter(|given| given.with_others).map(|given| {
                format!(
                    "{} may open the other parts of GPU {} as well, because the driver does not tell which is \
                     {}: its place, such as MIG-GPU-UUID/1/0, does",
                    holder.label, given.gpu.bus, given.name
                )
            }));
        }
    }
    warnings
}
