//! `explain`: what the code of a fault means, what is refused with it and how that is mended.

use anstyle::Style;
use serde_json::{Value, json};

use crate::cli::Explain;
use crate::error::{CommandError, Kind};
use crate::output::style::painted;
use crate::output::table::{Cell, aligned};
use crate::spec::explanation::{Explanation, code, of};
use crate::spec::fault::Code;
use crate::spec::suggestion::nearest;

use super::Context;

pub(super) fn run(options: &Explain, context: &Context) -> Result<u8, CommandError> {
    let Some(text) = &options.code else {
        list(context);
        return Ok(0);
    };
    let code = code(text).ok_or_else(|| unknown(text))?;
    let said = of(code);
    if context.json {
        context.terminal.line(&as_json(&said).to_string());
    } else {
        context.terminal.data(&told(&said));
    }
    Ok(0)
}

fn unknown(text: &str) -> CommandError {
    let known = Code::ALL.map(Code::id);
    let near = nearest(&text.to_uppercase(), known);
    CommandError::new(
        Kind::Usage,
        format!(
            "there is no code `{}`",
            crate::spec::text::for_terminal(text, 40)
        ),
    )
    .hint(near.map_or_else(
        || "`juniperctl explain` lists all codes".to_owned(),
        |near| format!("did you mean `{near}`? `juniperctl explain` lists all codes"),
    ))
}

fn list(context: &Context) {
    let all = Code::ALL.map(of);
    if context.json {
        let codes: Vec<Value> = all.iter().map(as_json).collect();
        let listing = json!({ "version": 1, "codes": codes });
        context.terminal.line(&listing.to_string());
        return;
    }
    let rows: Vec<Vec<Cell>> = all
        .iter()
        .map(|said| vec![Cell::plain(said.code.id()), Cell::plain(said.title)])
        .collect();
    context.terminal.data(&aligned(&rows));
}

fn told(said: &Explanation) -> String {
    let bold = Style::new().bold();
    let head = painted(&format!("{}: {}", said.code.id(), said.title), bold);
    let meaning = wrapped(said.meaning, 80);
    let (refused, mended) = (indented(said.refused), indented(said.mended));
    format!("{head}\n\n{meaning}\nThis is refused:\n\n{refused}\nThis is not:\n\n{mended}")
}

/// Lines of at most this many characters.
fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
    out
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| match line {
            "" => "\n".to_owned(),
            line => format!("    {line}\n"),
        })
        .collect()
}

fn as_json(said: &Explanation) -> Value {
    json!({
        "code": said.code.id(),
        "title": said.title,
        "meaning": said.meaning,
        "refused": said.refused,
        "mended": said.mended,
    })
}
