//! Each setting of a unit that is carried over.

use crate::import::draft::Edge;
use crate::import::gathering::Gathering;
use crate::import::known::{identity, is_platform};
use crate::spec::duration;
use crate::spec::size;
use crate::spec::stack::Gate;
use crate::spec::text::AbsolutePath;

use super::parse::Setting;
use super::{Unit, is_covered, is_sandbox};

impl Unit<'_> {
    pub(super) fn setting(&self, setting: &Setting, gathering: &mut Gathering) {
        let value = setting.value.as_str();
        match setting.key.as_str() {
            "ExecStart" | "Type" if value.is_empty() || !is_platform(&self.name) => {}
            "ExecStart" => {}
            "Type" if matches!(value, "simple" | "exec") => {}
            "Description"
                if !is_platform(&self.name) && crate::spec::text::Line::parse(value).is_ok() =>
            {
                if !gathering.is_tainted(value) {
                    gathering.draft(&self.name).description = Some(value.to_owned());
                }
            }
            "After" => self.edges(setting, false, gathering),
            "Requires" | "Wants" | "BindsTo" | "Requisite" => {
                self.edges(setting, setting.key != "Wants", gathering);
            }
            "Environment" => self.environment(setting, gathering),
            "EnvironmentFile" => self.environment_file(setting, gathering),
            "WorkingDirectory" if is_platform(&self.name) => {
                self.lose(
                    setting,
                    "a service of the platform runs in its own state directory",
                    gathering,
                );
            }
            "WorkingDirectory" => match AbsolutePath::parse(value) {
                Ok(path) if !value.contains('%') => {
                    gathering.draft(&self.name).working_directory = Some(path.to_string());
                }
                _ => self.lose(setting, "no full path", gathering),
            },
            "RestartSec" => self.span(setting, gathering, |draft, span| {
                draft.restart_delay = Some(span);
            }),
            "TimeoutStopSec" => self.span(setting, gathering, |draft, span| {
                draft.stop_timeout = Some(span);
            }),
            "MemoryMax" | "MemoryLimit" => match size::parse(value) {
                Ok(_) => gathering.draft(&self.name).memory_max = Some(value.to_owned()),
                Err(_) => self.lose(setting, "no size from 1M on", gathering),
            },
            "CPUQuota" if value.ends_with("%%") => {
                self.lose(
                    setting,
                    "systemd ignores it, too (`%%`); juniperctl sets no limit for processors",
                    gathering,
                );
            }
            "CPUQuota" => self.lose(
                setting,
                "juniperctl sets no limit for processors",
                gathering,
            ),
            "ReadWritePaths" => {
                let why = format!(
                    "a service writes below /var/lib/juniper/{}, its logs and its cache; see bind_directories for more",
                    self.name
                );
                self.lose(setting, &why, gathering);
            }
            "User" | "Group" => {
                self.lose(setting, "all services run as the user juniper", gathering);
            }
            "StandardOutput" | "StandardError" if !matches!(value, "journal" | "inherit") => {
                self.lose(
                    setting,
                    "standard error goes to the journal; see standard_output",
                    gathering,
                );
            }
            "Restart" if value == "no" => {
                self.lose(setting, "juniperctl restarts what fails", gathering);
            }
            "KillMode" if matches!(value, "process" | "none") => {
                self.lose(setting, "a stop ends all processes of a service", gathering);
            }
            key if is_sandbox(key) && matches!(value, "no" | "false" | "off" | "0") => {
                let why = format!(
                    "juniperctl has it on; services.{}.relax.{key} = \"why\" takes it off",
                    self.name
                );
                self.lose(setting, &why, gathering);
            }
            key if is_covered(key) => {}
            _ => self.lose(setting, "juniperctl has no counterpart", gathering),
        }
    }

    /// Units that it follows or needs.
    fn edges(&self, setting: &Setting, required: bool, gathering: &mut Gathering) {
        for unit in setting.value.split_whitespace() {
            let stem = unit.strip_suffix(".service");
            let on = stem.map(|stem| identity(stem.split('@').next().unwrap_or(stem)).0);
            match on {
                Some(on) if is_platform(&on) && on != self.name => {
                    let built_in = gathering.known.service(&self.name).is_some_and(|layer| {
                        layer.depends_on.keys().any(|name| name.as_str() == on)
                    });
                    if !built_in {
                        let gate = if on == "redis" {
                            Gate::Started
                        } else {
                            Gate::Ready
                        };
                        gathering.draft(&self.name).depends_on.insert(
                            on.clone(),
                            Edge {
                                gate: Some(gate),
                                restart: false,
                                place: self.place(setting.line),
                            },
                        );
                    }
                    if required {
                        let what = format!("{}={unit}", setting.key);
                        let why = format!(
                            "it waits for {on} and runs on when that is lost; `when_lost` under services.{}.depends_on.{on} says otherwise",
                            self.name
                        );
                        gathering.loss(&self.place(setting.line), &what, &why);
                    }
                }
                _ if matches!(
                    unit,
                    "network.target" | "network-online.target" | "basic.target"
                ) => {}
                _ => {
                    let what = format!("{}={unit}", setting.key);
                    gathering.loss(
                        &self.place(setting.line),
                        &what,
                        "juniperctl waits for its own services alone",
                    );
                }
            }
        }
    }

    fn span(
        &self,
        setting: &Setting,
        gathering: &mut Gathering,
        put: impl FnOnce(&mut crate::import::draft::Draft, String),
    ) {
        let value = setting.value.as_str();
        let seconds = value.bytes().all(|byte| byte.is_ascii_digit());
        let text = if seconds {
            format!("{value}s")
        } else {
            value.to_owned()
        };
        match duration::parse(&text) {
            Ok(span) if !span.is_zero() => {
                put(gathering.draft(&self.name), duration::written(span));
            }
            _ => self.lose(setting, "no span of time such as 5s", gathering),
        }
    }
}
