//! All that is wrong with a configuration: in every profile, down to the exposure of its units.
//!
//! What a person would install tomorrow is judged today, so every profile is resolved and rendered, not
//! only the chosen one. Nothing is read or written; what is known of the machine is handed in.

use std::collections::{BTreeSet, HashSet};

use crate::gpu::{assigned, machine_faults};
use crate::hardening::audit;
use crate::ordered::Ordered as _;
use crate::spec::fault::{Code, Fault, Faults};
use crate::spec::layer::Layer;
use crate::spec::resolve::{Circumstances, resolve};
use crate::spec::{ProfileName, Stack};

use super::{Facts, RenderError, SystemdVersion, UnitFile, rendered};

/// What came of looking.
#[derive(Debug)]
pub struct Soundness {
    /// Everything that is wrong, each thing once.
    pub faults: Faults,
    /// The stack of the configured profile and its units, where nothing is wrong with it.
    pub sound: Option<(Stack, Vec<UnitFile>)>,
}

/// Looks at all profiles. `faults` are those that were found while reading.
///
/// # Errors
/// What is known of the machine cannot be had, or a value slipped through every check.
pub fn soundness<E: From<RenderError>>(
    merged: &Layer,
    faults: Faults,
    production: bool,
    facts: impl Fn(&Stack) -> Result<Facts, E>,
) -> Result<Soundness, E> {
    let configured = merged.profile.as_ref().map(|profile| &profile.value);
    let mut known: HashSet<Fault> = faults.iter().cloned().collect();
    let mut all = faults;
    let mut sound = None;
    for profile in profiles(merged, configured) {
        let is_configured = Some(&profile) == configured;
        let circumstances = Circumstances {
            // The configured one is left to be found, so that a wrong name is reported in its place.
            profile: (!is_configured).then(|| profile.clone()),
            production: production && is_configured,
        };
        let mut found = Faults::default();
        if let Some(stack) = resolve(merged, &circumstances, &mut found) {
            let version = SystemdVersion::NEWEST;
            let facts = facts(&stack)?;
            let files = rendered(&stack, version, &facts)?;
            for fault in audit::faults(&audit::of(&stack, &files, version, &facts.manager), merged)
            {
                found.push(fault);
            }
            let holders = assigned(&stack, &facts.gpus);
            for fault in machine_faults::of(&stack, &holders, &facts.gpus, merged) {
                found.push(fault);
            }
            if is_configured {
                sound = Some((stack, files));
            }
        }
        for fault in found.sorted() {
            // A profile that nobody chose may well be one that production refuses.
            let idle = fault.code == Code::NotInProduction && !is_configured;
            if !idle && known.insert(fault.clone()) {
                all.push(fault.clone());
            }
        }
    }
    Ok(Soundness { faults: all, sound })
}

/// Every profile that is defined, and the configured one even where it is not.
fn profiles(merged: &Layer, configured: Option<&ProfileName>) -> BTreeSet<ProfileName> {
    merged.profiles.keys().chain(configured).cloned().ordered()
}
