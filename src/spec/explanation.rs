//! What each code of a fault means, with a text that is refused and the same text mended.
//!
//! A test runs both texts through the specification: the first must be refused with that very code, the
//! second taken. Nothing here draws a fault; that is `fault`'s.

use super::fault::Code;

/// What there is to say about one code.
#[derive(Debug, Clone, Copy)]
pub struct Explanation {
    /// The code.
    pub code: Code,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// What it means and why it matters.
    pub meaning: &'static str,
    /// A configuration that is refused with it.
    pub refused: &'static str,
    /// The same, mended.
    pub mended: &'static str,
}

/// What there is to say about a code.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a table, a few lines for each code")]
pub fn of(code: Code) -> Explanation {
    let said = |title, meaning, refused, mended| Explanation {
        code,
        title,
        meaning,
        refused,
        mended,
    };
    match code {
        Code::Syntax => said(
            "the text is not TOML",
            "The file cannot be read as TOML 1.0 from here on. Often a quote or a bracket is missing, or a \
             key or a table stands there twice.",
            "[services.data]\nport = \n",
            "[services.data]\nport = 8100\n",
        ),
        Code::UnknownKey => said(
            "a key that nothing reads",
            "No table of this kind has such a key. A mistyped key would change nothing and nobody would \
             notice, so it is refused.",
            "[services.data]\nprot = 8100\n",
            "[services.data]\nport = 8100\n",
        ),
        Code::WrongType => said(
            "a value of another type",
            "The key takes another type: a number without quotes, a time span or a size with quotes, a \
             command as an array of its words.",
            "[services.data]\nport = \"8100\"\nstop_timeout = 10\n",
            "[services.data]\nport = 8100\nstop_timeout = \"10s\"\n",
        ),
        Code::InvalidValue => said(
            "a value that is not allowed",
            "The type is right, the value is not: beyond its limits, none of the known words, a relative \
             path, a name with other characters, or a text that no unit file can carry.",
            "[services.data]\nworking_directory = \"datasets\"\nport = 81000\n",
            "[services.data]\nworking_directory = \"/srv/datasets\"\nport = 8100\n",
        ),
        Code::MissingKey => said(
            "something is missing",
            "Without this key the table means nothing: a service needs a command, a probe needs a port, a \
             profile needs services, a notification needs somebody to tell.",
            "[services.notebook]\nport = 9000\n\n[profiles.lab]\nservices = [\"notebook\"]\n",
            "[services.notebook]\ncommand = [\"/opt/notebook/bin/server\"]\nport = 9000\n\n\
             [profiles.lab]\nservices = [\"notebook\"]\n",
        ),
        Code::UnknownName => said(
            "a name that nothing defines",
            "A profile, a service in a profile, in depends_on or in a derived value, or a sandbox directive \
             in relax, is not defined anywhere: neither built in nor in the site's files.",
            "profile = \"ful\"\n",
            "profile = \"full\"\n",
        ),
        Code::Cycle => said(
            "services wait for each other",
            "Each of them would wait for the next one to be ready, and none would ever start. Take out the \
             dependency that can be done without: a service that copes with the other's absence need not \
             wait for it.",
            "[services.data.depends_on]\ncanopy = { gate = \"ready\" }\n",
            "[services.canopy.depends_on]\ndata = { gate = \"ready\" }\n",
        ),
        Code::PortClash => said(
            "two would listen on one port",
            "Only one process can listen on a port of an address, so the other could not start. An address \
             such as 0.0.0.0 takes the port of all addresses; instance N of a service takes port + N - 1; \
             the watchdog's page has a port, too.",
            "[services.data]\nport = 8200\n",
            "[services.data]\nport = 8100\n",
        ),
        Code::ImpossibleGate => said(
            "a gate that can never open",
            "The dependent waits for an answer that the other cannot give: it has no such probe, or its unit \
             is somebody else's and is not asked.",
            "[services.canopy.depends_on]\nredis = { gate = \"ready\" }\n",
            "[services.canopy.depends_on]\nredis = { gate = \"started\" }\n",
        ),
        Code::Contradiction => said(
            "values that contradict each other",
            "Each of the values is sound, but not both of them: a command and somebody else's unit, two \
             services in one unit, a webhook and a command, more instances than there are ports.",
            "[services.redis]\ncommand = [\"/usr/bin/redis-server\"]\n",
            "[services.own-redis]\ncommand = [\"/usr/bin/redis-server\"]\n",
        ),
        Code::NotInProduction => said(
            "make-believe in production",
            "Profiles with stand-ins or invented data (production = false) are refused where \
             JUNIPER_ENV=production is set, in the environment of juniperctl or in the configuration.",
            "profile = \"mock\"\nenvironment.JUNIPER_ENV = \"production\"\n",
            "profile = \"full\"\nenvironment.JUNIPER_ENV = \"production\"\n",
        ),
        Code::OverBudget => said(
            "a unit that is more exposed than it may be",
            "Each unit has a budget for its exposure, as `systemd-analyze security` counts it. Relaxations \
             of the sandbox, or listening beyond this machine, use it up. Relax less, or raise \
             exposure_budget, so that it is a decision; `juniperctl audit` tells what each unit does without.",
            "[services.data]\nrelax.ProtectSystem = \"it writes below /opt\"\n",
            "[services.data]\nrelax.ProtectSystem = \"it writes below /opt\"\nexposure_budget = 2.0\n",
        ),
        Code::InTheOpen => said(
            "a secret where everybody can read it",
            "The configuration, the units and a process's environment are no places for a secret. Store it \
             with `juniperctl secret set NAME`; the service is handed a file. What stands there now should be \
             taken for known to others.",
            "[services.data.environment]\nJUNIPER_DATA_API_KEYS = \"correct horse\"\n",
            "[services.data.credentials]\n\
             data-api-key = { file = \"JUNIPER_DATA_API_KEYS_FILE\", enforce = \"JUNIPER_DATA_REQUIRE_AUTH\" }\n",
        ),
        Code::ShortTimeout => said(
            "a time-out shorter than what it waits for",
            "One span ends before another, which it is about, can have passed: a start that is given up \
             before its readiness probe may have answered, or a busy_limit that is over before the liveness \
             probe would notice a silence.",
            "[services.data]\nstartup = { interval = \"1s\", failure_threshold = 20 }\n\
             readiness.timeout = \"30s\"\n",
            "[services.data]\nstartup = { interval = \"1s\", failure_threshold = 90 }\n\
             readiness.timeout = \"30s\"\n",
        ),
    }
}

