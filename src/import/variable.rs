//! One variable of one service: carried over, known from the stack, a secret, or lost with a reason.

use crate::spec::derived::Derived;
use crate::spec::name::SecretName;
use crate::spec::reserved::settable;
use crate::spec::text::Text;

use super::gathering::Gathering;
use super::known::is_platform;
use super::{FoundSecret, Place};

/// Words that make a secret of a variable that has one of them in its name.
const WORDS: [&str; 13] = [
    "KEY",
    "KEYS",
    "TOKEN",
    "TOKENS",
    "SECRET",
    "SECRETS",
    "PASSWORD",
    "PASSWD",
    "PASS",
    "PASSPHRASE",
    "CREDENTIAL",
    "CREDENTIALS",
    "DSN",
];

/// Whether a variable holds what nobody may read. In doubt it does; a number or a switch whose name ends
/// otherwise (`CSRF_TOKEN_TTL_SECONDS`) does not.
pub(super) fn looks_secret(name: &str, value: &str) -> bool {
    if value.is_empty() {
        return false;
    }
    let name = name.to_ascii_uppercase();
    let secret = |word: &str| WORDS.contains(&word);
    let named = name.split(['_', '-', '.']).any(secret);
    let last = name.rsplit(['_', '-', '.']).next().is_some_and(secret);
    let harmless = matches!(value, "true" | "false" | "none")
        || value
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    (named && (last || !harmless)) || has_user_information(value)
}

/// Whether somewhere in a text a URL carries a password: `redis://:word@host`.
pub(super) fn has_user_information(text: &str) -> bool {
    text.split("://").skip(1).any(|behind| {
        let authority = behind.split(['/', '?', '#', ' ', '"', '\'']).next();
        authority
            .and_then(|authority| authority.rsplit_once('@'))
            .is_some_and(|(user, _)| user.contains(':'))
    })
}

/// Whether a command line hands a secret to its program.
pub(super) fn carries_secret(words: &[String]) -> bool {
    let handed = |flag: &str, value: &str| {
        flag.strip_prefix("--").is_some_and(|name| {
            let name = name.replace('-', "_");
            !name.contains('=') && !value.starts_with('-') && looks_secret(&name, value)
        })
    };
    let flagged = words
        .windows(2)
        .any(|pair| matches!(pair, [flag, value] if handed(flag, value)));
    flagged
        || words.iter().any(|word| {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let name = name.trim_start_matches('-').replace('-', "_");
            looks_secret(&name, value) || has_user_information(word)
        })
}

impl Gathering {
    /// Takes a variable for a service, or for one in one profile alone.
    pub(super) fn variable(
        &mut self,
        service: &str,
        profile: Option<&str>,
        name: &str,
        value: &str,
        place: &Place,
    ) {
        self.remember(name, value);
        let secret = self
            .known
            .secret(service, name)
            .filter(|_| is_platform(service));
        if let Some(secret) = secret {
            if !value.is_empty() {
                self.found(secret, name, place);
            }
            return;
        }
        if self.known.enforces(name) {
            if value == "true" {
                return;
            }
            return self.loss(
                place,
                name,
                "a service demands its key as soon as that is set (`juniperctl secret set`)",
            );
        }
        if looks_secret(name, value) || self.is_tainted(value) {
            return self.secret_without_a_name(service, name, place);
        }
        if let Some(derived) = self.known.derived(service, name).cloned() {
            return self.derived(service, &derived, name, value, place);
        }
        let demo = matches!(name, "JUNIPER_CANOPY_DEMO_MODE" | "CASCOR_DEMO_MODE");
        if demo && profile.is_none() && matches!(value, "true" | "1" | "yes") {
            return self.loss(
                place,
                name,
                "a dashboard in demo mode is the profile dev: juniperctl install --profile dev",
            );
        }
        if name.ends_with("_ATTESTED") {
            return self.loss(
                place,
                name,
                "services listen on this machine alone; say it again where you set `host`",
            );
        }
        self.plain(service, profile, name, value, place);
    }

    fn plain(
        &mut self,
        service: &str,
        profile: Option<&str>,
        name: &str,
        value: &str,
        place: &Place,
    ) {
        if service == "redis" {
            return self.loss(
                place,
                name,
                "redis is Debian's own unit; set it in /etc/redis/redis.conf",
            );
        }
        let checked = settable(name).and_then(|_| Text::parse(value));
        if let Err(problem) = checked {
            return self.loss(place, name, &problem.label);
        }
        if self.known.everybody_has(name) && is_platform(service) {
            return;
        }
        let environment = match profile {
            None => &mut self.draft(service).environment,
            Some(profile) => self
                .profiles
                .entry(profile.to_owned())
                .or_default()
                .overrides
                .entry(service.to_owned())
                .or_default(),
        };
        environment.insert(name.to_owned(), value.to_owned());
    }

    fn found(&mut self, name: SecretName, variable: &str, place: &Place) {
        self.secrets.insert(FoundSecret {
            place: place.clone(),
            variable: variable.to_owned(),
            name,
        });
    }

