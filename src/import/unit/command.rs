//! What a unit runs: kept where the interpreter is one that the sandbox can show and it runs the same module.

use crate::import::command_line::{module, needs_shell, option, words};
use crate::import::gathering::Gathering;
use crate::import::known::is_platform;
use crate::import::variable::carries_secret;
use crate::spec::text::AbsolutePath;

use super::Unit;
use super::parse::Setting;

/// Below these the sandbox shows nothing.
const HIDDEN: [&str; 4] = ["/home/", "/root/", "/tmp/", "/run/user/"];

/// What the stack says by itself in a service's environment.
const OPTIONS: [&str; 4] = ["--host", "--port", "--storage-path", "--log-level"];

impl Unit<'_> {
    /// Takes the command; whether the service is carried over.
    pub(super) fn command(&self, settings: &[Setting], gathering: &mut Gathering) -> bool {
        let mut starts = settings
            .iter()
            .filter(|setting| setting.key == "ExecStart" && !setting.value.is_empty());
        let (Some(start), None) = (starts.next(), starts.next()) else {
            gathering.loss(
                &self.place(1),
                &self.source.path,
                "it does not have one command that it runs",
            );
            return is_platform(&self.name);
        };
        let bare = start.value.trim_start_matches(['-', '@', ':', '+', '!']);
        let command = words(bare).unwrap_or_default();
        let hidden = |path: &str| HIDDEN.iter().any(|hidden| path.starts_with(hidden));
        let program = command.first().map(String::as_str).unwrap_or_default();
        let usable = AbsolutePath::parse(program).is_ok() && !hidden(program);
        if is_platform(&self.name) {
            self.platform(start, &command, usable, gathering);
            return true;
        }
        let why = if carries_secret(&command)
            || command.iter().any(|word| gathering.is_tainted(word))
        {
            "its command line seems to hold a secret, which everybody could read"
        } else if !usable {
            "its program has no full path, or one that the sandbox hides: install it elsewhere"
        } else if needs_shell(&command) || command.iter().any(|word| word.contains(['%', '$'])) {
            "systemd puts something into its command line; write it out under services.NAME.command"
        } else {
            gathering.draft(&self.name).command = Some(command);
            return true;
        };
        let what = format!("{}: the service is left out", self.name);
        gathering.loss(&self.place(start.line), &what, why);
        false
    }

    fn platform(
        &self,
        start: &Setting,
        command: &[String],
        usable: bool,
        gathering: &mut Gathering,
    ) {
        let place = self.place(start.line);
        if let Some(port) = option(command, "--port").and_then(|port| port.parse().ok()) {
            gathering.port(&self.name, port);
        }
        if option(command, "--host")
            .is_some_and(|host| !matches!(host, "127.0.0.1" | "localhost" | "::1"))
        {
            gathering.loss(&place, "--host", "services listen on 127.0.0.1; read `host` in the README before you open one to others");
        }
        if option(command, "--storage-path").is_some() {
            let why = format!(
                "juniperctl keeps it below /var/lib/juniper/{}; copy there what is to stay, as the user juniper",
                self.name
            );
            gathering.loss(&place, "--storage-path", &why);
        }
        if let Some(level) = option(command, "--log-level") {
            let name = format!("JUNIPER_{}_LOG_LEVEL", self.name.to_ascii_uppercase());
            gathering.variable(&self.name, None, &name, level, &place);
        }
        let own: Vec<String> = gathering
            .known
            .service(&self.name)
            .and_then(|layer| layer.command.as_ref())
            .map(|own| {
                own.value
                    .iter()
                    .map(|word| word.as_str().to_owned())
                    .collect()
            })
            .unwrap_or_default();
        let same = module(command).is_some_and(|name| module(&own) == Some(name));
        let (Some(program), Some((own_program, arguments))) = (command.first(), own.split_first())
        else {
            return gathering.loss(&place, "ExecStart=", "it cannot be read");
        };
        if same && usable && !program.contains('%') {
            if program != own_program {
                let kept = std::iter::once(program).chain(arguments).cloned().collect();
                gathering.draft(&self.name).command = Some(kept);
            }
            for extra in Self::extra(command) {
                gathering.loss(&place, &extra, "juniperctl runs the module without it");
            }
        } else {
            let why = format!(
                "juniperctl runs {}, which `juniperctl provision` makes",
                own.join(" ")
            );
            gathering.loss(&place, "ExecStart=", &why);
        }
    }

    /// Arguments that have no place in the stack; their values are not told.
    fn extra(command: &[String]) -> Vec<String> {
        let name = |word: &str| word.split('=').next().unwrap_or_default().to_owned();
        command
            .iter()
            .skip(3)
            .filter(|word| word.starts_with('-'))
            .map(|word| name(word))
            .filter(|name| !OPTIONS.contains(&name.as_str()))
            .collect()
    }
}
