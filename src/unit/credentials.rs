//! The secrets that a unit is handed: as files, named by the service's own variables.
//!
//! systemd reads each file as root when the service starts and shows a copy in memory to that service
//! alone; the unit holds names and paths, never a value.

use crate::secrets::{ENCRYPTS, Store};
use crate::spec::stack::Managed;

use super::facts::Facts;
use super::version::SystemdVersion;

/// The first systemd whose units know their credentials' directory as `%d`.
const SPECIFIER: u32 = 251;

/// What a unit says of its secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handed {
    /// The directives that hand them over.
    pub directives: Vec<String>,
    /// The variables that name them, and those that make the service demand them.
    pub environment: Vec<String>,
    /// Those that this systemd cannot decrypt: the service is told to demand what it then does not
    /// have, so that it refuses to start rather than to open itself.
    pub undecipherable: Vec<String>,
}

/// The secrets of a service that the machine has.
#[must_use]
pub fn handed(managed: &Managed, version: SystemdVersion, facts: &Facts) -> Handed {
    let mut handed = Handed::default();
    for credential in &managed.credentials {
        let name = &credential.secret;
        let Some(store) = facts.secrets.get(name) else {
            continue;
        };
        let decrypts = version.has(ENCRYPTS) && !facts.manager.is_user();
        if *store == Store::Encrypted && !decrypts {
            handed.undecipherable.push(name.to_string());
        } else {
            let (directive, path) = (store.directive(), store.path_for(name, &facts.manager));
            handed.directives.push(format!("{directive}={name}:{path}"));
        }
        // Before the specifier came the place was fixed all the same (systemd.exec(5) of 247).
        let directory = if version.has(SPECIFIER) {
            "%d"
        } else {
            facts.manager.credentials()
        };
        if let Some(variable) = &credential.file {
            let line = format!("{variable}={directory}/{name}");
            handed.environment.push(line);
        }
        // What the site says of it stands.
        if let Some(variable) = &credential.enforce
            && !managed.environment.contains_key(variable)
        {
            handed.environment.push(format!("{variable}=true"));
        }
    }
    handed
}

#[cfg(test)]
mod tests {
    use super::handed;
    use crate::secrets::Store;
    use crate::spec::ServiceName;
    use crate::spec::builtin::stack_of;
    use crate::spec::name::SecretName;
    use crate::unit::{Facts, SystemdVersion};

    fn lines(
        site: &str,
        version: &str,
        service: &str,
        secrets: &[(&str, Store)],
    ) -> [Vec<String>; 3] {
        let stack = stack_of(site, "full");
        let service = stack
            .service(&ServiceName::parse(service).unwrap())
            .unwrap();
        let facts = Facts {
            secrets: secrets
                .iter()
                .map(|(name, store)| (SecretName::parse(name).unwrap(), *store))
                .collect(),
            ..Facts::default()
        };
        let version = SystemdVersion::parse(version).unwrap();
        let handed = handed(service.managed().unwrap(), version, &facts);
        [handed.directives, handed.environment, handed.undecipherable]
    }

    #[test]
    fn a_unit_asks_only_for_what_is_there() {
        let none: [Vec<String>; 3] = [vec![], vec![], vec![]];
        assert_eq!(lines("", "257", "cascor", &[]), none);
        assert_eq!(
            lines("", "257", "cascor", &[("canopy-api-key", Store::Plain)]),
            none
        );
    }

    #[test]
    fn each_systemd_is_told_in_its_own_words() {
        let key = [("data-api-key", Store::Plain)];
        let [directives, environment, _] = lines("", "247", "data", &key);
        assert_eq!(
            directives,
            ["LoadCredential=data-api-key:/etc/juniper/secrets/data-api-key"]
        );
        assert_eq!(
            environment,
            [
                "JUNIPER_DATA_API_KEYS_FILE=/run/credentials/%n/data-api-key",
                "JUNIPER_DATA_REQUIRE_AUTH=true"
            ]
        );
        let key = [("data-api-key", Store::Encrypted)];
        let [directives, environment, _] = lines("", "257", "cascor", &key);
        assert_eq!(
            directives,
            ["LoadCredentialEncrypted=data-api-key:/etc/juniper/secrets/data-api-key.cred"]
        );
        assert_eq!(environment, ["JUNIPER_DATA_API_KEY_FILE=%d/data-api-key"]);
    }

    #[test]
    fn without_a_way_to_decrypt_the_service_is_closed_not_open() {
        let key = [("data-api-key", Store::Encrypted)];
        let [directives, environment, undecipherable] = lines("", "247", "data", &key);
        assert!(directives.is_empty());
        assert_eq!(undecipherable, ["data-api-key"]);
        assert!(environment.contains(&"JUNIPER_DATA_REQUIRE_AUTH=true".to_owned()));
    }

    #[test]
    fn what_the_site_says_of_enforcement_stands() {
        let site = "[services.data.environment]\nJUNIPER_DATA_REQUIRE_AUTH = false\n";
        let [_, environment, _] = lines(site, "257", "data", &[("data-api-key", Store::Plain)]);
        assert_eq!(environment, ["JUNIPER_DATA_API_KEYS_FILE=%d/data-api-key"]);
    }
}