    /// A secret that juniperctl has no name for.
    fn secret_without_a_name(&mut self, service: &str, name: &str, place: &Place) {
        if is_platform(service) {
            return self.loss(
                place,
                name,
                "it looks like a secret and the service takes it from a variable alone; nothing secret is put into one",
            );
        }
        let (variable, bare) = match name.strip_suffix("_FILE") {
            Some(bare) => (name.to_owned(), bare),
            None => (format!("{name}_FILE"), name),
        };
        let kebab = bare.to_ascii_lowercase().replace('_', "-");
        match (SecretName::parse(&kebab), settable(&variable)) {
            (Ok(secret), Ok(_)) => {
                if !name.ends_with("_FILE") {
                    let why = format!(
                        "it looks like a secret: the service now finds its file by {variable}; see that it reads that"
                    );
                    self.loss(place, name, &why);
                }
                self.draft(service)
                    .credentials
                    .insert(secret.to_string(), variable);
                self.found(secret, name, place);
            }
            _ => self.loss(
                place,
                name,
                "it looks like a secret, and its name makes none for a file",
            ),
        }
    }

    /// What the stack makes by itself.
    fn derived(
        &mut self,
        service: &str,
        derived: &Derived,
        name: &str,
        value: &str,
        place: &Place,
    ) {
        match derived {
            Derived::OwnPort => match value.parse() {
                Ok(port) => self.port(service, port),
                Err(_) => self.loss(place, name, "not a port"),
            },
            Derived::OwnHost => {
                if !is_loopback(value) {
                    self.loss(place, name, "services listen on 127.0.0.1; read `host` in the README before you open one to others");
                }
            }
            Derived::OwnUrl | Derived::UrlOf(_) | Derived::WebSocketOf(..) => {
                let local = value
                    .split([',', '"', '[', ']', ' '])
                    .all(|one| one.is_empty() || is_of_the_group(one));
                if !local {
                    self.loss(
                        place,
                        name,
                        "it leads elsewhere; juniperctl has it lead to the group's own service",
                    );
                }
            }
            Derived::OwnState(_) | Derived::OwnLogs(_) | Derived::OwnCache(_) => {
                let why = format!(
                    "juniperctl keeps it below /var/lib/juniper/{service}, /var/log/juniper/{service} or /var/cache/juniper/{service}; copy there what is to stay, as the user juniper"
                );
                self.loss(place, name, &why);
            }
        }
    }

    /// The port that a service listens on.
    pub(super) fn port(&mut self, service: &str, port: u16) {
        let usual = self
            .known
            .service(service)
            .and_then(|layer| layer.port.as_ref());
        let is_usual = usual.is_some_and(|usual| usual.value == u64::from(port));
        if port != 0 && !is_usual {
            self.draft(service).port = Some(port);
        }
    }

    /// A variable for every service.
    pub(super) fn everybodys(&mut self, name: &str, value: &str, place: &Place) {
        if Text::parse(value).is_ok() && !self.is_tainted(value) {
            self.environment.insert(name.to_owned(), value.to_owned());
        } else {
            self.loss(place, name, "its value cannot stand in a unit");
        }
    }

    /// A variable in a shared file that is nobody's by its name.
    pub(super) fn unowned(&mut self, name: &str, value: &str, place: &Place) {
        if let Some(secret) = self.known.secret("", name) {
            if !value.is_empty() {
                self.found(secret, name, place);
            }
            return;
        }
        self.loss(
            place,
            name,
            "its name does not tell which service reads it: put it under services.NAME.environment",
        );
    }
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "::1" | "localhost")
}

/// Whether a URL leads to this machine or to a container of the group.
fn is_of_the_group(url: &str) -> bool {
    let Some((_, behind)) = url.split_once("://") else {
        return false;
    };
    let host = behind.split(['/', ':']).next().unwrap_or_default();
    is_loopback(host) || behind.starts_with("[::1]") || host == "0.0.0.0" || {
        let (service, _) = super::known::identity(host);
        is_platform(&service)
    }
}

#[cfg(test)]
mod tests {
    use super::{carries_secret, looks_secret};

    #[test]
    fn what_looks_like_a_secret_is_one() {
        for (name, value) in [
            ("JUNIPER_DATA_API_KEYS", "a,b"),
            ("REDIS_PASSWORD", "123456"),
            ("X_SENTRY_DSN", "https://k@o.example/1"),
            ("REDIS_URL", "redis://:pass@redis:6379/0"),
            ("session_secret_key", "x"),
            ("API_KEY_FILE", "/run/secrets/x"),
        ] {
            assert!(looks_secret(name, value), "{name}");
        }
        for (name, value) in [
            ("JUNIPER_DATA_API_KEYS", ""),
            ("JUNIPER_CANOPY_CSRF_TOKEN_TTL_SECONDS", "3600"),
            ("MONKEY", "x"),
            ("REDIS_URL", "redis://redis:6379/0"),
            ("MAIL", "a@b.c:1"),
        ] {
            assert!(!looks_secret(name, value), "{name}");
        }
    }

    #[test]
    fn a_secret_among_arguments_is_seen() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for line in [
            "/x --api-key k",
            "/x --token=k",
            "/x PASSWORD=k",
            "/x http://a:b@c",
        ] {
            assert!(carries_secret(&words(line)), "{line}");
        }
        for line in [
            "/x --port 1",
            "/x --token-limit 5",
            "/x --api-key --verbose",
            "/x -m a",
        ] {
            assert!(!carries_secret(&words(line)), "{line}");
        }
    }
}
