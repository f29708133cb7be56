//! The images that containers are made of: their names and Containerfiles.
//!
//! The real services come from `PyPI` at the versions that juniperctl was measured with, into the same paths as on a
//! machine, so that commands stay what they are. Nothing is built or fetched here.

use std::fmt::Write as _;

use crate::ordered;
use crate::spec::bind::BindTarget;
use crate::spec::derived::EnvironmentValue;
use crate::spec::stack::{Managed, Service};

use super::directories::{Directories, Kind};
use super::target::Target;
use super::{File, Group, managed, shell};

/// The user that everything runs as, and its group.
pub(super) const USER: u32 = 10_001;

const PYTHON: &str = "docker.io/library/python:3.13-slim-trixie";
const DEBIAN: &str = "docker.io/library/debian:trixie-slim";
const STAND_IN: &str = "/usr/bin/juniper-standin";
const LAUNCHER: &str = include_str!("../../packaging/juniper_worker.py");

/// A service from `PyPI`.
struct Package {
    service: &'static str,
    requirement: &'static str,
    version: &'static str,
}

/// What juniperctl was measured with: the versions of packaging/locks/services.toml, a test asks.
const PACKAGES: [Package; 4] = [
    Package {
        service: "data",
        requirement: "juniper-data[api,observability]",
        version: "0.17.1",
    },
    Package {
        service: "cascor",
        requirement: "juniper-cascor[ml,api,juniper-data,observability]",
        version: "0.12.0",
    },
    Package {
        service: "canopy",
        requirement: "juniper-canopy[juniper-cascor,juniper-data,observability,demo]",
        version: "0.9.0",
    },
    Package {
        service: "worker",
        requirement: "juniper-cascor-worker",
        version: "0.6.1",
    },
];

/// An image that an export can make.
pub(super) enum Image {
    /// One of the platform's own.
    Platform(&'static str, &'static str, &'static str),
    /// The stand-in for all of them.
    StandIn,
}

impl Image {
    /// What a service runs in, if that is known.
    pub(super) fn of(service: &Service, managed: &Managed) -> Option<Self> {
        let program = managed.command.first()?.as_str();
        if program == STAND_IN {
            return Some(Self::StandIn);
        }
        let package = PACKAGES
            .iter()
            .find(|package| package.service == service.name.as_str())?;
        let own = format!("/opt/juniper/{}/current/", package.service);
        program.starts_with(&own).then_some(Self::Platform(
            package.service,
            package.requirement,
            package.version,
        ))
    }

    fn folder(&self) -> &'static str {
        match self {
            Self::Platform(service, _, _) => service,
            Self::StandIn => "standin",
        }
    }

    fn tag(&self) -> String {
        match self {
            Self::Platform(service, _, version) => format!("localhost/juniper-{service}:{version}"),
            Self::StandIn => {
                format!("localhost/juniper-standin:{}", env!("CARGO_PKG_VERSION"))
            }
        }
    }
}

/// The name of a service's image.
pub(super) fn name(service: &Service, managed: &Managed) -> String {
    Image::of(service, managed).map_or_else(
        || format!("localhost/juniper-{}:local", service.name),
        |image| image.tag(),
    )
}

/// The folder that it is built in, if it can be.
pub(super) fn folder(service: &Service, managed: &Managed) -> Option<String> {
    Image::of(service, managed).map(|image| format!("images/{}", image.folder()))
}

/// The names of all images, each with the folder that it is built in.
pub(super) fn all(group: Group<'_>) -> Vec<(String, Option<String>)> {
    let mut all: Vec<(String, Option<String>)> = managed(group)
        .map(|(service, managed)| (name(service, managed), folder(service, managed)))
        .collect();
    ordered::sort(&mut all);
    all.dedup();
    all
}

/// The Containerfiles, and what they copy that is ours to give.
pub(super) fn files(group: Group<'_>) -> Vec<File> {
    let mut files = Vec::new();
    let standing_in: Vec<(&Service, &Managed)> = managed(group)
        .filter(|(service, managed)| matches!(Image::of(service, managed), Some(Image::StandIn)))
        .collect();
    if !standing_in.is_empty() {
        files.push(containerfile(&Image::StandIn, &standing_in));
    }
    for (service, managed) in managed(group) {
        let Some(image @ Image::Platform(..)) = Image::of(service, managed) else {
            continue;
        };
        files.push(containerfile(&image, &[(service, managed)]));
        if image.folder() == "worker" {
            files.push(File {
                name: "images/worker/juniper_worker.py".to_owned(),
                text: LAUNCHER.to_owned(),
            });
        }
    }
    files
}

