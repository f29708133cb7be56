//! What the clients found, compared: the text of packaging/standin.md. Pure; sessions come in.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// What one client met, call by call.
#[derive(Debug, PartialEq)]
pub(crate) struct Session {
    client: String,
    version: String,
    /// Each call, in order, and what came of it.
    calls: Vec<(String, Value)>,
}

/// Data's and cascor's sessions with each party.
pub(crate) struct Sessions<'a> {
    pub(crate) reals: &'a [Session; 2],
    pub(crate) stand_ins: &'a [Session; 2],
    pub(crate) fakes: &'a [Session; 2],
}

impl Session {
    /// Reads what the script printed: who asks, then a line for each call.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().map(|line| {
            serde_json::from_str::<Value>(line).map_err(|error| format!("{error}: {line}"))
        });
        let head = lines.next().ok_or("the client said nothing")??;
        let word = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let calls = lines
            .map(|line| {
                let mut line = line?;
                let name = word(&line, "call");
                if let Some(fields) = line.as_object_mut() {
                    fields.remove("call");
                }
                Ok((name, line))
            })
            .collect::<Result<Vec<_>, String>>()?;
        Ok(Self {
            client: word(&head, "client"),
            version: word(&head, "version"),
            calls,
        })
    }

    /// The first call that came out otherwise, for people.
    pub(crate) fn difference(&self, other: &Self) -> String {
        let mut both = self.calls.iter().zip(&other.calls);
        both.find(|(one, another)| one != another).map_or_else(
            || format!("{} calls and {} calls", self.calls.len(), other.calls.len()),
            |(one, another)| format!("{one:?}\n{another:?}"),
        )
    }

    fn by_call(&self) -> BTreeMap<&str, &Value> {
        self.calls
            .iter()
            .map(|(name, told)| (name.as_str(), told))
            .collect()
    }
}

/// The whole document.
pub(crate) fn document(sessions: &Sessions<'_>) -> String {
    let mut text = HEAD.to_owned();
    for (place, service) in ["juniper-data 0.17.1", "juniper-cascor 0.12.0"]
        .iter()
        .enumerate()
    {
        let real = &sessions.reals[place];
        let stand_ins = sessions.stand_ins[place].by_call();
        let fakes = sessions.fakes[place].by_call();
        let mut rows = String::new();
        let (mut as_real, mut fake_as_real) = (0, 0);
        for (name, told) in &real.calls {
            let ours = differences(told, stand_ins.get(name.as_str()).copied());
            let fake = differences(told, fakes.get(name.as_str()).copied());
            as_real += usize::from(ours.is_empty());
            fake_as_real += usize::from(fake.is_empty());
            if ours.is_empty() && fake.is_empty() {
                continue;
            }
            let _ = writeln!(
                rows,
                "| `{name}` | {} | {} | {} |",
                outcome(told),
                cell(&ours),
                cell(&fake)
            );
        }
        let _ = write!(
            text,
            "\n## {service}, asked by {} {}\n\nOf {} calls the stand-in answers {as_real} as the real \
             service does, the client's own fake {fake_as_real}. The others:\n\n\
             | call | the real service | the stand-in | the fake |\n|---|---|---|---|\n{rows}",
            real.client,
            real.version,
            real.calls.len()
        );
    }
    text
}

const HEAD: &str = "\
# The stand-ins beside the real services

Written by the trial `real::upstreams_clients_find_the_same_in_stand_ins_and_recordings`, which fails
when it is not true any more. Upstream's own Python clients go through one session, with the keys that
`juniperctl secret` handed out: with the stand-ins of the profile `mock`, with the real services (through
`juniper-standin record`), with what was recorded (`juniper-standin replay`, which answers every call as the
real service did), and with the fakes for tests that the clients bring.

Compared is what a caller meets: the type of an exception with its status; the value of an answer that is a
word or a yes or no; of any other the names and types of all that is in it (an empty list says nothing of
its items). Points, weights and losses of the stand-ins mean nothing. Not compared, because the stand-ins have
none: WebSockets, and routes that no method of the clients asks for. A run that is asked for without any body,
as by `curl -X POST`, is begun on points of the stand-in's own, where the real service refuses it.
";

/// What came of a call, for people.
fn outcome(told: &Value) -> String {
    if let Some(kind) = told["raises"].as_str() {
        let status = told["status"].as_u64();
        return status.map_or_else(|| kind.to_owned(), |status| format!("{kind}, {status}"));
    }
    match &told["shape"] {
        Value::String(word) => format!("`{}`", word.replace('|', "\\|")),
        _ => "an object or a list".to_owned(),
    }
}

/// At most this many are told one by one.
const TOLD: usize = 4;

fn cell(differences: &[String]) -> String {
    if differences.is_empty() {
        return "the same".to_owned();
    }
    let mut told: Vec<String> = differences.iter().take(TOLD).cloned().collect();
    let more = differences.len().saturating_sub(TOLD);
    if more > 0 {
        told.push(format!("{more} more"));
    }
    told.join("; ")
}

/// How an outcome differs from the real service's.
fn differences(real: &Value, other: Option<&Value>) -> Vec<String> {
    let Some(other) = other else {
        return vec!["not asked".to_owned()];
    };
    if real["raises"] != other["raises"] || real["status"] != other["status"] {
        return vec![outcome(other)];
    }
    let mut found = Vec::new();
    compare("", &real["shape"], &other["shape"], &mut found);
    found
}

fn compare(path: &str, real: &Value, other: &Value, found: &mut Vec<String>) {
    match (real, other) {
        (Value::Object(left), Value::Object(right)) => {
            let is_empty = |fields: &serde_json::Map<String, Value>| fields.is_empty();
            if is_empty(left) || is_empty(right) {
                // A list without items; an object always has fields here.
                return;
            }
            let names: std::collections::BTreeSet<&String> =
                left.keys().chain(right.keys()).collect();
            for name in names {
                let path = match name.as_str() {
                    "[]" => format!("{path}[]"),
                    _ if path.is_empty() => name.clone(),
                    _ => format!("{path}.{name}"),
                };
                match (left.get(name), right.get(name)) {
                    (Some(left), Some(right)) => compare(&path, left, right, found),
                    (Some(_), None) => found.push(format!("no `{path}`")),
                    _ => found.push(format!("also `{path}`")),
                }
            }
        }
        (left, right) if left == right => {}
        (left, right) => {
            let word = |value: &Value| value.as_str().unwrap_or("an object").to_owned();
            let (left, right) = (word(left), word(right));
            found.push(if path.is_empty() {
                format!("`{}`", right.replace('|', "\\|"))
            } else {
                format!("`{path}` is {right}, not {left}")
            });
        }
    }
}
