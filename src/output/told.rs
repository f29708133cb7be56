//! A health report that somebody else made, as JSON in its documented form, told once more.
//!
//! It comes from a socket: what it says is cleaned before it reaches a terminal, and what is not of the
//! documented form is not believed.

use serde_json::{Value, json};

use crate::readiness::Verdict;
use crate::spec::text::for_terminal;

use super::health::UNKNOWN;
use super::style::{of_verdict, painted};
use super::table::{Cell, aligned};

/// The longest cause that is shown.
const LONGEST: usize = 300;

/// Such a report, of those who were asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The worst verdict among them.
    pub verdict: Verdict,
    roots: Vec<String>,
    services: Vec<(String, Verdict, Value)>,
}

impl Told {
    /// Reads what it says about these members; `None` where it is no report, or knows one of them not.
    #[must_use]
    pub fn parse(body: &[u8], labels: &[String]) -> Option<Self> {
        let report: Value = serde_json::from_slice(body).ok()?;
        if report.get("version")? != 1 {
            return None;
        }
        let all = report.get("services")?.as_array()?;
        let mut services = Vec::new();
        for label in labels {
            let named = |service: &&Value| service.get("name").is_some_and(|name| name == label);
            // Units that others ship are not asked by anybody.
            if let Some(service) = all.iter().find(named) {
                let verdict = match service.get("verdict")?.as_str()? {
                    // Whoever does not know yet says so as the cause, too.
                    UNKNOWN => Verdict::NotReady,
                    word => Verdict::parse(word)?,
                };
                services.push((label.clone(), verdict, service.clone()));
            }
        }
        let roots = report.get("root_causes")?.as_array()?;
        Some(Self {
            verdict: services.iter().map(|(_, verdict, _)| *verdict).max()?,
            roots: roots
                .iter()
                .filter_map(Value::as_str)
                .filter(|root| labels.iter().any(|label| label == root))
                .map(str::to_owned)
                .collect(),
            services,
        })
    }

    /// For people, the root cause first.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = if self.verdict == Verdict::Ready {
            painted("the group is ready", of_verdict(Verdict::Ready)) + "\n"
        } else {
            String::new()
        };
        let of = |root: &String| self.services.iter().find(|(label, ..)| label == root);
        for (label, verdict, _) in self.roots.iter().filter_map(of) {
            let line = format!("{label} is {}", verdict.prose());
            text.push_str(&painted(&line, of_verdict(*verdict)));
            text.push('\n');
        }
        let rows: Vec<Vec<Cell>> = self
            .services
            .iter()
            .map(|(label, verdict, service)| {
                let cause = service.get("cause").and_then(Value::as_str);
                vec![
                    Cell::plain(format!("  {label}")),
                    Cell::painted(verdict.prose(), of_verdict(*verdict)),
                    Cell::plain(for_terminal(cause.unwrap_or_default(), LONGEST)),
                ]
            })
            .collect();
        text + &aligned(&rows)
    }

    /// For programs, in the same form.
    #[must_use]
    pub fn json(&self) -> Value {
        let services: Vec<&Value> = self.services.iter().map(|(.., service)| service).collect();
        json!({
            "version": 1,
            "verdict": self.verdict.word(),
            "root_causes": self.roots,
            "services": services,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Told;
    use crate::readiness::Verdict;

    const REPORT: &str = r#"{"version":1,"verdict":"down","root_causes":["data"],"services":[
        {"name":"data","verdict":"down","latency_ms":null,"cause":"it is\u001b[31m stopped","dependencies":{}},
        {"name":"canopy","verdict":"degraded","latency_ms":2.0,"cause":null,"dependencies":{}}]}"#;

    fn told(body: &str, labels: &[&str]) -> Option<Told> {
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        Told::parse(body.as_bytes(), &labels)
    }

    #[test]
    fn it_is_told_of_whom_was_asked_about() {
        let all = told(REPORT, &["data", "canopy"]).unwrap();
        assert_eq!(all.verdict, Verdict::Down);
        assert!(all.text().contains("data is down") && !all.text().contains("\u{1b}[31m stopped"));
        assert_eq!(all.json()["root_causes"], serde_json::json!(["data"]));
        let one = told(REPORT, &["canopy"]).unwrap();
        assert_eq!(one.verdict, Verdict::Degraded);
        assert_eq!(one.json()["services"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn what_is_not_known_yet_is_not_ready() {
        let report = r#"{"version":1,"verdict":"unknown","root_causes":[],"services":[
            {"name":"data","verdict":"unknown","latency_ms":null,"cause":"not heard of yet","dependencies":{}}]}"#;
        let told = told(report, &["data"]).unwrap();
        assert_eq!(told.verdict, Verdict::NotReady);
        assert!(told.text().contains("not heard of yet"));
    }

    #[test]
    fn what_is_no_report_is_not_believed() {
        for body in [
            "",
            "[]",
            r#"{"version":2,"services":[],"root_causes":[]}"#,
            r#"{"version":1,"services":[{"name":"data","verdict":"splendid"}],"root_causes":[]}"#,
            r#"{"version":1,"services":[],"root_causes":[]}"#,
        ] {
            assert_eq!(told(body, &["data"]), None, "{body}");
        }
    }
}
