//! What takes juniperctl itself on the other machine: the packaged one where it is there, else this very
//! program, brought over the connection.
//!
//! Whatever is decided, staged, verified and written there is decided by the same program and the same code
//! as on this machine, for that machine's systemd.

use std::time::Duration;

use crate::cli::{Doctor, Install, Uninstall};
use crate::commands::Context;
use crate::error::{CommandError, Kind};
use crate::host::remote::{Program, Remote, RemoteError, Rights, Stage};
use crate::secrets::SecretValue;
use crate::spec::name::SecretName;
use crate::spec::stack::Stack;

use super::host::{self, BROUGHT, Host};
use super::script::{BRING, TAKE_AWAY, USERS, users};

/// Where the package has it.
const PACKAGED: &str = "/usr/bin/juniperctl";

/// Runs a program there with what follows it.
const RUN: &str = "exec \"$@\"";

/// The launcher of workers.
const LAUNCHER: &str = include_str!("../../../packaging/juniper_worker.py");

/// How long a look by the program there may take.
const LOOK: Duration = Duration::from_mins(3);

/// How long a change by it may take: starts have limits of their own.
const CHANGE: Duration = Duration::from_mins(20);

/// How long a short step may take.
const STEP: Duration = Duration::from_secs(30);

/// A machine on which juniperctl can be run.
pub(super) struct Ready {
    /// What is to run there; nothing is known of a machine of its own.
    stack: Option<Stack>,
    /// Whether the program is brought, because there is no package.
    is_brought: bool,
    has_configuration: bool,
    stage: Stage,
    program: String,
}

impl Ready {
    /// Has the program and the configuration put into a directory there that goes with the connection.
    pub(super) async fn make(
        host: &Host,
        profile: Option<&crate::spec::ProfileName>,
        there: &Context,
        context: &Context,
    ) -> Result<Self, CommandError> {
        let remote = connected(there)?;
        let is_brought = match &remote.facts().packaged {
            None => true,
            Some(version) if *version == own_version() => false,
            Some(version) => {
                return Err(CommandError::new(
                    Kind::Machine,
                    format!("its package is {version}, this is {}", own_version()),
                )
                .hint("install the same package there and here"));
            }
        };
        let (stack, text) = match &host.placed {
            Some(name) => {
                let (stack, text) = host::placed(name, profile, is_brought, context)?;
                (Some(stack), text)
            }
            None => (None, host::own(is_brought)),
        };
        let own = if is_brought {
            Some(fitting(remote)?)
        } else {
            None
        };
        // One that was brought before need not be brought again.
        let is_there = own
            .as_ref()
            .is_some_and(|own| remote.facts().brought.as_deref() == Some(own.digest.as_str()));
        let (bytes, digest) = match &own {
            Some(own) if !is_there => (own.bytes.as_slice(), own.digest.as_str()),
            _ => (&[][..], "-"),
        };
        if !bytes.is_empty() {
            there
                .terminal
                .detail(&format!("bringing this program: {} bytes", bytes.len()));
        }
        let stage = remote.stage(bytes, digest, &text).await?;
        let program = match (is_brought, is_there) {
            (false, _) => PACKAGED.to_owned(),
            (true, true) => BROUGHT.to_owned(),
            (true, false) => format!("{}/juniperctl", stage.directory()),
        };
        Ok(Self {
            stack,
            is_brought,
            has_configuration: !text.is_empty(),
            stage,
            program,
        })
    }

    /// A command of the program there that looks, with the configuration as it would be.
    async fn look(&self, words: &[&str], there: &Context) -> Result<u8, CommandError> {
        let configuration = format!("{}/juniper.toml", self.stage.directory());
        let mut all = vec![
            self.program.as_str(),
            "--color",
            "never",
            "--config",
            &configuration,
        ];
        if there.json {
            all.push("--json");
        }
        all.extend(words);
        followed(&all, ("look", LOOK), there).await
    }

