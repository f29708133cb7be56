//! Secrets by reference: which a service is handed, and where it finds the file. Values never come here.

use crate::spec::credential::Credential;
use crate::spec::name::SecretName;
use crate::spec::stack::Managed;

use super::Group;
use super::target::Target;

/// Where the files are, as the service sees them.
pub(super) fn directory(target: Target) -> &'static str {
    match target {
        Target::Kubernetes => "/run/secrets/juniper",
        Target::Compose | Target::Quadlet => "/run/secrets",
        Target::Supervisord | Target::Procfile => "/etc/juniper/exported-secrets",
    }
}

/// The secrets of a service that there are.
pub(super) fn handed<'g>(managed: &'g Managed, group: Group<'g>) -> Vec<&'g Credential> {
    let credentials = managed.credentials.iter();
    credentials
        .filter(|credential| group.secrets.contains(&credential.secret))
        .collect()
}

/// The variables that name the files, and those that make the service demand them.
pub(super) fn variables(
    managed: &Managed,
    group: Group<'_>,
    target: Target,
) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    for credential in handed(managed, group) {
        if let Some(variable) = &credential.file {
            let path = format!("{}/{}", directory(target), credential.secret);
            variables.push((variable.to_string(), path));
        }
        // What the site says of it stands.
        if let Some(variable) = &credential.enforce
            && !managed.environment.contains_key(variable)
        {
            variables.push((variable.to_string(), "true".to_owned()));
        }
    }
    variables
}

/// What an engine calls a secret.
pub(super) fn object(secret: &SecretName) -> String {
    format!("juniper-{secret}")
}

/// Every secret that some service is handed.
pub(super) fn all(group: Group<'_>) -> Vec<&SecretName> {
    let known = group.stack.secrets();
    known
        .into_iter()
        .filter(|secret| group.secrets.contains(*secret))
        .collect()
}
