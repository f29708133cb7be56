//! What a secret is for: which service is handed it, and through which of that service's own settings.
//!
//! The form is closed: a file that only the service can read, a variable that names the file, and a
//! variable that makes the service demand the secret. There is none that puts the secret itself into a
//! variable: that would show in `/proc` to whatever runs as the same user, and to every child. No value
//! of a secret ever passes through here.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeValue;

use super::fault::{Code, Faults, Problem};
use super::form::{Names, string};
use super::name::{EnvironmentName, SecretName};
use super::reader::TableReader;
use super::reserved::settable;
use super::source::{Located, Location};
use super::stack::{Managed, Member, Stack};
use crate::ordered::Ordered as _;

/// One secret as a service takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Which.
    pub secret: SecretName,
    /// The variable that is given the file's path; without one the service looks into
    /// `$CREDENTIALS_DIRECTORY` itself.
    pub file: Option<EnvironmentName>,
    /// The variable that is `true` where the secret exists: the service then demands it of others.
    pub enforce: Option<EnvironmentName>,
}

/// The same as a layer has it.
#[derive(Debug, Clone, Default)]
pub struct CredentialLayer {
    /// The variable that is given the file's path.
    pub file: Option<Located<EnvironmentName>>,
    /// The variable that is `true` where the secret exists.
    pub enforce: Option<Located<EnvironmentName>>,
    /// Where it is written.
    pub at: Option<Location>,
}

/// Reads one `[services.NAME.credentials]` table.
pub(super) fn read(
    table: &TableReader<'_>,
    faults: &mut Faults,
) -> BTreeMap<SecretName, CredentialLayer> {
    let names = Names::of(SecretName::parse);
    let refuse = |name: &SecretName, value: &DeValue<'_>| value.as_str().map(|_| in_the_open(name));
    table.tables(faults, names, refuse, credential)
}

fn credential(mut table: TableReader<'_>, at: Location, faults: &mut Faults) -> CredentialLayer {
    let layer = CredentialLayer {
        file: table.optional("file", faults, string(settable)),
        enforce: table.optional("enforce", faults, string(settable)),
        at: Some(at),
    };
    table.finish(faults);
    layer
}

/// The secret itself where only its use belongs: everybody can read this file.
fn in_the_open(name: &SecretName) -> Problem {
    Problem {
        code: Code::InTheOpen,
        ..Problem::invalid("everybody can read this file; say only how the service takes the secret")
    }
    .help(format!(
        "write {{ file = \"VARIABLE_FILE\" }}, and store the secret: sudo juniperctl secret set {name}"
    ))
}

impl Managed {
    /// How it takes a secret, if it does.
    #[must_use]
    pub fn credential(&self, secret: &SecretName) -> Option<&Credential> {
        self.credentials
            .iter()
            .find(|credential| credential.secret == *secret)
    }
}

impl Stack {
    /// Every secret that some service takes.
    #[must_use]
    pub fn secrets(&self) -> BTreeSet<&SecretName> {
        self.services
            .iter()
            .filter_map(|service| service.managed())
            .flat_map(|managed| &managed.credentials)
            .map(|credential| &credential.secret)
            .ordered()
    }

    /// Everything that is handed a secret, in start order, with how.
    #[must_use]
    pub fn consumers(&self, secret: &SecretName) -> Vec<(Member<'_>, &Credential)> {
        self.members()
            .into_iter()
            .filter_map(|member| Some((member, member.service.managed()?.credential(secret)?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::spec::builtin::stack_of;
    use crate::spec::name::SecretName;

    #[test]
    fn the_built_in_stack_says_who_takes_what() {
        let stack = stack_of("services.worker.instances = 2", "full");
        let secrets: Vec<&str> = stack
            .secrets()
            .into_iter()
            .map(SecretName::as_str)
            .collect();
        assert_eq!(
            secrets,
            ["canopy-api-key", "cascor-api-key", "data-api-key"]
        );
        let consumers = |name: &str| -> Vec<(String, bool)> {
            stack
                .consumers(&SecretName::parse(name).unwrap())
                .into_iter()
                .map(|(member, credential)| (member.label(), credential.enforce.is_some()))
                .collect()
        };
        let named = |pairs: &[(&str, bool)]| -> Vec<(String, bool)> {
            pairs
                .iter()
                .map(|(label, demands)| ((*label).to_owned(), *demands))
                .collect()
        };
        // One secret is cascor's key and the workers' token.
        assert_eq!(
            consumers("cascor-api-key"),
            named(&[
                ("cascor", true),
                ("canopy", false),
                ("worker@1", false),
                ("worker@2", false)
            ])
        );
        assert_eq!(
            consumers("data-api-key"),
            named(&[("data", true), ("cascor", false), ("canopy", false)])
        );
        assert_eq!(consumers("canopy-api-key"), named(&[("canopy", true)]));
        assert!(consumers("other").is_empty());
    }
}