    /// What an install would change there.
    pub(super) async fn plan(
        &self,
        options: &Install,
        there: &Context,
    ) -> Result<u8, CommandError> {
        let mut words = vec!["install", "--dry-run", "--brought"];
        words.extend(options.replace.then_some("--replace"));
        if self.stack.is_none() {
            words.extend(profile(options));
        }
        let code = self.look(&words, there).await?;
        if code == 0 && self.is_brought {
            there
                .terminal
                .say("brings this program to /usr/local/lib/juniperctl, and makes its users");
        }
        Ok(code)
    }

    /// What an uninstall would take away there.
    pub(super) async fn removal(
        &self,
        options: &Uninstall,
        there: &Context,
    ) -> Result<u8, CommandError> {
        let mut words = vec!["uninstall", "--dry-run"];
        words.extend(options.purge.then_some("--purge"));
        self.look(&words, there).await
    }

    /// What has become of what is installed there, and what an install would change.
    pub(super) async fn difference(&self, there: &Context) -> Result<u8, CommandError> {
        self.look(&["diff"], there).await
    }

    /// Whether that machine can run what is placed there.
    pub(super) async fn examination(
        &self,
        options: &Doctor,
        there: &Context,
    ) -> Result<u8, CommandError> {
        let timeout = options.import_timeout.to_string();
        let mut words = vec!["doctor", "--import-timeout", &timeout];
        words.extend(self.is_brought.then_some("--brought"));
        self.look(&words, there).await
    }

    /// Brings what belongs there, hands the secrets over, and has the units installed.
    pub(super) async fn install(
        &self,
        options: &Install,
        there: &Context,
        context: &Context,
    ) -> Result<u8, CommandError> {
        let secrets = self.secrets(context)?;
        let was_installed = there.receipt()?.is_some();
        self.bring(there).await?;
        let program = if self.is_brought { BROUGHT } else { PACKAGED };
        let mut words = vec![program, "--color", "never", "install", "--yes", "--shown"];
        words.extend(options.now.then_some("--now"));
        words.extend(options.replace.then_some("--replace"));
        if self.stack.is_none() {
            words.extend(profile(options));
        }
        // Units that are new are written with what they are handed; those that are there are brought to
        // what is configured first, and whoever holds an earlier value is restarted where that is wanted.
        if !was_installed {
            hand_over(&secrets, program, false, there).await?;
        }
        let code = followed(&words, ("install", CHANGE), there).await?;
        if code != 0 {
            if !was_installed {
                there
                    .terminal
                    .say("hint: nothing is left behind after: juniperctl -H HOST uninstall");
            }
            return Ok(code);
        }
        if was_installed {
            hand_over(&secrets, program, options.now, there).await?;
        }
        Ok(0)
    }

    async fn bring(&self, there: &Context) -> Result<(), CommandError> {
        let flag = |flag: bool| if flag { "1" } else { "0" };
        let lengths = [USERS.len(), LAUNCHER.len()].map(|length| length.to_string());
        let [users, launcher] = &lengths;
        let arguments = [
            self.stage.directory(),
            flag(self.is_brought),
            users,
            launcher,
            flag(self.has_configuration),
        ];
        let input = [USERS, LAUNCHER].concat();
        let tried = "put program and configuration in place";
        let ran = connected(there)?
            .run(BRING, &arguments, input.as_bytes(), tried, STEP)
            .await?;
        if ran.code == 0 {
            return Ok(());
        }
        let why = ran.said.last().cloned().unwrap_or_default();
        Err(RemoteError::Failed {
            tried: tried.to_owned(),
            said: why,
        }
        .into())
    }