/// Reads a code as people write it: `E004`, `e4`, `4`.
#[must_use]
pub fn code(text: &str) -> Option<Code> {
    let digits = text.trim_start_matches(['E', 'e']);
    let number: usize = digits.parse().ok()?;
    Code::ALL
        .into_iter()
        .find(|code| code.id() == format!("E{number:03}"))
}

#[cfg(test)]
mod tests {
    use super::{code, of};
    use crate::spec::fault::{Code, Faults};
    use crate::spec::source::Sources;
    use crate::spec::{builtin, fault};
    use crate::unit::soundness::soundness;
    use crate::unit::{Facts, RenderError};
    use std::collections::BTreeSet;

    /// Every fault of a text, as its code and as it is drawn.
    fn faults(text: &str) -> Vec<(Code, String)> {
        let (mut sources, mut found) = (Sources::default(), Faults::default());
        let merged = builtin::read_with([("juniper.toml", text)], &mut sources, &mut found);
        let looked = soundness::<RenderError>(&merged, found, false, |_| Ok(Facts::default()));
        let faults = looked.unwrap().faults;
        faults
            .iter()
            .map(|found| (found.code, fault::drawn(found, &sources, false)))
            .collect()
    }

    #[test]
    fn each_example_is_refused_with_its_code_and_the_mended_one_is_taken() {
        for code in Code::ALL {
            let said = of(code);
            let refused = faults(said.refused);
            let codes: BTreeSet<Code> = refused.iter().map(|(code, _)| *code).collect();
            assert_eq!(codes, [code].into(), "{code:?}: {refused:#?}");
            let mended = faults(said.mended);
            assert!(mended.is_empty(), "{code:?}: {mended:#?}");
        }
    }

    #[test]
    fn codes_are_read_as_people_write_them() {
        for text in ["E004", "e004", "E4", "4"] {
            assert_eq!(code(text), Some(Code::InvalidValue), "{text}");
        }
        for text in ["", "E", "E999", "E0", "warning", "E-1"] {
            assert_eq!(code(text), None, "{text}");
        }
        assert_eq!(Code::ALL.map(|known| code(known.id())), Code::ALL.map(Some));
    }
}
