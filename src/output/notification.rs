//! What somebody is told of an incident: one JSON object in its documented form, version 1.
//!
//! The fields of an incident are those of `juniperctl incidents --json`. Nothing here sends anything.

use serde_json::{Map, Value, json};

use crate::watchdog::Incident;
use crate::watchdog::incident::{Taken, VERSION, What};

use super::incidents::as_json;

/// The version of the form.
const FORM: u32 = 1;

/// The last actions are told; what was done earlier is in the record.
const ACTIONS: usize = 20;

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// An incident.
    Incident(Box<Incident>),
    /// One whose record cannot be read, and why: a full disk must not keep anybody from being told.
    Unrecorded {
        /// Its number.
        number: u64,
        /// What became of the record.
        why: String,
    },
    /// Nothing has happened: somebody tries whether telling works.
    Test,
}

/// The object on one line, its end included.
#[must_use]
pub fn written(news: &News, host: &str) -> String {
    let (incident, state, sentence) = match news {
        News::Incident(incident) => (
            of(incident),
            state(incident),
            format!("incident {}: {}", incident.number, incident.sentence()),
        ),
        News::Unrecorded { number, why } => (
            json!({ "number": number }),
            "unknown",
            format!("incident {number}; its record cannot be read: {why}"),
        ),
        News::Test => {
            let example = example();
            (
                of(&example),
                "test",
                format!(
                    "a test of the notification, nothing is wrong. An incident reads: {}",
                    example.sentence()
                ),
            )
        }
    };
    let mut told = Map::new();
    told.insert("version".to_owned(), json!(FORM));
    told.insert("host".to_owned(), json!(host));
    told.insert("test".to_owned(), json!(*news == News::Test));
    told.insert("state".to_owned(), json!(state));
    told.insert(
        "text".to_owned(),
        json!(format!("Juniper on {host}: {sentence}")),
    );
    if let Value::Object(fields) = incident {
        told.extend(fields);
    }
    format!("{}\n", Value::Object(told))
}

fn of(incident: &Incident) -> Value {
    let mut told = incident.clone();
    let earlier = told.actions.len().saturating_sub(ACTIONS);
    told.actions.drain(..earlier);
    as_json(&told)
}

fn state(incident: &Incident) -> &'static str {
    match incident.closed_us {
        Some(_) => "over",
        None if incident.gave_up() => "given_up",
        None => "open",
    }
}

/// An incident that never was.
fn example() -> Incident {
    let cause = "no answer within 10s".to_owned();
    Incident {
        version: VERSION,
        number: 0,
        root: "data".to_owned(),
        cause: cause.clone(),
        began_us: 0,
        last_good_us: None,
        opened_us: 20_000_000,
        closed_us: None,
        consequences: vec!["cascor".to_owned(), "canopy".to_owned()],
        actions: vec![Taken {
            at_us: 20_000_000,
            label: "data".to_owned(),
            what: What::Aborted,
            why: cause,
        }],
        notified_us: None,
        gpu: None,
    }
}

#[cfg(test)]
mod tests {
    use super::{ACTIONS, News, example, written};
    use crate::watchdog::incident::What;
    use serde_json::Value;

    fn read(news: &News) -> Value {
        let text = written(news, "gpu1");
        assert_eq!(text.lines().count(), 1);
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_form_is_the_documented_one() {
        let text = written(&News::Incident(Box::new(example())), "gpu1");
        assert_eq!(
            text,
            "{\"version\":1,\"host\":\"gpu1\",\"test\":false,\"state\":\"open\",\
             \"text\":\"Juniper on gpu1: incident 0: data: no answer within 10s; cascor, canopy \
             suffered from it\",\"number\":0,\"root_cause\":\"data\",\"cause\":\"no answer within \
             10s\",\"consequences\":[\"cascor\",\"canopy\"],\"began_us\":0,\"last_good_us\":null,\
             \"opened_us\":20000000,\"closed_us\":null,\"notified_us\":null,\"actions\":[{\"at_us\":\
             20000000,\"label\":\"data\",\"what\":\"aborted\",\"why\":\"no answer within 10s\"}]}\n"
        );
    }

    #[test]
    fn the_state_is_that_of_the_incident() {
        let mut incident = example();
        incident.actions[0].what = What::GivenUp;
        assert_eq!(
            read(&News::Incident(Box::new(incident.clone())))["state"],
            "given_up"
        );
        incident.closed_us = Some(1);
        assert_eq!(read(&News::Incident(Box::new(incident)))["state"], "over");
    }

    #[test]
    fn a_test_is_marked_and_a_lost_record_is_told_all_the_same() {
        let test = read(&News::Test);
        assert!(test["test"] == true && test["state"] == "test", "{test}");
        let lost = read(&News::Unrecorded {
            number: 7,
            why: "no space left".to_owned(),
        });
        assert!(lost["number"] == 7 && lost["test"] == false, "{lost}");
        assert!(lost["text"].as_str().unwrap().contains("no space left"));
    }

    #[test]
    fn a_long_story_is_told_from_its_end() {
        let mut incident = example();
        let one = incident.actions[0].clone();
        incident.actions = (0..100)
            .map(|at_us| {
                let mut taken = one.clone();
                taken.at_us = at_us;
                taken.why = "\"\\🦀".repeat(100);
                taken
            })
            .collect();
        let news = News::Incident(Box::new(incident));
        let actions = read(&news)["actions"].as_array().unwrap().clone();
        assert_eq!(actions.len(), ACTIONS);
        assert_eq!(actions[ACTIONS - 1]["at_us"], 99);
        // What curl 7.74 takes for one line of its configuration, quoted once more.
        assert!(written(&news, "gpu1").len() * 2 < 100 * 1024);
    }
}