    /// Takes away what an install there brought, and what an earlier one brought.
    pub(super) async fn uninstall(
        &self,
        options: &Uninstall,
        there: &Context,
    ) -> Result<u8, CommandError> {
        let mut words = vec![
            self.program.as_str(),
            "--color",
            "never",
            "uninstall",
            "--yes",
            "--shown",
        ];
        words.extend(options.purge.then_some("--purge"));
        let code = followed(&words, ("uninstall", CHANGE), there).await?;
        if code != 0 {
            return Ok(code);
        }
        let arguments: Vec<&str> = [if options.purge { "1" } else { "0" }]
            .into_iter()
            .chain(users())
            .collect();
        let tried = "take the program away";
        let ran = connected(there)?
            .run(TAKE_AWAY, &arguments, &[], tried, STEP)
            .await?;
        for line in &ran.said {
            there.terminal.say(line);
        }
        Ok(u8::from(ran.code != 0))
    }

    /// The secrets of this machine that the services there take.
    fn secrets(&self, context: &Context) -> Result<Vec<(SecretName, SecretValue)>, CommandError> {
        let Some(stack) = &self.stack else {
            return Ok(Vec::new());
        };
        crate::commands::secret::values(&stack.secrets(), context)
    }
}

/// The profile that was asked for.
fn profile(options: &Install) -> Vec<&str> {
    options
        .profile
        .iter()
        .flat_map(|profile| ["--profile", profile.as_str()])
        .collect()
}

/// Stores secrets there: through standard input into the program, which encrypts them for that machine.
async fn hand_over(
    secrets: &[(SecretName, SecretValue)],
    program: &str,
    restarts: bool,
    there: &Context,
) -> Result<(), CommandError> {
    for (name, value) in secrets {
        let mut last = Vec::new();
        let mut is_stored = false;
        // One that has another value there is replaced.
        for verb in ["set", "rotate"] {
            let mut words = vec![
                program,
                "--color",
                "never",
                "secret",
                verb,
                name.as_str(),
                "--yes",
            ];
            words.extend((!restarts).then_some("--no-restart"));
            let input = value.exposed().as_bytes();
            let ran = connected(there)?
                .run(RUN, &words, input, "store a secret", CHANGE)
                .await?;
            if ran.code == 0 {
                is_stored = true;
                break;
            }
            last = ran.said;
        }
        if !is_stored {
            for line in &last {
                there.terminal.say(line);
            }
            return Err(CommandError::new(
                Kind::Machine,
                format!("cannot store {name} there"),
            ));
        }
        there.terminal.say(&format!("hands over {name}"));
    }
    Ok(())
}

/// Runs the program there and tells what it tells.
async fn followed(
    words: &[&str],
    limit: (&str, Duration),
    there: &Context,
) -> Result<u8, CommandError> {
    let code = connected(there)?
        .follow(
            RUN,
            words,
            limit,
            |line| there.terminal.line(line),
            |line| there.terminal.say(line),
        )
        .await?;
    Ok(u8::try_from(code).unwrap_or(1))
}

/// This program, if that machine can run it.
fn fitting(remote: &Remote) -> Result<Program, CommandError> {
    let own = Program::own().map_err(|error| {
        CommandError::new(Kind::Machine, format!("cannot read this program: {error}"))
    })?;
    if own.machine == remote.facts().machine {
        return Ok(own);
    }
    Err(CommandError::new(
        Kind::Machine,
        format!(
            "it is {}, and this program is for {}",
            remote.facts().machine,
            own.machine
        ),
    )
    .hint("install the package there"))
}

/// Refuses whoever may not change anything there.
pub(super) fn refuse_without_rights(there: &Context) -> Result<(), CommandError> {
    if connected(there)?.facts().rights != Rights::User {
        return Ok(());
    }
    Err(
        CommandError::new(Kind::Machine, "changing what is installed there takes root").hint(
            "connect as root, -H root@HOST, or let this user run sudo there without a password",
        ),
    )
}

fn own_version() -> String {
    format!("juniperctl {}", env!("CARGO_PKG_VERSION"))
}

fn connected(there: &Context) -> Result<&Remote, CommandError> {
    there
        .remote
        .as_ref()
        .ok_or_else(|| CommandError::new(Kind::Machine, "there is no connection"))
}
