//! Which profiles a Compose file has, and which is to be installed.

use crate::import::Place;
use crate::import::gathering::Gathering;
use crate::spec::ProfileName;

use super::is_carried;

/// A container that is carried over.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) variant: bool,
    pub(super) profiles: Vec<String>,
    pub(super) place: Place,
}

/// Takes the profiles of all members; `chosen` is what `COMPOSE_PROFILES` says.
pub(super) fn gather(members: &[Member], chosen: Option<&str>, gathering: &mut Gathering) {
    for member in members.iter().filter(|member| member.profiles.is_empty()) {
        if is_carried(&member.name, gathering) {
            gathering.takes_part(&member.name);
        }
    }
    for member in members {
        for profile in &member.profiles {
            if ProfileName::parse(profile).is_err() {
                gathering.loss(
                    &member.place,
                    profile,
                    "no name of a profile: a-z, 0-9 and -",
                );
                gathering.profiles.remove(profile);
                continue;
            }
            gathering
                .profiles
                .entry(profile.clone())
                .or_default()
                .services
                .insert(member.name.clone());
        }
    }
    without_training(members, gathering);
    let mut chosen = chosen
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    gathering.profile = match (chosen.next(), chosen.next()) {
        (Some(name), None) if gathering.profiles.contains_key(name) => Some(name.to_owned()),
        (None, _) if gathering.always.is_empty() && gathering.profiles.contains_key("full") => {
            Some("full".to_owned())
        }
        _ => None,
    };
}

/// A dashboard in demo mode never says that it shows what cascor does, for which juniperctl would wait.
fn without_training(members: &[Member], gathering: &mut Gathering) {
    let demo: Vec<String> = gathering
        .profiles
        .iter()
        .filter(|(_, profile)| {
            profile.overrides.get("canopy").is_some_and(|set| {
                set.get("JUNIPER_CANOPY_DEMO_MODE")
                    .is_some_and(|value| matches!(value.as_str(), "true" | "1"))
            })
        })
        .map(|(name, _)| name.clone())
        .collect();
    for name in demo {
        let Some(profile) = gathering.profiles.get_mut(&name) else {
            continue;
        };
        let had = profile.services.remove("cascor");
        profile.services.remove("worker");
        let member = members
            .iter()
            .find(|member| member.variant && member.profiles.contains(&name));
        if let Some(member) = member.filter(|_| had) {
            let what = format!("profile {name}: cascor");
            gathering.loss(&member.place, &what, "a dashboard in demo mode shows invented data; juniperctl has it wait for cascor otherwise");
        }
    }
}
