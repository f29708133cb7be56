//! What a systemd can do here, tried: whether services of a user's manager may have namespaces.
//!
//! Nothing else tells. Whether the kernel lets a user's manager make them hangs on its settings, on security
//! modules (Ubuntu's `AppArmor` allows a namespace and then everything in it is refused), and on containers.

use zbus::Variant;

use super::{BusError, Job, Outcome, Systemd};

/// What every unit of the group asks for that takes namespaces, or nearly so.
const ASKED: [(&str, Asked); 7] = [
    ("PrivateUsers", Asked::Yes),
    ("PrivateTmp", Asked::Yes),
    ("PrivateDevices", Asked::Yes),
    ("ProtectSystem", Asked::Word("strict")),
    ("ProtectHome", Asked::Word("tmpfs")),
    ("Type", Asked::Word("oneshot")),
    ("CollectMode", Asked::Word("inactive-or-failed")),
];

#[derive(Clone, Copy)]
enum Asked {
    Yes,
    Word(&'static str),
}

impl Systemd {
    /// Whether a service with namespaces of its own starts.
    ///
    /// # Errors
    /// systemd takes no unit at all.
    pub async fn grants_namespaces(&self) -> Result<bool, BusError> {
        let unit = format!("juniperctl-trial-{}.service", std::process::id());
        let tried = |error: zbus::Error| BusError::call("try namespaces", &error);
        let mut jobs = self.jobs().await?;
        let program = vec![("/bin/true", vec!["/bin/true"], false)];
        let properties: Vec<(&str, Variant<'_>)> =
            std::iter::once(("ExecStart", Variant::new(program)))
                .chain(ASKED.map(|(name, asked)| {
                    let value = match asked {
                        Asked::Yes => Variant::from(true),
                        Asked::Word(word) => Variant::from(word),
                    };
                    (name, value)
                }))
                .collect();
        let path = self
            .manager
            .start_transient_unit(&unit, "replace", &properties, &[])
            .await
            .map_err(tried)?;
        let mut pending = vec![Job { unit, path }];
        let ended = jobs.next(&mut pending).await?;
        Ok(ended.is_none_or(|(_, outcome)| outcome == Outcome::Done))
    }
}
