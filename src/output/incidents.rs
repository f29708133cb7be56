//! Incidents as text, one below the other, and as JSON in its documented form.

use serde_json::{Value, json};

use crate::watchdog::Incident;
use crate::watchdog::incident::GpuAtFault;

use super::moment::moment;

/// The incidents for people, oldest first.
#[must_use]
pub fn text(incidents: &[Incident]) -> String {
    incidents.iter().flat_map(lines).collect()
}

fn lines(incident: &Incident) -> Vec<String> {
    let mut lines = vec![format!(
        "{}  incident {}: {}\n",
        moment(incident.began_us),
        incident.number,
        incident.sentence()
    )];
    lines.extend(incident.gpu.iter().map(|gpu| {
        let uuid = gpu.uuid.as_ref();
        let name = uuid.map_or_else(String::new, |uuid| format!("{uuid}; "));
        format!(
            "                           {name}may be used by {}\n",
            named(&gpu.users)
        )
    }));
    lines.extend(
        incident
            .history()
            .iter()
            .map(|(at, words)| format!("{}    {words}\n", moment(*at))),
    );
    lines.push(match incident.closed_us {
        Some(closed) => format!("{}    over: all are well\n", moment(closed)),
        None => "                           not over yet\n".to_owned(),
    });
    lines
}

fn named(labels: &[String]) -> String {
    if labels.is_empty() {
        "nobody".to_owned()
    } else {
        labels.join(", ")
    }
}

/// The incidents for programs.
#[must_use]
pub fn json(incidents: &[Incident]) -> Value {
    let listed: Vec<Value> = incidents.iter().map(as_json).collect();
    json!({ "version": 1, "incidents": listed })
}

/// One incident for programs.
#[must_use]
pub fn as_json(incident: &Incident) -> Value {
    let mut told = json!({
        "number": incident.number,
        "root_cause": incident.root,
        "cause": incident.cause,
        "consequences": incident.consequences,
        "began_us": incident.began_us,
        "last_good_us": incident.last_good_us,
        "opened_us": incident.opened_us,
        "closed_us": incident.closed_us,
        "notified_us": incident.notified_us,
        "actions": incident.actions,
    });
    // Only of an incident of a GPU: the others are as they always were.
    if let Some(gpu) = &incident.gpu
        && let Some(fields) = told.as_object_mut()
    {
        fields.insert("gpu".to_owned(), of_gpu(gpu));
    }
    told
}

fn of_gpu(gpu: &GpuAtFault) -> Value {
    json!({
        "address": gpu.address,
        "uuid": gpu.uuid,
        "fault": gpu.symptom.word(),
        "did": gpu.symptom.did(),
        "cure": gpu.cure,
        "users": gpu.users,
    })
}

#[cfg(test)]
mod tests {
    use super::{json, text};
    use crate::kernel_log::{Cure, GpuAddress, Symptom};
    use crate::watchdog::Incident;
    use crate::watchdog::incident::{GpuAtFault, Taken, VERSION, What};

    pub(crate) fn incident() -> Incident {
        Incident {
            version: VERSION,
            number: 7,
            root: "data".to_owned(),
            cause: "no answer within 10s".to_owned(),
            began_us: 1_000_000,
            last_good_us: Some(500_000),
            opened_us: 21_000_000,
            closed_us: None,
            consequences: vec!["cascor".to_owned(), "canopy".to_owned()],
            actions: vec![Taken {
                at_us: 22_000_000,
                label: "data".to_owned(),
                what: What::Aborted,
                why: "it hangs".to_owned(),
            }],
            notified_us: None,
            gpu: None,
        }
    }

    #[test]
    fn an_incident_is_told_in_order() {
        assert_eq!(
            text(&[incident()]),
            "1970-01-01 00:00:01 UTC  incident 7: data: no answer within 10s; cascor, canopy \
             suffered from it\n\
             1970-01-01 00:00:22 UTC    data ended with SIGABRT, so that it said where it was: it hangs\n\
             \x20                          not over yet\n"
        );
        let mut told = incident();
        told.notified_us = Some(21_000_000);
        let told = text(&[told]);
        let line = told.lines().nth(1).unwrap();
        assert_eq!(
            line,
            "1970-01-01 00:00:21 UTC    handed to juniper-notification@7.service"
        );
        let mut over = incident();
        over.closed_us = Some(90_000_000);
        assert!(text(&[over]).ends_with("1970-01-01 00:01:30 UTC    over: all are well\n"));
    }

    #[test]
    fn a_gpu_is_told_with_its_name_and_its_users() {
        let mut lost = incident();
        lost.gpu = Some(GpuAtFault {
            address: GpuAddress::parse("0000:3b:00"),
            uuid: Some("GPU-b850f46d".to_owned()),
            symptom: Symptom::Xid(79),
            cure: Cure::Reboot,
            users: vec!["cascor".to_owned()],
        });
        let line = "                           GPU-b850f46d; may be used by cascor";
        assert_eq!(text(&[lost.clone()]).lines().nth(1), Some(line));
        let gpu = &json(&[lost])["incidents"][0]["gpu"];
        assert_eq!(gpu["address"], "0000:3b:00");
        assert_eq!(gpu["fault"], "79");
        assert_eq!(gpu["cure"], "reboot");
        assert_eq!(gpu["users"][0], "cascor");
    }

    #[test]
    fn programs_are_given_a_version() {
        let report = json(&[incident()]);
        assert_eq!(report["version"], 1);
        assert_eq!(report["incidents"][0]["root_cause"], "data");
        assert_eq!(report["incidents"][0]["actions"][0]["what"], "aborted");
    }
}
