//! The Juniper platform as juniperctl knows it, and the reading of all layers over it.
//!
//! The built-in stack is a configuration text like any other, so a site can override each key of
//! it and the same reader checks it.

use super::fault::Faults;
use super::layer::{self, Layer};
use super::merge::Overlay as _;
use super::source::{SourceId, Sources};

/// The platform's own services that listen.
pub const SERVICES: [&str; 4] = ["data", "cascor", "worker", "canopy"];

/// The text of the built-in stack.
pub const TEXT: &str = include_str!("builtin.toml");

/// What messages call it.
pub const PATH: &str = "<built-in>";

/// Its handle: it is the first of all sources.
#[must_use]
pub fn source() -> SourceId {
    SourceId::FIRST
}

/// Reads the built-in stack and the given texts over it, later ones over earlier ones.
#[must_use]
pub fn read_with<'t>(
    texts: impl IntoIterator<Item = (&'t str, &'t str)>,
    sources: &mut Sources,
    faults: &mut Faults,
) -> Layer {
    sources.add(PATH, TEXT);
    for (path, text) in texts {
        sources.add(path, text);
    }
    let mut merged = Layer::default();
    for (id, source) in sources.iter() {
        merged.overlay(layer::read(id, source, faults));
    }
    merged
}

/// The stack of a profile with `text` laid over the built-in one, for tests.
#[cfg(test)]
pub(crate) fn stack_of(text: &str, profile: &str) -> super::Stack {
    let (mut sources, mut faults) = (Sources::default(), Faults::default());
    let merged = read_with([("site", text)], &mut sources, &mut faults);
    let circumstances = super::resolve::Circumstances {
        profile: Some(super::ProfileName::parse(profile).unwrap()),
        production: false,
    };
    super::resolve::resolve(&merged, &circumstances, &mut faults).unwrap()
}

#[cfg(test)]
mod tests {
    use super::{SERVICES, read_with};
    use crate::spec::fault::Faults;
    use crate::spec::resolve::{Circumstances, resolve};
    use crate::spec::source::Sources;
    use std::collections::BTreeSet;

    #[test]
    fn every_built_in_profile_resolves_without_a_fault() {
        let mut sources = Sources::default();
        let mut faults = Faults::default();
        let merged = read_with([], &mut sources, &mut faults);
        for profile in merged.profiles.keys() {
            let circumstances = Circumstances {
                profile: Some(profile.clone()),
                production: false,
            };
            let stack = resolve(&merged, &circumstances, &mut faults);
            let drawn: Vec<String> = faults
                .sorted()
                .into_iter()
                .map(|fault| crate::spec::fault::drawn(fault, &sources, false))
                .collect();
            assert!(drawn.is_empty(), "{profile}: {}", drawn.join("\n"));
            assert!(stack.is_some(), "{profile}");
        }
    }

    #[test]
    fn the_platforms_services_are_those_of_the_text_that_listen() {
        let merged = read_with([], &mut Sources::default(), &mut Faults::default());
        let listening: BTreeSet<&str> = merged
            .services
            .iter()
            .filter(|(_, layer)| layer.port.is_some())
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(listening, SERVICES.into());
    }
}
