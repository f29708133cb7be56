//! The rows of one service's probes.

use serde_json::json;

use crate::spec::probe::{OnFailure, Probe, Startup};

use super::{Origin, Rows, written};

impl Rows<'_> {
    /// How long a start may take.
    pub(super) fn startup(&mut self, startup: Startup) {
        let Startup {
            interval,
            failure_threshold,
        } = startup;
        let key = |key| ["startup", key];
        self.own(&key("interval"), json!(written(interval)), Origin::Default);
        let threshold = json!(failure_threshold);
        self.own(&key("failure_threshold"), threshold, Origin::Default);
    }

    /// One probe.
    pub(super) fn probe(&mut self, kind: &str, probe: Option<&Probe>) {
        let Some(Probe {
            path,
            interval,
            timeout,
            failure_threshold,
            success_threshold,
            on_failure,
            busy_when,
            busy_limit,
        }) = probe
        else {
            return;
        };
        let rows = [
            ("path", json!(path.as_str())),
            ("interval", json!(written(*interval))),
            ("timeout", json!(written(*timeout))),
            ("failure_threshold", json!(failure_threshold)),
            ("success_threshold", json!(success_threshold)),
        ];
        for (key, value) in rows {
            self.own(&[kind, key], value, Origin::Default);
        }
        if kind == "readiness" {
            return;
        }
        let word = match on_failure {
            OnFailure::Abort => "abort",
            OnFailure::AbortIfSilent => "abort_if_silent",
            OnFailure::Nothing => "none",
        };
        self.own(&[kind, "on_failure"], json!(word), Origin::Default);
        for (path, text) in busy_when {
            let key = [kind, "busy_when", path.as_str()];
            self.own(&key, json!(text.as_str()), Origin::Default);
        }
        let limit = json!(written(*busy_limit));
        self.own(&[kind, "busy_limit"], limit, Origin::Default);
    }
}
