//! Names that are valid by construction: services, profiles, environment variables, units.
//!
//! Each type has one `parse`; whoever holds a value may put it into a unit name, a path or a
//! command line without a second look. Nothing here knows which names exist.

use std::fmt;

use super::fault::Problem;

/// Defines a checked string: a private field, `parse`, `as_str` and `Display`.
macro_rules! checked_name {
    ($(#[$doc:meta])* $name:ident, $check:expr, $rule:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes the name if it keeps the rule.
            ///
            /// # Errors
            /// Says the rule that was broken.
            pub fn parse(text: &str) -> Result<Self, Problem> {
                let keeps_rule: fn(&str) -> bool = $check;
                if keeps_rule(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(Problem::invalid(concat!("a name is ", $rule)))
                }
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

checked_name!(
    /// A service as the configuration calls it: `data`, `cascor`, `my-service`.
    ServiceName,
    is_kebab,
    "1 to 40 of a-z, 0-9 and -, beginning with a letter"
);

checked_name!(
    /// A profile: a named choice of services.
    ProfileName,
    is_kebab,
    "1 to 40 of a-z, 0-9 and -, beginning with a letter"
);

checked_name!(
    /// Another machine as the configuration calls it: `gpu1`.
    HostName,
    is_kebab,
    "1 to 40 of a-z, 0-9 and -, beginning with a letter"
);

checked_name!(
    /// A secret as the configuration and the unit's credentials call it: `data-api-key`.
    SecretName,
    is_kebab,
    "1 to 40 of a-z, 0-9 and -, beginning with a letter"
);

checked_name!(
    /// An environment variable.
    EnvironmentName,
    |text| {
        text.len() <= 128
            && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    },
    "1 to 128 of A-Z, a-z, 0-9 and _, not beginning with a digit"
);

checked_name!(
    /// The name of a unit of ours before `.service` or `@N.service`; always in our own name space,
    /// so that no configuration can overwrite a unit of somebody else.
    UnitStem,
    |text| text.strip_prefix("juniper-").is_some_and(is_kebab),
    "juniper- followed by 1 to 40 of a-z, 0-9 and -"
);

checked_name!(
    /// A unit that somebody else ships, such as `redis-server.service`.
    ForeignUnit,
    |text| {
        text.len() <= 200
            && text.strip_suffix(".service").is_some_and(|stem| {
                !stem.is_empty()
                    && !stem.starts_with("juniper")
                    && stem
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c))
            })
    },
    "a .service unit that juniperctl does not write itself"
);

fn is_kebab(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// A service or one instance of it, as people name it on the command line: `worker`, `worker@2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// The service.
    pub service: ServiceName,
    /// One instance, or all of them.
    pub instance: Option<u32>,
}

impl Selector {
    /// Reads `NAME` or `NAME@N`.
    ///
    /// # Errors
    /// Says which part is malformed.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let (name, instance) = match text.split_once('@') {
            None => (text, None),
            Some((name, number)) => match number.parse::<u32>() {
                Ok(number) if number > 0 => (name, Some(number)),
                _ => {
                    return Err(Problem::invalid(
                        "an instance is a number from 1, as in worker@2",
                    ));
                }
            },
        };
        Ok(Self {
            service: ServiceName::parse(name)?,
            instance,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{EnvironmentName, ForeignUnit, Selector, ServiceName, UnitStem};

    #[test]
    fn service_names_are_kebab_case() {
        for good in ["data", "a", "my-service-2"] {
            assert!(ServiceName::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "", "Data", "-a", "a-", "a b", "a/b", "a.b", "ä", "a\n", "a%n", "1a",
        ] {
            assert!(ServiceName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn environment_names_cannot_carry_an_assignment() {
        assert!(EnvironmentName::parse("JUNIPER_DATA_PORT").is_ok());
        for bad in ["", "1A", "A=B", "A B", "A\n", "Ä", "%n"] {
            assert!(EnvironmentName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn units_stay_in_their_name_space() {
        assert!(UnitStem::parse("juniper-cascor-worker").is_ok());
        for bad in ["sshd", "juniper-", "juniper-a.b", "juniper-A"] {
            assert!(UnitStem::parse(bad).is_err(), "{bad}");
        }
        assert!(ForeignUnit::parse("redis-server.service").is_ok());
        for bad in [
            "juniper-data.service",
            "redis",
            "a b.service",
            "a\n.service",
            ".service",
        ] {
            assert!(ForeignUnit::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn selectors_name_a_service_or_one_instance() {
        assert_eq!(Selector::parse("worker@2").unwrap().instance, Some(2));
        assert_eq!(Selector::parse("worker").unwrap().instance, None);
        for bad in ["worker@0", "worker@", "worker@x", "@1"] {
            assert!(Selector::parse(bad).is_err(), "{bad}");
        }
    }
}
