//! What is mounted into a container: volumes and secrets.

use crate::import::gathering::Gathering;
use crate::import::known::is_platform;
use crate::import::yaml::{Entry, Node};
use crate::spec::name::SecretName;
use crate::spec::text::RelativePath;

use super::service::Container;

impl Container<'_> {
    pub(super) fn volumes(&self, entry: &Entry, gathering: &mut Gathering) {
        for (index, item) in entry.node.items().iter().enumerate() {
            let what = format!("{}.volumes[{index}]", self.written);
            let (from, to) = match item.text() {
                Some(text) => {
                    let mut parts = text.split(':');
                    (
                        parts.next().unwrap_or_default(),
                        parts.next().unwrap_or_default(),
                    )
                }
                None => (
                    item.get("source").and_then(Node::text).unwrap_or_default(),
                    item.get("target").and_then(Node::text).unwrap_or_default(),
                ),
            };
            let at = self.at(item.line);
            if is_platform(&self.name) {
                let why = format!(
                    "juniperctl keeps what {} writes below /var/lib/juniper/{}; copy there what is to stay, as the user juniper",
                    self.name, self.name
                );
                gathering.loss(&at, &what, &why);
            } else if RelativePath::parse(from).is_ok()
                && !from.contains('/')
                && from != "."
                && plain_path(to)
            {
                gathering
                    .draft(&self.name)
                    .directories
                    .insert(to.to_owned(), from.to_owned());
                let why = format!(
                    "what is in the volume is not copied; it belongs into /var/lib/juniper/{}/{from}",
                    self.name
                );
                gathering.loss(&at, &what, &why);
            } else {
                gathering.loss(
                    &at,
                    &what,
                    "only named volumes become directories of a service",
                );
            }
        }
    }

    pub(super) fn secrets(&self, entry: &Entry, gathering: &mut Gathering) {
        for item in entry.node.items() {
            let Some(name) = item.text().or_else(|| item.get("source")?.text()) else {
                continue;
            };
            let path = format!("/run/secrets/{name}");
            let by_variable = self.node.get("environment").is_some_and(|environment| {
                environment
                    .entries()
                    .iter()
                    .any(|one| one.node.text() == Some(&path))
                    || environment
                        .items()
                        .iter()
                        .any(|one| one.text().is_some_and(|text| text.ends_with(&path)))
            });
            if by_variable {
                continue;
            }
            let defined = self
                .root
                .get("secrets")
                .and_then(|secrets| secrets.get(name))
                .is_some();
            let kebab = name.to_ascii_lowercase().replace('_', "-");
            let what = format!("{}.secrets {name}", self.written);
            let why = match (SecretName::parse(&kebab), defined) {
                (Ok(_), true) => {
                    "no variable names its file; write services.NAME.credentials, then `juniperctl secret set`"
                }
                _ => "it is not defined in this file",
            };
            gathering.loss(&self.at(item.line), &what, why);
        }
    }
}

/// Whether a directory can be led elsewhere from there.
fn plain_path(path: &str) -> bool {
    path != "/" && crate::spec::bind::PathPattern::parse(path).is_ok() && !path.contains('*')
}
