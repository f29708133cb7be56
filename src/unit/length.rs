//! How long one argument of a command may be: systemd 249 reads none that is longer than a path may be.
//!
//! Measured: an argument of 4,096 bytes, after its specifiers, makes 249 refuse the whole unit; 247, 252 and newer
//! take what we do. What 248, 250 and 251 make of it was not seen, so they are taken for 249. Other
//! directives with text of any length (`Environment=`, `Description=`) are not limited.

use crate::spec::Stack;
use crate::spec::notification::Hook;
use crate::spec::text::Text;

use super::notification;
use super::render::RenderError;
use super::service;
use super::version::SystemdVersion;

/// The most bytes that are taken where they are counted.
const MOST: usize = 4095;

/// Refuses a stack with an argument that this systemd does not take.
pub(super) fn held(stack: &Stack, version: SystemdVersion) -> Result<(), RenderError> {
    if !version.has(248) || version.has(252) {
        return Ok(());
    }
    let services = stack
        .services
        .iter()
        .filter_map(|service| service.managed())
        .filter_map(|managed| {
            let expected = managed.expectations.iter();
            let expected =
                expected.map(|(path, text)| path.as_str().len() + 1 + text.as_str().len());
            let bytes = longest(&managed.command).max(expected.max());
            bytes.map(|bytes| (service::file_name(managed), bytes))
        });
    let told = stack
        .notification
        .iter()
        .filter_map(|told| match &told.hook {
            Hook::Command(words) => {
                longest(words).map(|bytes| (notification::TEMPLATE.to_owned(), bytes))
            }
            Hook::Webhook(_) => None,
        });
    for (unit, bytes) in services.chain(told) {
        if bytes > MOST {
            return Err(RenderError::LongArgument {
                unit,
                bytes,
                version,
                most: MOST,
            });
        }
    }
    Ok(())
}

fn longest(words: &[Text]) -> Option<usize> {
    words.iter().map(|word| word.as_str().len()).max()
}

#[cfg(test)]
mod tests {
    use crate::spec::builtin;
    use crate::spec::fault::Faults;
    use crate::spec::resolve::{Circumstances, resolve};
    use crate::spec::source::Sources;
    use crate::unit::{Facts, SystemdVersion, rendered};

    /// What comes of a text on a systemd: nothing, or why it is not rendered.
    fn refused(text: &str, version: &str) -> Option<String> {
        let (mut sources, mut faults) = (Sources::default(), Faults::default());
        let merged = builtin::read_with([("juniper.toml", text)], &mut sources, &mut faults);
        let stack = resolve(&merged, &Circumstances::default(), &mut faults).unwrap();
        let version = SystemdVersion::parse(version).unwrap();
        rendered(&stack, version, &Facts::default())
            .err()
            .map(|error| error.to_string())
    }

    #[test]
    fn an_argument_is_as_long_as_systemd_takes_it() {
        // A percent sign is written twice and counts once.
        for letter in ["n", "%", "\\\\"] {
            let notified = |count: usize| {
                let word = letter.repeat(count);
                format!("[watchdog.notification]\ncommand = [\"/bin/true\", \"{word}\"]\n")
            };
            for version in ["247", "249", "252", "262"] {
                assert_eq!(refused(&notified(4095), version), None, "{version}");
            }
            for version in ["247", "252", "262"] {
                assert_eq!(refused(&notified(4096), version), None, "{version}");
            }
            assert_eq!(
                refused(&notified(4096), "249").unwrap(),
                "juniper-notification@.service: an argument of its command has 4096 bytes, and systemd 249 reads no \
                 unit with one of more than 4095; nothing was rendered"
            );
        }
        let service = format!(
            "profile = \"p\"\n[profiles.p]\nservices = [\"long\"]\n[services.long]\ncommand = [\"/bin/true\", \"{}\"]\n",
            "n".repeat(5000)
        );
        assert_eq!(refused(&service, "252"), None);
        assert!(
            refused(&service, "249")
                .unwrap()
                .starts_with("juniper-long.service: ")
        );
        // What an answer is to say is an argument, too: of the watcher.
        let expected = format!(
            "profile = \"p\"\n[profiles.p]\nservices = [\"data\", \"long\"]\n[services.long]\ncommand = [\"/bin/true\"]\n\
             port = 9000\nreadiness = {{ path = \"/\" }}\ndepends_on.data = {{ gate = \"ready\", expect = {{ \"a.b\" = \"{}\" }} }}\n",
            "n".repeat(4092)
        );
        for version in ["252", "249"] {
            assert_eq!(refused(&expected, version).is_some(), version == "249");
        }
    }
}
