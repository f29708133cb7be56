//! `.env` files: one variable a line, with a place each; and whose variable it is by its name.
//!
//! No shell is involved: what would be a command there is text here. Values are handed to `variable`,
//! which keeps the secret ones out.

use super::gathering::Gathering;
use super::{Place, Source};

/// One line that sets a variable.
pub(super) struct Assignment {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) value: String,
}

/// What a file says: assignments, and lines that are none.
pub(super) fn read(text: &str) -> (Vec<Assignment>, Vec<usize>) {
    let (mut assignments, mut malformed) = (Vec::new(), Vec::new());
    for (index, whole) in text.lines().enumerate() {
        let line = index + 1;
        let written = whole.trim();
        let written = written.strip_prefix("export ").unwrap_or(written);
        if written.is_empty() || written.starts_with('#') || written.starts_with(';') {
            continue;
        }
        let read = written
            .split_once('=')
            .and_then(|(name, value)| Some((name.trim(), value_of(value.trim())?)));
        match read {
            Some((name, value)) if is_name(name) => assignments.push(Assignment {
                line,
                name: name.to_owned(),
                value,
            }),
            _ => malformed.push(line),
        }
    }
    (assignments, malformed)
}

fn is_name(text: &str) -> bool {
    crate::spec::name::EnvironmentName::parse(text).is_ok()
}

/// The value without its quotes, or up to a comment.
fn value_of(text: &str) -> Option<String> {
    for quote in ['"', '\''] {
        if let Some(rest) = text.strip_prefix(quote) {
            let mut value = String::new();
            let mut characters = rest.chars();
            loop {
                match characters.next()? {
                    character if character == quote => break,
                    '\\' if quote == '"' => value.push(characters.next()?),
                    character => value.push(character),
                }
            }
            let behind = characters.as_str().trim();
            return (behind.is_empty() || behind.starts_with('#')).then_some(value);
        }
    }
    Some(match text.split_once(" #") {
        Some((value, _)) => value.trim().to_owned(),
        None => text.to_owned(),
    })
}

/// Whose a variable is by its name, where services share one file; `""` is everybody's.
fn owner(name: &str) -> Option<&'static str> {
    const WORKER: [&str; 6] = [
        "SERVER_URL",
        "AUTH_TOKEN",
        "TASK_",
        "HEALTH_",
        "HEARTBEAT_",
        "TLS_",
    ];
    if name == "JUNIPER_ENV" {
        return Some("");
    }
    if let Some(rest) = name.strip_prefix("JUNIPER_CASCOR_WORKER_") {
        let is_worker = WORKER.iter().any(|begin| rest.starts_with(begin));
        return Some(if is_worker { "worker" } else { "cascor" });
    }
    let prefixes = [
        ("JUNIPER_DATA_", "data"),
        ("JUNIPER_CASCOR_", "cascor"),
        ("JUNIPER_WS_", "cascor"),
        ("JUNIPER_CANOPY_", "canopy"),
        ("CANOPY_", "canopy"),
        ("CASCOR_AUTH_TOKEN", "worker"),
        ("CASCOR_SERVICE_URL", "canopy"),
        ("CASCOR_", "cascor"),
    ];
    prefixes
        .iter()
        .find(|(prefix, _)| name.starts_with(prefix))
        .map(|(_, service)| *service)
}

/// Takes a file that stands for itself.
pub(super) fn gather(source: &Source, gathering: &mut Gathering) {
    let (assignments, malformed) = read(&source.text);
    let place = |line| Place {
        file: source.path.clone(),
        line,
    };
    for line in malformed {
        gathering.loss(&place(line), "this line", "it does not set a variable");
    }
    for one in assignments {
        let place = place(one.line);
        match owner(&one.name) {
            Some("") => gathering.everybodys(&one.name, &one.value, &place),
            Some(service) => {
                gathering.takes_part(service);
                gathering.variable(service, None, &one.name, &one.value, &place);
            }
            None => gathering.unowned(&one.name, &one.value, &place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn quotes_comments_and_what_is_none() {
        let (read, malformed) = read(
            "# c\nA=1\nexport B = \"x # y\" # c\nC='$(rm -rf /)'\nD=a b # c\nE=\nnonsense\n1=2\nF=\"open\n",
        );
        let read: Vec<_> = read
            .iter()
            .map(|one| (one.line, one.name.as_str(), one.value.as_str()))
            .collect();
        assert_eq!(
            read,
            [
                (2, "A", "1"),
                (3, "B", "x # y"),
                (4, "C", "$(rm -rf /)"),
                (5, "D", "a b"),
                (6, "E", ""),
            ]
        );
        assert_eq!(malformed, [7, 8, 9]);
    }
}