fn containerfile(image: &Image, services: &[(&Service, &Managed)]) -> File {
    let mut text = format!(
        "# Written by juniperctl: the image {}.\n\
         # Put {} beside this file first.\n",
        image.tag(),
        match image {
            Image::Platform(..) => "/usr/bin/juniperctl",
            Image::StandIn => "/usr/bin/juniperctl and /usr/bin/juniper-standin",
        }
    );
    let base = match image {
        Image::Platform(..) => PYTHON,
        Image::StandIn => DEBIAN,
    };
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    line(format!("FROM {base}"));
    if let Image::Platform(service, requirement, version) = image {
        line(format!(
            "RUN python -m venv /opt/juniper/{service}/current && \\\n    \
             /opt/juniper/{service}/current/bin/pip install --no-cache-dir '{requirement}=={version}'"
        ));
    }
    line(match image {
        Image::Platform(..) => "COPY juniperctl /usr/bin/".to_owned(),
        Image::StandIn => "COPY juniperctl juniper-standin /usr/bin/".to_owned(),
    });
    if image.folder() == "worker" {
        line("COPY juniper_worker.py /usr/share/juniperctl/".to_owned());
    }
    for (service, managed) in services {
        let own = Directories::of(service, managed, Target::Compose, 1);
        let wanted = own.wanted(managed).join(" ");
        line(format!(
            "RUN install -d -o {USER} -g {USER} -m 0750 {wanted}"
        ));
        for link in links(managed, &own) {
            line(format!("RUN {link}"));
        }
    }
    line(format!("USER {USER}:{USER}"));
    File {
        name: format!("images/{}/Containerfile", image.folder()),
        text,
    }
}

/// Places that a service insists on writing to, led to its own directories.
fn links(managed: &Managed, own: &Directories) -> Vec<String> {
    let mut links = Vec::new();
    for bind in &managed.binds {
        let BindTarget::Matching(pattern) = &bind.target else {
            // Below one of its own directories it may write already.
            continue;
        };
        let (kind, below) = match &bind.source {
            EnvironmentValue::Literal(_) => continue,
            EnvironmentValue::State(below) => (Kind::State, below),
            EnvironmentValue::Logs(below) => (Kind::Logs, below),
            EnvironmentValue::Cache(below) => (Kind::Cache, below),
        };
        let source = own.text(kind, below.as_ref());
        // The star is the image's to fill in; it is the only character that a shell would expand.
        let place = match pattern.parts() {
            None => pattern.as_str().to_owned(),
            Some((directory, begins, ends, _)) => {
                let star = format!("{}*{ends}", shell::word(&format!("{directory}/{begins}")));
                let mut link = format!("for place in {star}; do ");
                let below = pattern
                    .as_str()
                    .split_once('*')
                    .map_or("", |(_, rest)| rest);
                let below = below.split_once('/').map_or("", |(_, below)| below);
                // Writing to a string cannot fail.
                let _ = write!(
                    link,
                    "mkdir -p \"$(dirname \"$place/{below}\")\" && ln -sfn {source} \"$place/{below}\"; done"
                );
                links.push(link);
                continue;
            }
        };
        links.push(format!(
            "mkdir -p \"$(dirname {place})\" && ln -sfn {source} {place}"
        ));
    }
    links
}

#[cfg(test)]
mod tests {
    use super::PACKAGES;

    #[test]
    fn the_versions_are_those_that_provision_installs() {
        let locked: toml::Table = include_str!("../../packaging/locks/services.toml")
            .parse()
            .unwrap();
        for package in PACKAGES {
            let service = &locked["services"][package.service];
            let pinned = format!("{}=={}", package.requirement, package.version);
            assert_eq!(service["requirement"].as_str(), Some(pinned.as_str()));
        }
    }
}
