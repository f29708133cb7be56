//! What came of a command on several machines, as blocks of text under their names and as JSON.

use serde_json::{Value, json};

use crate::output::style::{heading, painted};

/// What came of it on one machine.
#[derive(Debug)]
pub(super) struct Row {
    /// What people call it.
    pub(super) host: String,
    /// The exit code.
    pub(super) code: u8,
    /// What the command printed.
    pub(super) output: String,
    /// Why it cannot be reached.
    pub(super) unreachable: Option<String>,
}

/// A block for each; those without anything to say are left out.
pub(super) fn text(rows: &[Row]) -> String {
    let blocks: Vec<String> = rows.iter().filter_map(block).collect();
    blocks.join("\n")
}

fn block(row: &Row) -> Option<String> {
    let name = painted(&row.host, heading());
    match &row.unreachable {
        Some(why) => Some(format!("{name}  unreachable: {why}\n{}", row.output)),
        None if row.output.is_empty() => None,
        None => Some(format!("{name}\n{}", row.output)),
    }
}

/// All of them, with what each printed as the JSON that it is.
pub(super) fn json(rows: &[Row]) -> Value {
    let hosts: Vec<Value> = rows
        .iter()
        .map(|row| {
            let output: Value = serde_json::from_str(&row.output).unwrap_or(Value::Null);
            json!({
                "host": row.host,
                "reachable": row.unreachable.is_none(),
                "exit_code": row.code,
                "trouble": row.unreachable,
                "output": output,
            })
        })
        .collect();
    json!({ "version": 1, "hosts": hosts })
}

#[cfg(test)]
mod tests {
    use super::{Row, json, text};

    #[test]
    fn one_that_is_away_is_a_row() {
        let row = |host: &str, output: &str, unreachable: Option<&str>| Row {
            host: host.to_owned(),
            code: u8::from(unreachable.is_some()),
            output: output.to_owned(),
            unreachable: unreachable.map(str::to_owned),
        };
        let rows = [
            row("a", "{\"verdict\":\"ready\"}", None),
            row("b", "", Some("timed out")),
            row("c", "", None),
        ];
        let told = anstream::adapter::strip_str(&text(&rows)).to_string();
        assert_eq!(
            told,
            "a\n{\"verdict\":\"ready\"}\nb  unreachable: timed out\n"
        );
        let told = json(&rows);
        assert_eq!(told["hosts"][0]["output"]["verdict"], "ready");
        assert_eq!(told["hosts"][1]["reachable"], false);
        assert_eq!(told["hosts"][1]["exit_code"], 1);
    }
}
