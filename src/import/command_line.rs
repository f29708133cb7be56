//! Command lines to words: as a shell would split them, expanding nothing.
//!
//! Where a shell would do more than split (pipes, redirections, substitutions), there are no words.

/// Splits at white space outside of quotes; `None` where a quote stays open.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            character if character.is_whitespace() => words.extend(word.take()),
            quote @ ('"' | '\'') => {
                let into = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        end if end == quote => break,
                        '\\' if quote == '"' => into.push(characters.next()?),
                        other => into.push(other),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(characters.next()?),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Some(words)
}

/// Whether it takes a shell to run these words.
pub(super) fn needs_shell(words: &[String]) -> bool {
    words.iter().any(|word| {
        matches!(
            word.as_str(),
            "|" | "||" | "&&" | ";" | "&" | ">" | ">>" | "<"
        )
    })
}

/// The value of an option, as `--port 8100` or `--port=8100`.
pub(super) fn option<'w>(words: &'w [String], name: &str) -> Option<&'w str> {
    words.iter().enumerate().find_map(|(place, word)| {
        let rest = word.strip_prefix(name)?;
        match rest.strip_prefix('=') {
            Some(value) => Some(value),
            None if rest.is_empty() => words.get(place + 1).map(String::as_str),
            None => None,
        }
    })
}

/// The module that Python is to run.
pub(super) fn module(words: &[String]) -> Option<&str> {
    let place = words.iter().position(|word| word == "-m")?;
    words.get(place + 1).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::{module, option, words};

    #[test]
    fn words_and_options() {
        let read = words("/x -m 'a b' \"c\\\"d\" e\\ f --port=1 --host h \"\"").unwrap();
        assert_eq!(
            read,
            [
                "/x", "-m", "a b", "c\"d", "e f", "--port=1", "--host", "h", ""
            ]
        );
        assert_eq!(module(&read), Some("a b"));
        assert_eq!(option(&read, "--port"), Some("1"));
        assert_eq!(option(&read, "--host"), Some("h"));
        assert_eq!(option(&read, "--ho"), None);
        assert_eq!(words("\"open"), None);
    }
}
